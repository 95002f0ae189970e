"""The command line: for the people who run an installation, and for a desk in a pinch."""
