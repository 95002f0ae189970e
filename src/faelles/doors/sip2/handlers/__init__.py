"""What each message asks of the rooms, and how their answers are told."""
