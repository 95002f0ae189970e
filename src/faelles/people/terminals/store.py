"""The SQL of SIP2 machines."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from faelles.ground.database import Database, Row, Transaction
from faelles.ground.ids import NATION, AgencyId, MachineId
from faelles.people.machines.terminal import SortRule, TerminalProfile
from faelles.people.terminals.model import Observed, StartTrace

_TERMINAL = """
SELECT m.id, m.kind, m.name, m.branch_id, b.division_id, m.language, m.renews_on_checkout, m.secret_hash,
       t.profile::text AS profile,
       is_in_maintenance(m.agency_id) AS in_maintenance
  FROM machine AS m
  JOIN branch_directory AS b ON b.agency_id = m.agency_id AND b.branch_id = m.branch_id
  LEFT JOIN terminal AS t ON t.agency_id = m.agency_id AND t.machine_id = m.id
"""
_TERMINAL_NAMED = f"{_TERMINAL} WHERE m.agency_id = $1 AND m.username = $2 AND m.disabled_at IS NULL"
_TERMINAL_OF = f"{_TERMINAL} WHERE m.agency_id = $1 AND m.id = $2 AND m.disabled_at IS NULL"

_PROFILE = """
SELECT t.profile::text AS profile
  FROM machine AS m
  LEFT JOIN terminal AS t ON t.agency_id = m.agency_id AND t.machine_id = m.id
 WHERE m.agency_id = $1 AND m.id = $2::bigint
"""
_SET_PROFILE = """
INSERT INTO terminal (agency_id, machine_id, profile) VALUES ($1, $2, $3::jsonb)
ON CONFLICT (agency_id, machine_id) DO UPDATE SET profile = excluded.profile
"""
_STRANGE_PLACES = """
SELECT number, 'destination' AS place
  FROM unnest($2::bigint[]) WITH ORDINALITY AS given (branch, number)
 WHERE branch IS NOT NULL AND NOT EXISTS (SELECT FROM branch_directory WHERE agency_id = $1 AND branch_id = branch)
 UNION ALL
SELECT number, 'placement'
  FROM unnest($3::bigint[]) WITH ORDINALITY AS given (shelf, number)
 WHERE shelf IS NOT NULL AND NOT EXISTS (SELECT FROM placement_directory WHERE agency_id = $1 AND placement_id = shelf)
 ORDER BY number, place
"""

_STATUS = """
SELECT m.id, m.username, m.name, m.kind, m.disabled_at IS NOT NULL AS is_disabled,
       COALESCE((t.profile ->> 'in_maintenance')::boolean, false)
       OR is_in_maintenance($1) AS in_maintenance,
       CASE WHEN t.traced_until > $2 THEN t.traced_until END AS traced_until,
       s.connected_since, s.served_by, s.last_seen_at, s.connected_from, s.connected_over,
       COALESCE((SELECT jsonb_agg(jsonb_build_array(n.message, n.outcome, n.number) ORDER BY n.message, n.outcome)
                   FROM terminal_count AS n
                  WHERE n.agency_id = $1 AND n.machine_id = m.id), '[]')::text AS counts
  FROM machine AS m
  LEFT JOIN terminal AS t ON t.agency_id = $1 AND t.machine_id = m.id
  LEFT JOIN terminal_status AS s ON s.agency_id = $1 AND s.machine_id = m.id
"""
_STATUS_OF = f"{_STATUS} WHERE m.agency_id = $1 AND m.id = $3::bigint"
_STATUSES = f"{_STATUS} WHERE m.agency_id = $1 AND m.id > $3::bigint ORDER BY m.id LIMIT $4"

_BEGIN_MAINTENANCE = """
INSERT INTO terminal_maintenance (agency_id, since) VALUES ($1, $2) ON CONFLICT (agency_id) DO NOTHING
"""
_END_MAINTENANCE = "DELETE FROM terminal_maintenance WHERE agency_id = $1"
_IS_IN_MAINTENANCE = "SELECT is_in_maintenance($1) AS is_on"

_START_TRACE = """
INSERT INTO terminal (agency_id, machine_id, traced_until, trace_rows)
VALUES ($1, $2, $3::timestamptz + make_interval(hours => $4), $5)
ON CONFLICT (agency_id, machine_id)
DO UPDATE SET traced_until = excluded.traced_until, trace_rows = excluded.trace_rows
RETURNING traced_until
"""
_END_TRACE = """
UPDATE terminal SET traced_until = NULL, trace_rows = NULL
 WHERE agency_id = $1 AND machine_id = $2::bigint AND traced_until IS NOT NULL
