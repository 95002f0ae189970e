"""Tables of facts about Danish libraries, read by `seeds` and `holiday_calendar`."""
