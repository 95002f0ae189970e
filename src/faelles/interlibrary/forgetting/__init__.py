"""What this room forgets of people: when their time is over, and when they ask."""
