"""How copies travel: into which bin of a sorter, and where they may float."""
