"""Copies that belong to a group of branches rather than to one: where there is room for them."""
