"""Titles and their copies: available, reservable, where, how often borrowed."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

from faelles.circulation.availability.model import Chosen, CopyStanding, TitleStanding
from faelles.circulation.availability.operations import (
    availability_of,
    due_days_asked_for,
    loans_per_title,
    standing_of,
    titles_asked_for,
)
from faelles.circulation.desk.issues import IssueNamed
from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler
from faelles.doors.fbs.handlers.branches import level_id
from faelles.ground.alphabet import danish_sort_key
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, MaterialGroupId, PlacementId
from faelles.policies.compiled import Settings
from faelles.policies.operations import settings_for

Level = TypeVar("Level")
Told = TypeVar("Told", models.Availability, models.HoldingsForBibliographicalRecord)


async def availability(call: Call) -> list[models.Availability]:
    """Of each record: may somebody wait for it, and is a copy on the shelf."""
    numbers = call.many("recordid")

    async def work(tx: Transaction) -> list[models.Availability]:
        found = await tx.ask(titles_asked_for(tx, call.caller, numbers))
        chosen = _chosen(call, await settings_for(tx, found.revision))
        return [
            models.Availability(
                record_id=title.number,
                reservations=title.waiting,
                reservable=title.is_reservable,
                available=title.is_available,
            )
            for title in availability_of(chosen, found.titles, tx.now)
        ]

    return _of_each(numbers, await call.read(work), _no_availability)


async def holdings(call: Call) -> list[models.HoldingsForBibliographicalRecord]:
    """Of each record, the copies at each branch and placement."""
    numbers = call.many("recordid")

    async def work(tx: Transaction) -> list[models.HoldingsForBibliographicalRecord]:
        found, due = await tx.together(
            titles_asked_for(tx, call.caller, numbers), due_days_asked_for(tx, call.caller, numbers)
        )
        chosen = _chosen(call, await settings_for(tx, found.revision))
        return [
            models.HoldingsForBibliographicalRecord(
                record_id=title.number,
                reservations=title.waiting,
                reservable=title.is_reservable,
                holdings=_placed(chosen.settings, title),
            )
            for title in await standing_of(tx, chosen, found.titles, due)
        ]

    return _of_each(numbers, await call.read(work), _no_holdings)


def _of_each(numbers: Sequence[str], known: Sequence[Told], nothing: Callable[[str], Told]) -> list[Told]:
    """One answer for each number, in their order: silence about a title is read as an answer that is missing."""
    if len(known) == len(numbers):
        return list(known)
    told = {each.record_id: each for each in known}
    return [told.get(number) or nothing(number) for number in numbers]


def _no_availability(number: str) -> models.Availability:
    return models.Availability(record_id=number, reservations=0, reservable=False, available=False)


def _no_holdings(number: str) -> models.HoldingsForBibliographicalRecord:
    return models.HoldingsForBibliographicalRecord(record_id=number, reservations=0, reservable=False, holdings=())


def _chosen(call: Call, settings: Settings) -> Chosen:
    codes = settings.directory.branches_by_code
    return Chosen(settings, call.division, {codes[code].id for code in call.many("exclude") if code in codes})


def _placed(settings: Settings, title: TitleStanding) -> tuple[models.Holdings, ...]:
    """Copies by where they stand, in the order of branches' names and placements."""
    by_place: dict[tuple[BranchId, PlacementId], list[CopyStanding]] = defaultdict(list)
    for copy in title.copies:
        by_place[copy.branch, copy.placement].append(copy)
    branches = settings.directory.branches
    places = sorted(by_place, key=lambda place: (danish_sort_key(branches[place[0]].name), place[1]))
    return tuple(_holdings(settings, branch, placement, by_place[branch, placement]) for branch, placement in places)


def _holdings(
    settings: Settings, branch: BranchId, placement: PlacementId, copies: list[CopyStanding]
) -> models.Holdings:
    at, shelf = settings.directory.branches[branch], settings.directory.placements[placement]
    return models.Holdings(
        materials=tuple(_material(settings, copy) for copy in copies),
        branch=models.AgencyBranch(at.code, at.name),
        department=None if shelf.department is None else _level(models.AgencyDepartment, shelf.department),
        location=None if shelf.location is None else _level(models.AgencyLocation, shelf.location),
        sublocation=None if shelf.sublocation is None else _level(models.AgencySublocation, shelf.sublocation),
        section=None if shelf.section is None else _level(models.AgencySection, shelf.section),
        logistics_placement=(),
    )


def _level(shown_as: Callable[[str, str], Level], name: str) -> Level:
    return shown_as(level_id(name), name)


def _material(settings: Settings, copy: CopyStanding) -> models.Material:
    return models.Material(
        item_number=copy.number,
        material_group=material_group(settings, copy.material_group),
        periodical=None if copy.issue is None else periodical(copy.issue),
        available=copy.is_on_shelf,
        return_date=copy.due_on,
    )


def material_group(settings: Settings, group: MaterialGroupId) -> models.MaterialGroup:
    found = settings.material_groups[group]
    return models.MaterialGroup(found.code, found.name_da)


def periodical(issue: IssueNamed) -> models.Periodical:
    parts = [str(issue.year), *([f"årg. {issue.volume}"] if issue.volume else []), f"nr. {issue.number}"]
    return models.Periodical(
        volume=issue.volume,
        volume_year=str(issue.year),
        volume_number=issue.number,
        display_text=", ".join(parts),
    )


async def loans_per_record(call: Call) -> list[models.NumberOfLoansPerRecord]:
    first, last, wanted = call.day("startDate"), call.day("endDate"), call.many("recordid")

    async def work(tx: Transaction) -> list[models.NumberOfLoansPerRecord]:
        lent = await loans_per_title(tx, call.caller, call.division, wanted, first=first, last=last)
        return [models.NumberOfLoansPerRecord(each.number, each.loans) for each in lent]

    return await call.read(work)


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {"availability": availability, "holdings": holdings, "loans_per_record": loans_per_record}
)
