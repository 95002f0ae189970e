"""What a patron owes, and for which copies: as a web site shows it."""
