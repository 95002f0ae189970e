"""Branches, their placements, opening hours and closing dates."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, time, timedelta
from types import MappingProxyType
from typing import Final, TypeVar

from faelles.agencies.contacts.operations import contacts_of
from faelles.agencies.model import Branch, BranchKind, Placement, Service
from faelles.agencies.opening.model import OpeningHours as Hours
from faelles.agencies.opening.operations import list_opening_hours, show_calendar
from faelles.doors.fbs.call import Call, Handler, branch_in_path
from faelles.doors.fbs.models import (
    AgencyBranch,
    AgencyDepartment,
    AgencyLocation,
    AgencySection,
    AgencySublocation,
    BranchContact,
    ClosingDate,
    OpeningHours,
)
from faelles.doors.fbs.problems import in_their_words
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import InvalidRequestError
from faelles.ground.ids import DivisionId
from faelles.people.model import Permission
from faelles.policies.compiled import Settings

Level = TypeVar("Level")

_DAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_CLOSINGS_AHEAD: Final = timedelta(days=365)
_LONGEST_CLOSINGS: Final = 5 * _CLOSINGS_AHEAD
_OUR_FIELDS: Final = MappingProxyType({"first_day": "startDate", "last_day": "endDate"})


async def branches(call: Call) -> list[AgencyBranch]:
    """The branches where patrons can pick up; what is excluded by its ISIL is left out."""
    call.caller.require(Permission.AGENCY_VIEW)
    excluded = set(call.many("exclude"))

    async def work(tx: Transaction) -> list[AgencyBranch]:
        settings = await call.settings(tx)
        today = local_date(tx.now, settings.directory.agency.time_zone)
        return [
            AgencyBranch(branch.code, branch.name)
            for branch in branches_of(settings, call.division)
            if is_served(branch, today) and branch.code not in excluded
        ]

    return await call.read(work)


def branches_of(settings: Settings, division: DivisionId) -> list[Branch]:
    found = [each for each in settings.directory.branches.values() if each.division == division]
    return sorted(found, key=lambda branch: branch.code)


def is_served(branch: Branch, today: date) -> bool:
    """Whether patrons come there."""
    is_open = branch.closed_from is None or branch.closed_from > today
    return is_open and branch.kind is not BranchKind.INTERNAL


async def branch_contacts(call: Call) -> list[BranchContact]:
    """How the named branches are reached, or all of them. What nobody wrote down is null."""
    wanted = set(call.many("branchIds"))

    async def work(tx: Transaction) -> list[BranchContact]:
        settings = await call.settings(tx)
        today = local_date(tx.now, settings.directory.agency.time_zone)
        found = {
            each.id: each
            for each in branches_of(settings, call.division)
            if is_served(each, today) and (not wanted or each.code in wanted)
        }
        return [
            BranchContact(
                branch_id=found[each.branch].code,
                title=found[each.branch].name,
                address=each.contact.street,
                zip_code=each.contact.postal_code,
                city=each.contact.city,
                phone=each.contact.phone,
                email=each.contact.email,
                website=each.contact.website,
            )
            for each in await contacts_of(tx, call.caller, list(found))
        ]

    return await call.read(work)


async def departments(call: Call) -> list[AgencyDepartment]:
    return await _levels(call, lambda placement: placement.department, AgencyDepartment)


async def locations(call: Call) -> list[AgencyLocation]:
    return await _levels(call, lambda placement: placement.location, AgencyLocation)


async def sublocations(call: Call) -> list[AgencySublocation]:
    return await _levels(call, lambda placement: placement.sublocation, AgencySublocation)


async def sections(call: Call) -> list[AgencySection]:
    return await _levels(call, lambda placement: placement.section, AgencySection)


async def _levels(
    call: Call, name_of: Callable[[Placement], str | None], shown_as: Callable[[str, str], Level]
) -> list[Level]:
    """The names of one level of placement. A level is known by its name: two branches' "Voksen" are one department."""
    call.caller.require(Permission.AGENCY_VIEW)

    async def work(tx: Transaction) -> list[Level]:
        settings = await call.settings(tx)
        here = {branch.id for branch in branches_of(settings, call.division)}
        placements = [each for each in settings.directory.placements.values() if each.branch in here]
        names = {name for placement in placements if (name := name_of(placement)) is not None}
        return [shown_as(level_id(name), name) for name in sorted(names)]

    return await call.read(work)