"""
_FORGET_TRACE = "DELETE FROM terminal_trace WHERE agency_id = $1 AND machine_id = $2::bigint"
_TRACE = """
SELECT l.id, l.at, l.direction, l.frame
  FROM terminal_trace AS l
  JOIN terminal AS t ON t.agency_id = l.agency_id AND t.machine_id = l.machine_id AND t.traced_until > $3
 WHERE l.agency_id = $1 AND l.machine_id = $2::bigint AND l.id > $4
 ORDER BY l.id
 LIMIT $5
"""
_END_OLD_TRACES = """
WITH ended AS (
    UPDATE terminal SET traced_until = NULL, trace_rows = NULL
     WHERE agency_id = $1 AND traced_until <= $2
    RETURNING machine_id)
DELETE FROM terminal_trace AS l USING ended WHERE l.agency_id = $1 AND l.machine_id = ended.machine_id
"""

# A server that has no connection of a machine left says nothing of one that another server has.
_OBSERVE = """
WITH seen AS (
    INSERT INTO terminal_status AS s (agency_id, machine_id, last_seen_at, connected_since, served_by, connected_from,
                                      connected_over)
    SELECT $1, machine, seen_at, connected_since, CASE WHEN connected_since IS NOT NULL THEN $5 END, address, kind
      FROM unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[], $10::text[], $11::text[])
           AS told (machine, seen_at, connected_since, address, kind)
     ORDER BY machine
    ON CONFLICT (agency_id, machine_id) DO UPDATE
       SET last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
           connected_from = COALESCE(excluded.connected_from, s.connected_from),
           connected_over = COALESCE(excluded.connected_over, s.connected_over),
           connected_since = CASE WHEN excluded.served_by IS NOT NULL OR s.served_by = $5 THEN excluded.connected_since
                                  ELSE s.connected_since END,
           served_by = CASE WHEN excluded.served_by IS NOT NULL OR s.served_by = $5 THEN excluded.served_by
                            ELSE s.served_by END)
INSERT INTO terminal_count AS n (agency_id, machine_id, message, outcome, number)
SELECT $1, machine, message, outcome, number
  FROM unnest($6::bigint[], $7::text[], $8::text[], $9::bigint[]) AS told (machine, message, outcome, number)
 ORDER BY machine, message, outcome
ON CONFLICT (agency_id, machine_id, message, outcome) DO UPDATE SET number = n.number + excluded.number
"""
_ADD_TRACE = """
INSERT INTO terminal_trace (agency_id, machine_id, at, direction, frame)
SELECT $1, told.machine, told.at, told.direction, told.frame
  FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[])
       WITH ORDINALITY AS told (machine, at, direction, frame, place)
  JOIN terminal AS t ON t.agency_id = $1 AND t.machine_id = told.machine AND t.traced_until > told.at
 ORDER BY told.place
"""
_SHORTEN_TRACE = """
DELETE FROM terminal_trace AS l
 USING (SELECT t.machine_id, (SELECT o.id FROM terminal_trace AS o
                               WHERE o.agency_id = $1 AND o.machine_id = t.machine_id
                               ORDER BY o.id DESC OFFSET t.trace_rows LIMIT 1) AS last_id
          FROM terminal AS t
         WHERE t.agency_id = $1 AND t.machine_id = ANY ($2::bigint[])) AS excess
 WHERE l.agency_id = $1 AND l.machine_id = excess.machine_id AND l.id <= excess.last_id
