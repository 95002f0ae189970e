"""What stops a patron for a while: blocks, and being away."""
