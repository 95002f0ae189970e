"""Bookings: copies of a title for a period to come."""
