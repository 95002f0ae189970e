"""What is to be known of a single copy at the desk: its parts, and notes about it."""
