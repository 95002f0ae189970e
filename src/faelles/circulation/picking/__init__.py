"""Fetching from the shelves what is planned for holds."""
