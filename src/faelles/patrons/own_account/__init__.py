"""What signed-in patrons see and change of their own."""
