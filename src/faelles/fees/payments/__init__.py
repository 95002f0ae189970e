"""Paying online: an order, a provider that takes the money, and its word for it."""
