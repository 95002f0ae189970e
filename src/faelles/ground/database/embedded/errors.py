"""What goes wrong with the embedded database, and the words for progress."""

from collections.abc import Callable

from faelles.ground.errors import MisconfiguredError
from faelles.ground.i18n import Language, text

Say = Callable[[str], None]
"""Receives one line of progress, in English, without personal data or secrets."""


class ClusterError(MisconfiguredError):
    """The embedded database cannot be used; its sentence says what was tried and what to do."""

    def __str__(self) -> str:
        return text(self.code, Language.ENGLISH, self.parameters)
