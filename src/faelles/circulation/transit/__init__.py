"""Where a copy goes now, and how it gets there: the decision of a check-in, journeys, crates, vans."""
