"""Other libraries' copies: expected, received, lent like any other, returned to their owner."""
