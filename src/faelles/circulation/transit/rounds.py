"""Vans and their rounds: keeping them, and the sheet a driver takes along."""

from collections.abc import Iterable
from datetime import date

from faelles.agencies.model import Service
from faelles.circulation.transit import events, van_store
from faelles.circulation.transit.model import NewVan, Round, RouteSheet, Van
from faelles.circulation.transit.operations import require_at_all
from faelles.circulation.transit.vans import IsOpen, route_sheet
from faelles.ground import idempotency
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError, invalid_field
from faelles.ground.events import append
from faelles.ground.ids import BranchId
from faelles.people.model import Caller, Permission
from faelles.policies.compiled import Settings
from faelles.policies.operations import current_settings


async def list_vans(tx: Transaction, caller: Caller) -> list[Van]:
    caller.require(Permission.LOGISTICS)
    return await van_store.list_vans(tx)


async def add_van(tx: Transaction, caller: Caller, request: NewVan, key: str | None = None) -> Van:
    """Raises ConflictError for a taken name, NotFoundError for a branch the agency does not have."""
    caller.require(Permission.AGENCY_EDIT)
    earlier = await idempotency.recall(tx, "add_van", key, request, int)
    if earlier is not None:
        return await _found(tx, earlier)
    await _check(tx, caller, request)
    van = await van_store.insert_van(tx, request.name)
    await van_store.replace_rounds(tx, van, request.rounds)
    await append(tx, events.van_changed(van))
    await idempotency.remember(tx, "add_van", key, request, van)
    return await _found(tx, van)


async def change_van(tx: Transaction, caller: Caller, van: int, request: NewVan) -> Van:
    """The van as it is to be from now on, its whole week included."""
    caller.require(Permission.AGENCY_EDIT)
    await _require_stops(tx, caller, (await _found(tx, van)).rounds)
    await _check(tx, caller, request)
    if not await van_store.rename_van(tx, van, request.name):
        raise NotFoundError("van_unknown")
    await van_store.replace_rounds(tx, van, request.rounds)
    await append(tx, events.van_changed(van))
    return await _found(tx, van)


async def retire_van(tx: Transaction, caller: Caller, van: int) -> None:
    caller.require(Permission.AGENCY_EDIT)
    await _require_stops(tx, caller, (await _found(tx, van)).rounds)
    if not await van_store.retire_van(tx, van):
        raise NotFoundError("van_unknown")
    await append(tx, events.van_retired(van))


async def show_route_sheet(tx: Transaction, caller: Caller, van: int, day: date | None = None) -> RouteSheet:
    """What the van fetches and leaves on `day` (today), from what waits now."""
    caller.require(Permission.LOGISTICS)
    found = await _found(tx, van)
    settings = await current_settings(tx)
    branches = sorted({BranchId(stop.branch) for each in found.rounds for stop in each.stops})
    return route_sheet(
        found,
        day or local_date(tx.now, settings.directory.agency.time_zone),
        waiting=await van_store.waiting_for_vans(tx, branches),
        foreign=await van_store.foreign_books(tx, branches),
        name_of=lambda branch: settings.directory.branches[branch].name,
        is_open=staffed_days(settings),
    )


def staffed_days(settings: Settings) -> IsOpen:
    """Whether somebody is at a branch on a day, to hand over crates and to take them."""

    def is_open(branch: BranchId, day: date) -> bool:
        return settings.directory.calendar(branch, Service.STAFFED).is_open_on(day)

    return is_open


async def _require_stops(tx: Transaction, caller: Caller, rounds: Iterable[Round]) -> None:
    """A van is changed by whoever may change every branch it calls at."""
    branches = {stop.branch for each in rounds for stop in each.stops}
    require_at_all(caller, Permission.AGENCY_EDIT, await current_settings(tx), branches)


async def _check(tx: Transaction, caller: Caller, request: NewVan) -> None:
    days = [each.weekday for each in request.rounds]
    if len(set(days)) < len(days):
        raise invalid_field("rounds", "weekday_twice")
    await _require_stops(tx, caller, request.rounds)


async def _found(tx: Transaction, van: int) -> Van:
    found = await van_store.list_vans(tx, van)
    if not found:
        raise NotFoundError("van_unknown")
    return found[0]
