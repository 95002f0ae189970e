"""A person's own file: everything that is kept of them, for them (GDPR articles 15 and 20)."""
