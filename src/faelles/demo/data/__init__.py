"""Names and materials that the demonstration is made up from."""
