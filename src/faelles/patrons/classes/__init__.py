"""School classes as lasting cohorts, and the rosters they are filled from."""
