"""What patrons see of themselves."""
