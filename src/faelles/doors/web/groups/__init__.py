"""A class and a stack of books."""
