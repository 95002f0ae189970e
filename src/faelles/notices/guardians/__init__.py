"""A child is signed up: the adult who answers for it is told."""
