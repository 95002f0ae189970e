"""The heart: who has what, until when, and where everything else is. Three rooms that may look into each other."""
