"""What a patron has at home, awaits and owes for, each in one question that can be asked together with others."""
