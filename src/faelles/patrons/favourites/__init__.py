"""Lists of titles that patrons keep for themselves."""
