"""A week of holds in a municipality: placed, fetched, driven about, shelved and collected by the real operations."""
