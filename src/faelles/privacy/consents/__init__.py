"""What patrons agreed to, and took back."""
