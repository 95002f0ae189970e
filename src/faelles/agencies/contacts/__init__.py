"""How branches are reached."""
