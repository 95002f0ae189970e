"""How else a patron is reached, what they are interested in, and what they chose."""
