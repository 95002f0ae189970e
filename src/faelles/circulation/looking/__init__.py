"""Looking at loans and copies without changing them."""
