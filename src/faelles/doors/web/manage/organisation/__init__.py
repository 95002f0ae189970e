"""The agency with its divisions, branches, placements and opening hours."""
