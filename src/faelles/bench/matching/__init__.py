"""What matching the holds of a whole country costs: the pure function alone, and the matcher with its database."""
