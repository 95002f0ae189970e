"""Fælles: one shared library system for a whole country."""
