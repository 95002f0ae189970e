"""What happened, and who looked at whom."""
