"""A library that lends and takes bookings, new for each test."""

from circulation.conftest import library

__all__ = ["library"]
