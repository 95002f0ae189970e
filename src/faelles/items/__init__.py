"""Copies: what each is, who owns it and where it belongs. Where it is just now is circulation's."""
