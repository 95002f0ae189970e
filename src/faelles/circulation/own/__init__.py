"""What a patron has at home and awaits, each in one question that can be asked together with others."""
