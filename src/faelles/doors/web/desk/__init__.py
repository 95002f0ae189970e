"""The one scan field, its answers, and the patron who is open beside it."""
