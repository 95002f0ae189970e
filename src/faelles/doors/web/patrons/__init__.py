"""Patrons as staff see them."""