"""
_TRACED = "SELECT agency_id, machine_id, traced_until FROM traced_terminals()"
_SERVED_BY = "SELECT agency_id FROM agencies_served_by($1) AS agency_id"
_CLEAR_CONNECTIONS = """
UPDATE terminal_status SET connected_since = NULL, served_by = NULL WHERE agency_id = $1 AND served_by = $2
"""

_SETTINGS = frozenset(TerminalProfile.__struct_fields__)


def profile_of(row: Row) -> TerminalProfile:
    """As it is stored in a row of this store; the defaults where nothing is.

    A setting that only a newer release knows is passed over: both run while one replaces the other.
    """
    stored = msgspec.json.decode(row["profile"] or "{}")
    return msgspec.convert({name: value for name, value in stored.items() if name in _SETTINGS}, TerminalProfile)


async def terminal_named(tx: Transaction, username: str) -> Row | None:
    return await tx.row(_TERMINAL_NAMED, tx.agency, username)


async def terminal(tx: Transaction, machine: MachineId) -> Row | None:
    return await tx.row(_TERMINAL_OF, tx.agency, machine)


async def profile(tx: Transaction, machine: MachineId) -> TerminalProfile | None:
    """None for a machine the agency does not have."""
    row = await tx.row(_PROFILE, tx.agency, machine)
    return None if row is None else profile_of(row)


async def set_profile(tx: Transaction, machine: MachineId, profile: TerminalProfile) -> None:
    await tx.execute(_SET_PROFILE, tx.agency, machine, msgspec.json.encode(profile).decode())


async def strange_places(tx: Transaction, sorting: Sequence[SortRule]) -> Sequence[Row]:
    """The rules (`number` from 1) that name a branch or a placement (`place`) the agency does not have."""
    branches = [rule.destination for rule in sorting]
    placements = [rule.placement for rule in sorting]
    return await tx.rows(_STRANGE_PLACES, tx.agency, branches, placements)


async def status(tx: Transaction, machine: MachineId) -> Row | None:
    return await tx.row(_STATUS_OF, tx.agency, tx.now, machine)


async def statuses(tx: Transaction, after: int, limit: int) -> Sequence[Row]:
    return await tx.rows(_STATUSES, tx.agency, tx.now, after, limit)


async def set_maintenance(tx: Transaction, *, is_on: bool) -> bool:
    """Whether that changed anything."""
    if is_on:
        return await tx.execute(_BEGIN_MAINTENANCE, tx.agency, tx.now) == 1
    return await tx.execute(_END_MAINTENANCE, tx.agency) == 1


async def is_in_maintenance(tx: Transaction) -> bool:
    found: bool = await tx.value(_IS_IN_MAINTENANCE, tx.agency)
    return found


async def start_trace(tx: Transaction, machine: MachineId, wanted: StartTrace) -> datetime:
    ends_at: datetime = await tx.value(_START_TRACE, tx.agency, machine, tx.now, wanted.hours, wanted.rows)
    return ends_at


async def end_trace(tx: Transaction, machine: MachineId) -> bool:
    """Stop tracing and forget what was kept; whether it was traced."""
    was_traced = await tx.execute(_END_TRACE, tx.agency, machine) == 1
    await tx.execute(_FORGET_TRACE, tx.agency, machine)
    return was_traced


async def trace(tx: Transaction, machine: MachineId, after: int, limit: int) -> Sequence[Row]:
    return await tx.rows(_TRACE, tx.agency, machine, tx.now, after, limit)


async def end_old_traces(tx: Transaction) -> None:
    await tx.execute(_END_OLD_TRACES, tx.agency, tx.now)


async def observe(tx: Transaction, server: str, observed: Observed) -> None:
    """Note all that a server has seen: one statement, and two more where somebody is traced."""
    if observed.sightings or observed.counts:
        await tx.execute(
            _OBSERVE,
            tx.agency,
            [each.machine for each in observed.sightings],
            [each.seen_at for each in observed.sightings],
            [each.connected_since for each in observed.sightings],
            server,
            [machine for machine, _ in observed.counts],
            [tally.message for _, tally in observed.counts],
            [tally.outcome.value for _, tally in observed.counts],
            [tally.number for _, tally in observed.counts],
            [each.whence.address if each.whence else None for each in observed.sightings],
            [each.whence.over.value if each.whence else None for each in observed.sightings],
        )
    if observed.trace:
        await tx.execute(
            _ADD_TRACE,
            tx.agency,
            [each.machine for each in observed.trace],
            [each.at for each in observed.trace],
            [each.direction.value for each in observed.trace],
            [each.frame for each in observed.trace],
        )
        await tx.execute(_SHORTEN_TRACE, tx.agency, sorted({each.machine for each in observed.trace}))


async def country_is_in_maintenance(database: Database) -> bool:
    """Whether every machine in the country is told that the library is off line."""
    (row,) = await database.outside_agencies(_IS_IN_MAINTENANCE, NATION)
    return bool(row["is_on"])


async def traced(database: Database) -> Sequence[Row]:
    """Every machine in the country that is traced, also where the time is over: agency, machine, until."""
    return await database.outside_agencies(_TRACED)


async def agencies_served_by(database: Database, server: str) -> list[AgencyId]:
    return [AgencyId(row["agency_id"]) for row in await database.outside_agencies(_SERVED_BY, server)]


async def clear_connections(tx: Transaction, server: str) -> None:
    await tx.execute(_CLEAR_CONNECTIONS, tx.agency, server)
