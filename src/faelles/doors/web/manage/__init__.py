"""The screens that manage: rules, places, people and machines, and the logs."""
