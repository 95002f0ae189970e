"""A library that lends and takes bookings, new for each test."""

from circulation.conftest import library, seeded_nation

__all__ = ["library", "seeded_nation"]
