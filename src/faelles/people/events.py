"""The facts this room appends to the log. They name ids and codes; nobody's name, no username, no secret."""

from faelles.ground.events import Event
from faelles.people.model import Subject, SubjectKind


def signed_in(subject: Subject) -> Event:
    return _about(subject, "signed_in")


def sign_in_locked(failures: int) -> Event:
    """Somebody's guesses at one identifier have gone too far. Which identifier is nobody's business here."""
    return Event(kind="sign_in_locked", dimensions={"failures": failures})


def token_issued(subject: Subject) -> Event:
    return _about(subject, "token_issued")


def token_revoked(subject: Subject) -> Event:
    return _about(subject, "token_revoked")


def signed_out(subject: Subject) -> Event:
    return _about(subject, "signed_out")


def tokens_revoked(subject: Subject, number: int) -> Event:
    about = _about(subject, "tokens_revoked")
    return Event(kind=about.kind, subject=about.subject, dimensions={**about.dimensions, "number": number})


def _about(subject: Subject, kind: str) -> Event:
    """A patron's id never stands in an event, nor does one count which of them signs in when."""
    shown = None if subject.kind is SubjectKind.PATRON else subject.id
    return Event(kind=kind, subject=shown, dimensions={"subject": subject.kind.value})
