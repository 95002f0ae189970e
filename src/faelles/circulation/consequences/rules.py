"""Which dates a closing moves, and where to; which loans new rules speak of. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from faelles.agencies.calendar import Calendar
from faelles.agencies.model import Service
from faelles.circulation.consequences.model import ClosingForeseen, Dated, DateKind, MovedDay, OpenLoans
from faelles.ground.ids import BranchId
from faelles.policies.compiled import Settings
from faelles.policies.knobs import DUE_CALENDAR, DUE_ROLLOVER, PICKUP_CALENDAR, PICKUP_ROLLOVER, DueRollover
from faelles.policies.model import ANY_MATERIAL, ANY_PATRON, LoanKind, Subject
from faelles.policies.rules import RuleTable, differences

Calendars = Mapping[tuple[BranchId, Service], Calendar]
Touched = Counter[tuple[str, object, object]]
"""Loans by knob, value before and value after."""


def moves(found: Iterable[Dated], settings: Settings, calendars: Calendars, now: datetime) -> dict[Dated, date]:
    """The day each of them moves to; those that stay are left out."""
    targets = ((each, _target(each, settings, calendars, now)) for each in found)
    return {each: day for each, day in targets if day is not None}


def _target(dated: Dated, settings: Settings, calendars: Calendars, now: datetime) -> date | None:
    """The next open day of the calendar that the rules name; None where the date may stand."""
    if dated.loan_kind is LoanKind.INTERLIBRARY:
        return None
    here = settings.at_branch(dated.branch)
    owner = settings.at_division(dated.division)
    subject = Subject(
        item=owner,
        patron=owner,
        desk=here,
        patron_group=dated.patron_group or ANY_PATRON,
        material_group=dated.material_group or ANY_MATERIAL,
    )
    terms = settings.policy.terms(subject, now)
    is_due = dated.kind is DateKind.DUE
    rollover = terms[DUE_ROLLOVER if is_due else PICKUP_ROLLOVER].value
    service = terms[DUE_CALENDAR if is_due else PICKUP_CALENDAR].value
    calendar = calendars.get((dated.branch, service)) or calendars[dated.branch, Service.STAFFED]
    if rollover is DueRollover.NONE or calendar.is_open_on(dated.day):
        return None
    return calendar.next_open_day(dated.day)


def foreseen(found: Iterable[Dated], moved: Mapping[Dated, date]) -> ClosingForeseen:
    """The moves added up by branch and day."""
    due: Counter[tuple[BranchId, date, date]] = Counter()
    pickups: Counter[tuple[BranchId, date, date]] = Counter()
    for dated, day in moved.items():
        counter = due if dated.kind is DateKind.DUE else pickups
        counter[dated.branch, dated.day, day] += dated.number
    return ClosingForeseen(
        days=tuple(
            MovedDay(branch=key[0], from_day=key[1], to_day=key[2], due=due[key], pickups=pickups[key])
            for key in sorted({*due, *pickups})
        ),
        due=due.total(),
        pickups=pickups.total(),
        lenders=sum(each.number for each in found if each.loan_kind is LoanKind.INTERLIBRARY),
    )


def touched(loans: Iterable[OpenLoans], settings: Settings, before: RuleTable, after: RuleTable) -> Touched:
    """For how many loans a knob would have another value."""
    counted: Touched = Counter()
    for each in loans:
        for difference in differences(before, after, _subject(each, settings)):
            if difference.before.value != difference.after.value:
                counted[difference.knob, difference.before.value, difference.after.value] += each.number
    return counted


def _subject(loans: OpenLoans, settings: Settings) -> Subject:
    """A copy of another agency stands in no branch of ours: it is lent by the division's own rules."""
    is_ours = loans.owner_branch in settings.directory.branches
    division = settings.at_division(loans.division)
    return Subject(
        item=settings.at_branch(loans.owner_branch) if is_ours else division,
        patron=division,
        desk=settings.at_branch(loans.branch),
        patron_group=loans.patron_group or ANY_PATRON,
        material_group=loans.material_group,
        loan_kind=loans.loan_kind,
    )
