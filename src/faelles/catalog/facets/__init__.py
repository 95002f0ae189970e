"""What a search came to, in the few words that narrow it."""
