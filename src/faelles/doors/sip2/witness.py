"""Who is told what passes over the connections: counts, last seen, the trace. The door tells; it keeps nothing."""

from typing import Protocol

from faelles.people.machines.terminal import Terminal
from faelles.people.terminals.model import Whence


class Witness(Protocol):
    """Called on the event loop between two messages, so nothing here may wait or raise."""

    def connected(self) -> None:
        """A connection was opened."""

    def disconnected(self, terminal: Terminal | None) -> None:
        """A connection is gone; `terminal` as whom it had signed in."""

    def signed_in(self, terminal: Terminal, whence: Whence | None) -> None: ...

    def refused(self, reason: str) -> None:
        """Something was not answered as asked: `login`, `checksum`, `unknown_command`, `too_long`, `malformed`."""

    def exchanged(self, terminal: Terminal | None, request: bytes, answer: bytes, seconds: float) -> None:
        """One message in and its answer out, as they were on the line with all their secrets: whoever keeps any of it
        hides those first. `answer` is empty where none was due.
        """
