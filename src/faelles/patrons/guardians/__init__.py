"""What guardians see and do for the children they answer for."""
