"""Tills: opened, filled by payments, counted at the end of the day."""
