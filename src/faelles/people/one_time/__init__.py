"""One-time passwords from a telephone, besides one's own (RFC 6238), and codes on paper for when it is gone."""
