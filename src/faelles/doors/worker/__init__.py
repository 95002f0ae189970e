"""The way in that nobody knocks at: what follows from events and from the calendar."""
