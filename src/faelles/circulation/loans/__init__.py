"""Check-out, renewal, return, and what happens when a copy is lost, found or disputed."""
