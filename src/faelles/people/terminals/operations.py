"""SIP2 machines as staff see to them: profile, maintenance, status, trace; and what a server tells of them.

Looking needs `people_view`; changing a machine, and reading what it says, `people_edit` where it stands.
"""

from datetime import datetime

import msgspec
from msgspec import UNSET

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Row, Transaction
from faelles.ground.errors import FieldProblem, InvalidRequestError, NotFoundError
from faelles.ground.events import append
from faelles.ground.ids import AgencyId, MachineId
from faelles.people.machines.operations import machine_to_change
from faelles.people.machines.terminal import TerminalProfile
from faelles.people.model import Caller, MachineKind, Permission
from faelles.people.terminals import events, store
from faelles.people.terminals.model import (
    ConnectedOver,
    Direction,
    Observed,
    ProfileChange,
    ProfileShown,
    StartTrace,
    Tally,
    TerminalOutcome,
    TerminalStatus,
    TraceLine,
)


async def show_profile(tx: Transaction, caller: Caller, machine: MachineId) -> ProfileShown:
    """Raises NotFoundError."""
    caller.require(Permission.PEOPLE_VIEW)
    return _shown(await _profile(tx, machine))


async def change_profile(tx: Transaction, caller: Caller, machine: MachineId, change: ProfileChange) -> ProfileShown:
    """The machine hears of it within a minute, on the connection it has.

    Raises NotFoundError, InvalidRequestError for sorting rules with places that are not the agency's.
    """
    await machine_to_change(tx, caller, machine)
    before = await _profile(tx, machine)
    chosen = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    after = msgspec.structs.replace(before, **chosen)
    await _check_places(tx, after)
    changed = [name for name in chosen if getattr(before, name) != getattr(after, name)]
    if changed:
        await store.set_profile(tx, machine, after)
        await append(tx, events.profile_changed(machine, changed))
    return _shown(after)


async def _profile(tx: Transaction, machine: MachineId) -> TerminalProfile:
    profile = await store.profile(tx, machine)
    if profile is None:
        raise NotFoundError("machine_not_found")
    return profile


async def _check_places(tx: Transaction, profile: TerminalProfile) -> None:
    strange = await store.strange_places(tx, profile.sorting)
    codes = {"destination": "branch_unknown", "placement": "placement_unknown"}
    if strange:
        problems = [
            FieldProblem(f"sorting.{row['number'] - 1}.{row['place']}", codes[row["place"]], {}) for row in strange
        ]
        raise InvalidRequestError(problems=problems)


def _shown(profile: TerminalProfile) -> ProfileShown:
    return ProfileShown(**msgspec.structs.asdict(profile))


async def show_status(tx: Transaction, caller: Caller, machine: MachineId) -> TerminalStatus:
    """Raises NotFoundError."""
    caller.require(Permission.PEOPLE_VIEW)
    row = await store.status(tx, machine)
    if row is None:
        raise NotFoundError("machine_not_found")
    return _status(row)


async def list_statuses(tx: Transaction, caller: Caller, *, after: int = 0, limit: int = 50) -> list[TerminalStatus]:
    """Of the agency's machines, in the order they were registered, from the one after `after` on."""
    caller.require(Permission.PEOPLE_VIEW)
    return [_status(row) for row in await store.statuses(tx, after, limit)]


async def is_in_maintenance(tx: Transaction, caller: Caller) -> bool:
    """Whether all machines of the agency are told that the library is off line."""
    caller.require(Permission.PEOPLE_VIEW)
    return await store.is_in_maintenance(tx)


async def set_maintenance(tx: Transaction, caller: Caller, *, is_on: bool) -> None:
    """Tell all machines of the agency that the library is off line, or on line again. They hear it within a minute.

    Of the nation's own agency, the operator's: all machines in the country, those that have not signed in included.
    """
    caller.require_throughout(Permission.PEOPLE_EDIT)
    if await store.set_maintenance(tx, is_on=is_on):
        await append(tx, events.maintenance_changed(is_on=is_on))


async def start_trace(tx: Transaction, caller: Caller, machine: MachineId, wanted: StartTrace) -> datetime:
    """Keep what the machine says and hears from now on (some ten seconds), and tell until when.

    Of a machine that is traced already the time and the number of rows change. Raises NotFoundError.
    """
    await machine_to_change(tx, caller, machine)
    ends_at = await store.start_trace(tx, machine, wanted)
    await append(tx, events.trace_started(machine, wanted.hours))
    return ends_at


async def stop_trace(tx: Transaction, caller: Caller, machine: MachineId) -> None:
    """Stop keeping, and forget what was kept. Raises NotFoundError."""
    await machine_to_change(tx, caller, machine)
    if await store.end_trace(tx, machine):
        await append(tx, events.trace_stopped(machine))


async def read_trace(
    tx: Transaction, caller: Caller, machine: MachineId, *, after: int = 0, limit: int = 50
) -> list[TraceLine]:
    """What a traced machine has said and heard, from the line after `after` on, oldest first. Raises NotFoundError."""
    await machine_to_change(tx, caller, machine)
    rows = await store.trace(tx, machine, after, limit)
    return [
        TraceLine(id=row["id"], at=row["at"], direction=Direction(row["direction"]), frame=row["frame"]) for row in rows
    ]


async def note_observed(tx: Transaction, server: str, observed: Observed) -> None:
    """What `server` (its host and port) has seen of the agency's machines since it last told."""
    await store.observe(tx, server, observed)


async def country_is_in_maintenance(database: Database) -> bool:
    """Whether every machine in the country is told that the library is off line."""
    return await store.country_is_in_maintenance(database)


async def traced(database: Database) -> dict[tuple[AgencyId, MachineId], datetime]:
    """Until when each machine in the country is traced, also where the time is over."""
    rows = await store.traced(database)
    return {(AgencyId(row["agency_id"]), MachineId(row["machine_id"])): row["traced_until"] for row in rows}


async def forget_connections(database: Database, server: str) -> None:
    """Nobody is connected to `server` any longer, whatever it last told."""
    for agency in await store.agencies_served_by(database, server):
        await database.run(agency, SYSTEM, lambda tx: store.clear_connections(tx, server))


async def end_old_traces(tx: Transaction) -> None:
    """Forget the traces whose time is over."""
    await store.end_old_traces(tx)


def _status(row: Row) -> TerminalStatus:
    counts = msgspec.json.decode(row["counts"], type=list[tuple[str, TerminalOutcome, int]])
    return TerminalStatus(
        machine=MachineId(row["id"]),
        username=row["username"],
        name=row["name"],
        kind=MachineKind(row["kind"]),
        is_disabled=row["is_disabled"],
        in_maintenance=row["in_maintenance"],
        connected_since=row["connected_since"],
        connected_from=row["connected_from"],
        connected_over=ConnectedOver(row["connected_over"]) if row["connected_over"] else None,
        served_by=row["served_by"],
        last_seen_at=row["last_seen_at"],
        traced_until=row["traced_until"],
        counts=tuple(Tally(*each) for each in counts),
    )
