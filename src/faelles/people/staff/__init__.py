"""Staff users: their passwords, and the roles that say what they may do where."""
