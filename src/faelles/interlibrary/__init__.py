"""Interlibrary requests."""
