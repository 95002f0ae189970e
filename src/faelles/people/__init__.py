"""Who works here: staff, machines and API clients, how they sign in, and what they may do where."""
