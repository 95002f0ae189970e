"""What events and days call for. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from faelles.ground.events import RecordedEvent
from faelles.notices.model import About, Kind, kinds
from faelles.policies.compiled import CompiledPolicy, Terms
from faelles.policies.knob import Knob
from faelles.policies.knobs import (
    NOTICE_DAYS_BEFORE_DUE,
    OVERDUE_NOTICE_1_DAYS,
    OVERDUE_NOTICE_2_DAYS,
    OVERDUE_NOTICE_3_DAYS,
)

NEWS_FOR: Final = timedelta(days=14)
"""What happened longer ago is nobody's news: history that was loaded, or a worker that slept for weeks."""

OVERDUE_STEPS: Final[tuple[tuple[str, Knob[int]], ...]] = (
    ("overdue_1", OVERDUE_NOTICE_1_DAYS),
    ("overdue_2", OVERDUE_NOTICE_2_DAYS),
    ("overdue_3", OVERDUE_NOTICE_3_DAYS),
)


@cache
def kinds_by_event() -> Mapping[str, tuple[Kind, ...]]:
    found: dict[str, tuple[Kind, ...]] = {}
    for kind in kinds().values():
        for event in kind.events:
            found[event] = (*found.get(event, ()), kind)
    return found


def called_for(event: RecordedEvent, now: datetime) -> Iterable[Kind]:
    """The kinds of notice that `event` calls for, if it still is news."""
    if now - event.at > NEWS_FOR:
        return ()
    claim, why = event.dimensions.get("charge_kind"), event.dimensions.get("why")
    return [
        kind
        for kind in kinds_by_event().get(event.kind, ())
        if (not kind.of_claim or claim in kind.of_claim) and (not kind.because or why in kind.because)
    ]


def subject_of(kind: Kind, event: RecordedEvent) -> int | None:
    """What the notice is about; a payment has to be looked up (`load_payments`)."""
    return {
        About.LOAN: event.loan,
        About.HOLD: event.hold,
        About.CLAIM: event.subject,
        About.EXCLUSION: event.subject,
    }.get(kind.about)


def occasion_of(kind: Kind, event: RecordedEvent, subject: int) -> str:
    """What makes it the same thing to say. A claim that grows by another late book is announced once, a payment is one
    however many claims it pays; everything else happens anew each time.
    """
    if kind.about in (About.PAYMENT, About.EXCLUSION) or event.kind == "fee_charged":
        return f"{kind.about}/{subject}"
    if event.kind == "fee_reversed":
        # What was claimed and what was paid for it are reversed one by one, at the same moment.
        return f"{kind.about}/{subject}/{event.at.isoformat()}"
    return f"event/{event.id}"


def days_in_use(policy: CompiledPolicy, knob: Knob[int]) -> set[int]:
    """Every number of days that any rule gives the knob, and its default: what has to be looked for at all."""
    said = {rule.value for rule in policy.rules if rule.cell.knob == knob.name}
    return {days for days in (*said, knob.default) if isinstance(days, int) and days > 0}


def due_days_of_interest(policy: CompiledPolicy, day: date) -> list[date]:
    """The due dates that something may be said about on `day`."""
    ahead = {day + timedelta(days) for days in days_in_use(policy, NOTICE_DAYS_BEFORE_DUE)}
    behind = {day - timedelta(days) for _, knob in OVERDUE_STEPS for days in days_in_use(policy, knob)}
    return sorted(ahead | behind)


def due_kind(terms: Terms, due_on: date, day: date) -> str | None:
    """What is to be said about a loan on `day`. Of steps that fall on one day the last is said."""
    late = (day - due_on).days
    if late < 0:
        return "due_soon" if -late == terms[NOTICE_DAYS_BEFORE_DUE].value else None
    steps = [name for name, knob in OVERDUE_STEPS if 0 < terms[knob].value == late]
    return steps[-1] if steps else None
