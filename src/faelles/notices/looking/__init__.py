"""What was said to whom, what could not be delivered, and saying it again."""
