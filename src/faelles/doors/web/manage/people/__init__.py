"""Staff, roles, machines, programs, and the operator let in."""
