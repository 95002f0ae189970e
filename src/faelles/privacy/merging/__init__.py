"""A temporary patron becomes the real one, in every room."""
