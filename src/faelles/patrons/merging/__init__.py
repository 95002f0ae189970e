"""Making one of two: a temporary patron becomes the real one."""
