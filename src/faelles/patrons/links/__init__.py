"""Links that are mailed to a patron: good once, for a while."""
