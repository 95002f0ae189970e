"""A country in miniature to try everything on: real places and titles, made-up people."""
