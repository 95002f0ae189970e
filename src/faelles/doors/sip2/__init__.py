"""SIP2: self-checks, sorters, doors and readers."""
