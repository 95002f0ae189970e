"""Which bin of a sorter a copy goes into."""
