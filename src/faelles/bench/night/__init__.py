"""What the night costs at a whole country's size, and what a desk feels of it."""
