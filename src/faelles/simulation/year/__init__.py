"""A year of one municipality, lived by the real operations and nights, and kept beside them in the simplest way."""
