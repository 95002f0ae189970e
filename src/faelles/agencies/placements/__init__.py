"""Where in a branch: department > location > sublocation > section."""
