"""Notices: what patrons are told, by the way they chose, once, and only while it is true."""
