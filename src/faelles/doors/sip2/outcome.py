"""How a message ended, as its answer tells without being read."""

from typing import Final, NamedTuple

from faelles.doors.sip2.messages import DEFINITIONS
from faelles.people.terminals.model import TerminalOutcome

_REQUEST: Final = 2
_ANSWER: Final = 3
_YES_OR_NO: Final = frozenset({b"10", b"12", b"16", b"20", b"30", b"36", b"38", b"66", b"94", b"98"})
_NO: Final = (b"0", b"N")
OTHER: Final = "??"
"""In place of a command that the document does not have."""


class Kind(NamedTuple):
    """A request by its code, and how it ended."""

    message: str
    outcome: TerminalOutcome

    @property
    def is_known(self) -> bool:
        return self.message != OTHER


def head_of(request: bytes, answer: bytes) -> bytes:
    """As much of both as tells their kind: what can be counted without looking at it."""
    return request[:_REQUEST] + answer[:_ANSWER]


def kind_of(head: bytes) -> Kind:
    code = head[:_REQUEST].decode("latin-1")
    return Kind(code if code in DEFINITIONS else OTHER, outcome_of(head[_REQUEST:]))


def outcome_of(answer: bytes) -> TerminalOutcome:
    """How the message ended that got this answer."""
    if not answer:
        return TerminalOutcome.UNANSWERED
    code = answer[:2]
    if code == b"96":
        return TerminalOutcome.RESEND
    is_no = code in _YES_OR_NO and answer[2:3] in _NO
    return TerminalOutcome.REFUSED if is_no else TerminalOutcome.ANSWERED
