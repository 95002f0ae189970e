"""Where the copies of titles stand, branch by branch, as anybody may know it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from faelles.agencies.model import BranchKind, DivisionKind
from faelles.catalog.model import Record
from faelles.catalog.numbers.operations import numbers_of
from faelles.circulation.availability.model import CopyStanding
from faelles.circulation.availability.operations import titles_standing
from faelles.doors.web.titles.names import shelf_name
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, PlacementId, RecordId
from faelles.people.model import Caller
from faelles.policies.compiled import Settings
from faelles.policies.operations import current_settings


class AtBranch(msgspec.Struct, frozen=True, kw_only=True):
    """`due_on`: when the first copy that is out comes back, where none stands on the shelf."""

    branch: str
    places: tuple[str, ...]
    on_shelf: int
    copies: int
    due_on: date | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A title in the whole of the public library."""

    branches: tuple[AtBranch, ...] = ()
    waiting: int = 0
    is_reservable: bool = False

    @property
    def on_shelf(self) -> int:
        return sum(each.on_shelf for each in self.branches)

    @property
    def copies(self) -> int:
        return sum(each.copies for each in self.branches)


async def standings(tx: Transaction, caller: Caller, records: Sequence[Record]) -> dict[RecordId, Standing]:
    """Of the titles that the public library has; the schools' copies are for their pupils."""
    settings = await current_settings(tx)
    numbers = await numbers_of(tx, [record.id for record in records])
    found: dict[RecordId, Standing] = {}
    for division in settings.directory.divisions.values():
        if division.kind is not DivisionKind.PUBLIC:
            continue
        for title in await titles_standing(tx, caller, division.id, list(numbers.values())):
            before = found.get(title.record, Standing())
            found[title.record] = Standing(
                branches=before.branches + _by_branch(settings, title.copies),
                waiting=title.waiting,
                is_reservable=before.is_reservable or title.is_reservable,
            )
    return found


def _by_branch(settings: Settings, copies: Sequence[CopyStanding]) -> tuple[AtBranch, ...]:
    by_branch: dict[BranchId, list[CopyStanding]] = defaultdict(list)
    for copy in copies:
        by_branch[copy.branch].append(copy)
    names = {branch: settings.directory.branches[branch].name for branch in by_branch}
    return tuple(
        _at(names[branch], _placements(settings), by_branch[branch]) for branch in sorted(names, key=names.__getitem__)
    )


def _placements(settings: Settings) -> Mapping[PlacementId, str]:
    return {each.id: shelf_name(each) for each in settings.directory.placements.values()}


def _at(name: str, placements: Mapping[PlacementId, str], copies: Sequence[CopyStanding]) -> AtBranch:
    on_shelf = [copy for copy in copies if copy.is_on_shelf]
    places = dict.fromkeys(placements.get(copy.placement, "") for copy in on_shelf)
    due = [copy.due_on for copy in copies if copy.due_on is not None]
    return AtBranch(
        branch=name,
        places=tuple(place for place in places if place),
        on_shelf=len(on_shelf),
        copies=len(copies),
        due_on=min(due) if due and not on_shelf else None,
    )


def pickup_branches(settings: Settings) -> list[tuple[BranchId, str]]:
    """Where the public library hands out what somebody waited for, by name."""
    found = [
        (branch.id, branch.name)
        for branch in settings.directory.branches.values()
        if branch.is_pickup and branch.kind is BranchKind.PUBLIC
    ]
    return sorted(found, key=lambda each: each[1])
