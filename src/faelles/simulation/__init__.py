"""Lives that a library leads: much of it, in a hurry, with a clock that is turned."""
