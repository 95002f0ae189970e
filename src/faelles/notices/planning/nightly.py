"""What the calendar calls for: the night's jobs of this room."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, TypedDict
from zoneinfo import ZoneInfo

from faelles.ground.database import Transaction
from faelles.ground.ids import DivisionId, LoanId, MaterialGroupId, PatronGroupId
from faelles.ground.jobs import Job, Missed, Slice
from faelles.notices.model import About, Plan, To
from faelles.notices.planning import rules, store
from faelles.notices.planning.operations import plan
from faelles.notices.planning.store import LoanDue, Matter
from faelles.policies.compiled import Settings, Terms
from faelles.policies.knobs import MEMBERSHIP_NOTICE_DAYS
from faelles.policies.model import ANY_PATRON, LoanKind, Subject
from faelles.policies.operations import current_settings

LOANS_AT_A_TIME: Final = 2_000
PATRONS_AT_A_TIME: Final = 1_000
"""Memberships of a whole school end on one day."""
_BEGINNING: Final = (-1, 0)


async def plan_due(tx: Transaction, day: date, begin: str | None) -> Slice:
    """Reminders before the due date and overdue notices that fall on `day`."""
    settings = await current_settings(tx)
    days = rules.due_days_of_interest(settings.policy, day)
    loans = await store.loans_due_on(tx, days, after=_place(begin), limit=LOANS_AT_A_TIME)
    calling = {
        loan.loan: (loan, kind)
        for loan in loans
        if (kind := rules.due_kind(_terms(settings, loan, tx.now), loan.due_on, day))
    }
    planned = await plan(tx, await _about_loans(tx, calling))
    is_last = len(loans) < LOANS_AT_A_TIME
    return Slice(
        next=None if is_last else "/".join(map(str, loans[-1].place)),
        counts={"loans_looked_at": len(loans), "notices_planned": planned},
    )


async def plan_memberships(tx: Transaction, day: date, begin: str | None) -> Slice:
    """Welcome to who became a member yesterday; a reminder to those whose membership ends soon."""
    settings = await current_settings(tx)
    notice_days = rules.days_in_use(settings.policy, MEMBERSHIP_NOTICE_DAYS)
    place = _next_patrons(begin)
    ending = await store.memberships_ending(tx, [day + timedelta(days + 1) for days in notice_days], **place)
    new = await store.new_members(tx, *_yesterday(settings, day), settings.directory.agency.time_zone, **place)
    until = _whole_until(ending, new)
    reminded = [
        matter
        for matter in _up_to(until, ending)
        if matter.day == day + timedelta(_membership_terms(settings, matter, tx.now)[MEMBERSHIP_NOTICE_DAYS].value)
    ]
    plans = [
        *_plans(tx, "membership_expiring", reminded, "membership"),
        *_plans(tx, "membership_welcome", _up_to(until, new), "member"),
    ]
    return Slice(next=_next(until), counts={"notices_planned": await plan(tx, plans)})


async def plan_returned(tx: Transaction, day: date, begin: str | None) -> Slice:
    """Back from an absence today; and whose card was ended yesterday, in case it was not they who asked."""
    settings = await current_settings(tx)
    place = _next_patrons(begin)
    absences = await store.absences_ended(tx, day, **place)
    cards = await store.cards_ended(tx, *_yesterday(settings, day), **place)
    until = _whole_until(absences, cards)
    plans = [
        *_plans(tx, "absence_ended", _up_to(until, absences), "absence"),
        *_plans(tx, "card_replaced", _up_to(until, cards), "card"),
    ]
    return Slice(next=_next(until), counts={"notices_planned": await plan(tx, plans)})


JOBS: Final = (
    Job(name="plan_due_notices", work=plan_due, at=time(3), missed=Missed.EACH),
    Job(name="plan_membership_notices", work=plan_memberships, at=time(3), missed=Missed.EACH),
    Job(name="plan_return_notices", work=plan_returned, at=time(3), missed=Missed.EACH),
)


async def _about_loans(tx: Transaction, calling: dict[LoanId, tuple[LoanDue, str]]) -> list[Plan]:
    parties = await store.load_parties(tx, About.LOAN, To.PARTY, calling.keys())
    return [
        Plan(
            kind=kind,
            occasion=f"loan/{loan.loan}/{loan.due_on.isoformat()}",
            patron=party.patron,
            division=loan.division,
            happened_at=tx.now,
            subject=loan.loan,
            day=loan.due_on,
        )
        for party in parties
        for loan, kind in [calling[LoanId(party.subject)]]
    ]


def _plans(tx: Transaction, kind: str, matters: list[Matter], what: str) -> list[Plan]:
    return [
        Plan(
            kind=kind,
            occasion=f"{what}/{matter.division}/{matter.key or matter.day}",
            patron=matter.patron,
            division=matter.division,
            happened_at=tx.now,
            day=matter.day,
        )
        for matter in matters
    ]


class _NextPatrons(TypedDict):
    after: int
    limit: int


def _next_patrons(begin: str | None) -> _NextPatrons:
    return {"after": int(begin) if begin else -1, "limit": PATRONS_AT_A_TIME}


def _whole_until(*found: Sequence[Matter]) -> int | None:
    """The last patron of whom each list, in the order of its patrons, has everything; None: there are no more."""
    return min((matters[-1].patron for matters in found if len(matters) >= PATRONS_AT_A_TIME), default=None)


def _up_to(until: int | None, matters: Sequence[Matter]) -> list[Matter]:
    return [matter for matter in matters if until is None or matter.patron <= until]


def _next(until: int | None) -> str | None:
    return None if until is None else str(until)


def _terms(settings: Settings, loan: LoanDue, now: datetime) -> Terms:
    place = settings.at_division(loan.division)
    group = PatronGroupId(loan.patron_group) if loan.patron_group else ANY_PATRON
    subject = Subject(
        item=place,
        patron=place,
        desk=place,
        patron_group=group,
        material_group=MaterialGroupId(loan.material_group),
        loan_kind=LoanKind(loan.kind),
    )
    return settings.policy.terms(subject, now)


def _membership_terms(settings: Settings, matter: Matter, now: datetime) -> Terms:
    place = settings.at_division(DivisionId(matter.division))
    group = PatronGroupId(matter.patron_group) if matter.patron_group else ANY_PATRON
    return settings.policy.terms(Subject(item=place, patron=place, desk=place, patron_group=group), now)


def _yesterday(settings: Settings, day: date) -> tuple[datetime, datetime]:
    """From midnight to midnight, where the agency is."""
    zone = ZoneInfo(settings.directory.agency.time_zone)
    ends = datetime.combine(day, time(), zone)
    return datetime.combine(day - timedelta(days=1), time(), zone), ends


def _place(begin: str | None) -> tuple[int, int]:
    if begin is None:
        return _BEGINNING
    agency, _, item = begin.partition("/")
    return int(agency), int(item)
