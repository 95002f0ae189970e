"""What patrons wish about the notices they get."""