def level_id(name: str) -> str:
    """What a department, location, sublocation or section is known by."""
    return name.casefold().replace(" ", "-")


async def opening_hours(call: Call) -> list[OpeningHours]:
    """The hours of an ordinary week: when one may come in, and within them when staff are there."""

    async def work(tx: Transaction) -> list[OpeningHours]:
        settings = await call.settings(tx)
        branch = branch_in_path(settings, call.division, call.path["branchId"])
        today = local_date(tx.now, settings.directory.agency.time_zone)
        hours = [
            each
            for each in await list_opening_hours(tx, call.caller, branch)
            if (each.first_day is None or each.first_day <= today) and (each.ended is None or each.ended > today)
        ]
        return [
            _day(call.path["branchId"], name, [each for each in hours if each.weekday == weekday])
            for weekday, name in enumerate(_DAYS, 1)
            if any(each.weekday == weekday and each.service is not Service.BOOK_DROP for each in hours)
        ]

    return await call.read(work)


def _day(branch: str, name: str, hours: list[Hours]) -> OpeningHours:
    """From the first opening of the day to the last closing."""
    staffed = [each for each in hours if each.service is Service.STAFFED]
    either = [each for each in hours if each.service is not Service.BOOK_DROP]
    return OpeningHours(
        branch_id=branch,
        day=name,
        open_hours_start_time=_clock(min(each.opens for each in either)),
        open_hours_end_time=_clock(max(each.closes for each in either)),
        service_hours_start_time=_clock(min((each.opens for each in staffed), default=None)),
        service_hours_end_time=_clock(max((each.closes for each in staffed), default=None)),
    )


def _clock(moment: time | None) -> str | None:
    return None if moment is None else moment.isoformat("seconds")


async def closing_dates(call: Call) -> list[ClosingDate]:
    """The days when the branch is closed out of the ordinary; from today and a year on, where nothing is asked."""

    async def work(tx: Transaction) -> list[ClosingDate]:
        settings = await call.settings(tx)
        branch = branch_in_path(settings, call.division, call.path["branchId"])
        first = call.day("startDate") or local_date(tx.now, settings.directory.agency.time_zone)
        last = call.day("endDate") or first + min(_CLOSINGS_AHEAD, date.max - first)
        return [
            ClosingDate(branch_id=call.path["branchId"], closing_date=each.day, description=each.reason)
            for part in _in_years(first, last)
            for each in await show_calendar(tx, call.caller, branch, Service.STAFFED, part)
            if not each.is_open and each.reason is not None
        ]

    try:
        return await call.read(work)
    except InvalidRequestError as problem:
        raise in_their_words(problem, _OUR_FIELDS) from None


def _in_years(first: date, last: date) -> Iterator[tuple[date, date]]:
    """A long interval in parts, since a calendar is shown for little more than a year at once; one that is beyond all
    bounds stays whole, and is refused as that.
    """
    if last - first > _LONGEST_CLOSINGS:
        yield first, last
        return
    while last - first > _CLOSINGS_AHEAD:
        yield first, first + _CLOSINGS_AHEAD
        first += _CLOSINGS_AHEAD + timedelta(days=1)
    yield first, last


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "branches": branches,
        "branch_contacts": branch_contacts,
        "departments": departments,
        "locations": locations,
        "sublocations": sublocations,
        "sections": sections,
        "opening_hours": opening_hours,
        "closing_dates": closing_dates,
    }
)
