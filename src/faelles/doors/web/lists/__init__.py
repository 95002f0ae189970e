"""The lists that hands work from."""
