"""Stock that is counted, not numbered: thirty identical readers on a shelf."""
