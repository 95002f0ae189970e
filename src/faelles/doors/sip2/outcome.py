"""How a message ended, as its answer tells without being read."""

from typing import Final

from faelles.people.terminals.model import TerminalOutcome

_YES_OR_NO: Final = frozenset({b"10", b"12", b"16", b"20", b"30", b"36", b"38", b"66", b"94", b"98"})
_NO: Final = (b"0", b"N")


def outcome_of(answer: bytes) -> TerminalOutcome:
    """How the message ended that got this answer."""
    if not answer:
        return TerminalOutcome.UNANSWERED
    code = answer[:2]
    if code == b"96":
        return TerminalOutcome.RESEND
    is_no = code in _YES_OR_NO and answer[2:3] in _NO
    return TerminalOutcome.REFUSED if is_no else TerminalOutcome.ANSWERED
