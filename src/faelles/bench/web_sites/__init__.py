"""What the calls of a municipality's web site cost, beside the same reads in bare SQL."""
