"""Newsletters: subscribing to what an agency sends with another system."""
