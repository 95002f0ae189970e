"""What is to be said: from the event log as things happen, and from the calendar by night."""
