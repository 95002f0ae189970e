"""Titles, their copies and their queues."""
