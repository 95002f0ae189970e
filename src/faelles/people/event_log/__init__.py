"""The event log as those read it who are let: statistics, the municipality's own programs."""
