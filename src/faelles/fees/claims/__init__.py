"""One claim with everything that happened to it, and a receipt once more."""
