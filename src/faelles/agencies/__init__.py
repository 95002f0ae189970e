"""Agencies: the municipality (tenant), its divisions, branches, placements and calendars."""
