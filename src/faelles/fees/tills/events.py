"""The facts of tills. `subject` is the session."""

from faelles.fees.tills.model import Report, Session
from faelles.ground.events import Event
from faelles.ground.money import Ore


def opened(session: Session) -> Event:
    return _event("till_opened", session, float_ore=session.float_ore)


def cash_moved(session: Session, amount: Ore) -> Event:
    return _event("till_cash_moved", session, amount_ore=amount)


def closed(report: Report) -> Event:
    """`difference_ore` over everything that was counted; below zero something is missing."""
    difference = sum(line.difference_ore or 0 for line in report.lines)
    taken = sum(line.taken_ore for line in report.lines)
    return _event("till_closed", report.session, taken_ore=taken, difference_ore=difference)


def _event(kind: str, session: Session, **amounts: int) -> Event:
    return Event(kind=kind, subject=session.id, dimensions={"till": session.till, "branch": session.branch, **amounts})
