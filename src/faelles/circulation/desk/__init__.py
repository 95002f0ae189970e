"""What every room of circulation needs at the desk: where, who, by which scan, and what stands in the way."""
