"""Where copies are just now, for those who must know before they take one away."""
