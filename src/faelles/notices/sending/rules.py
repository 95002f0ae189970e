"""Is it still so? And what is to be done with a message that would not go. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from faelles.ground.ids import DivisionId, PatronId
from faelles.notices.model import ChannelName, Notice
from faelles.notices.sending.model import BookingFact, ClaimFact, ExclusionFact, Fact, HoldFact, LoanFact

MOST_ATTEMPTS: Final = 12
"""With the pauses below, two days: longer than most trouble with one mailbox lasts, shorter than a hold waits."""
_PAUSES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)

_OVERDUE: Final = ("overdue_1", "overdue_2", "overdue_3")
_WITHOUT_FACTS: Final = frozenset(
    {
        "membership_welcome",
        "membership_expiring",
        "absence_ended",
        "card_replaced",
        "email_verification",
        "pin_reset",
        "guardian_registered",
        "interlibrary_arrived",
        "library_message",
    }
)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many tries."""
    return _PAUSES[min(attempts, len(_PAUSES)) - 1]


def is_true(notice: Notice, fact: Fact | None, today: date) -> bool:
    """Whether the notice would say what is so. Nothing is sent for a book that came back a minute ago."""
    if notice.kind in _WITHOUT_FACTS:
        return notice.kind != "membership_expiring" or notice.day is None or notice.day >= today
    holds = _TRUE.get(notice.kind)
    return fact is not None and (holds is None or holds(notice, fact, today))


def could_be_said(kind: str, fact: Fact, today: date) -> bool:
    """Whether a notice of the kind could be about it as it is today."""
    if kind in _WITHOUT_FACTS or kind not in _TRUE:
        return True
    day = fact.due_on if isinstance(fact, LoanFact) else None
    nobodys = Notice(
        id=0, kind=kind, patron=PatronId(0), division=DivisionId(0), channel=ChannelName.EMAIL, subject=None, day=day
    )
    return is_true(nobodys, fact, today)


def only_the_last_step(notices: Iterable[Notice]) -> list[Notice]:
    """Of several overdue notices about one loan to one patron, all due at once after missed nights, the last."""
    found = list(notices)
    highest: dict[tuple[object, ...], str] = {}
    for notice in found:
        if notice.kind in _OVERDUE:
            key = (notice.patron, notice.subject, notice.concerning)
            highest[key] = max(highest.get(key, ""), notice.kind)
    return [
        notice
        for notice in found
        if notice.kind not in _OVERDUE or notice.kind == highest[notice.patron, notice.subject, notice.concerning]
    ]


def split(
    notices: Sequence[Notice], facts: Mapping[int, Fact | None], today: date
) -> tuple[list[Notice], list[Notice]]:
    """What is still to be said, and what is not. `facts` by the notices' ids."""
    true = only_the_last_step(each for each in notices if is_true(each, facts.get(each.id), today))
    kept = {each.id for each in true}
    return true, [each for each in notices if each.id not in kept]


def _is_out(notice: Notice, fact: Fact) -> bool:
    return isinstance(fact, LoanFact) and fact.closed_how is None and not fact.is_stopped and fact.due_on == notice.day


def _due_soon(notice: Notice, fact: Fact, today: date) -> bool:
    return _is_out(notice, fact) and notice.day is not None and notice.day >= today


def _overdue(notice: Notice, fact: Fact, today: date) -> bool:
    return _is_out(notice, fact) and notice.day is not None and notice.day < today


def _hold_is(*states: str) -> Callable[[Notice, Fact, date], bool]:
    return lambda _notice, fact, _today: isinstance(fact, HoldFact) and fact.state in states


def _loan_ended(*ways: str | None) -> Callable[[Notice, Fact, date], bool]:
    return lambda _notice, fact, _today: isinstance(fact, LoanFact) and fact.closed_how in ways


def _renewed(notice: Notice, fact: Fact, _: date) -> bool:
    """A loan renewed again meanwhile is told by the later renewal alone."""
    return isinstance(fact, LoanFact) and fact.closed_how is None and fact.renewals > 0 and fact.due_on == notice.day


def _is_owed(_notice: Notice, fact: Fact, _today: date) -> bool:
    return isinstance(fact, ClaimFact) and fact.outstanding_ore > 0


def _is_to_be_excluded(_notice: Notice, fact: Fact, _today: date) -> bool:
    return isinstance(fact, ExclusionFact) and fact.owed_ore > 0 and fact.is_at_limit


def _is_let_go(_notice: Notice, fact: Fact, _today: date) -> bool:
    return isinstance(fact, ClaimFact) and fact.outstanding_ore == 0


def _is_booked(_notice: Notice, fact: Fact, _today: date) -> bool:
    return isinstance(fact, BookingFact) and not fact.is_cancelled


_TRUE: Final[Mapping[str, Callable[[Notice, Fact, date], bool]]] = {
    "hold_ready": _hold_is("ready"),
    "hold_expired": _hold_is("expired"),
    "hold_cancelled": _hold_is("cancelled"),
    "due_soon": _due_soon,
    "overdue_1": _overdue,
    "overdue_2": _overdue,
    "overdue_3": _overdue,
    "loan_receipt": _loan_ended(None, "returned"),
    "return_receipt": _loan_ended("returned"),
    "renewal_receipt": _renewed,
    "replacement_bill": _is_owed,
    "fee_raised": _is_owed,
    "debt_sent": _is_owed,
    "lost_found_refund": _is_let_go,
    "exclusion_warning": _is_to_be_excluded,
    "booking_confirmed": _is_booked,
}
"""Kinds that are not listed are true as long as what they are about is there at all (a payment, a settled claim)."""
