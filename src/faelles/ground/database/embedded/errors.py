"""What goes wrong with the embedded database, and the words for progress."""

from collections.abc import Callable

Say = Callable[[str], None]
"""Receives one line of progress, in English, without personal data or secrets."""

WAY_OUT = "Set FAELLES_DATABASE_URL to a PostgreSQL 17 or later to do without the embedded database."


class ClusterError(Exception):
    """The embedded database cannot be used; the text says what was tried and what to do."""
