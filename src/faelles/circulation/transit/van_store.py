"""The SQL of vans, their rounds, and what waits for them."""

from collections import defaultdict

import asyncpg

from faelles.circulation.transit.model import Round, Van, VanStop
from faelles.circulation.transit.vans import Waiting
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import BranchId

_VANS = """
SELECT v.id, v.name, s.weekday, s.branch_id, s.calls_at
  FROM van AS v
  LEFT JOIN van_stop AS s ON s.agency_id = v.agency_id AND s.van_id = v.id
 WHERE v.agency_id = $1 AND v.retired_at IS NULL AND ($2::integer IS NULL OR v.id = $2)
 ORDER BY v.id, s.weekday, s.position
"""
_INSERT = "INSERT INTO van (agency_id, name) VALUES ($1, $2) RETURNING id"
_RENAME = "UPDATE van SET name = $3 WHERE agency_id = $1 AND id = $2 AND retired_at IS NULL"
_RETIRE = """
UPDATE van SET retired_at = $3, name = name || ' (' || id || ')'
 WHERE agency_id = $1 AND id = $2 AND retired_at IS NULL
"""
_DROP_STOPS = "DELETE FROM van_stop WHERE agency_id = $1 AND van_id = $2"
_ADD_STOPS = """
INSERT INTO van_stop (agency_id, van_id, weekday, position, branch_id, calls_at) VALUES ($1, $2, $3, $4, $5, $6)
"""
_WAITING = """
SELECT j.from_branch_id, j.to_branch_id, count(*) AS copies,
       array_agg(DISTINCT j.crate_label ORDER BY j.crate_label) FILTER (WHERE j.crate_label IS NOT NULL) AS crates
  FROM journey_under_way AS j
 WHERE j.agency_id = $1 AND j.crate_sent_at IS NULL
   AND j.from_branch_id = ANY ($2::integer[]) AND j.to_branch_id = ANY ($2::integer[])
 GROUP BY j.from_branch_id, j.to_branch_id
"""
_FOREIGN = """
SELECT from_branch_id, count(*) AS books
  FROM foreign_journey
 WHERE agency_id = $1 AND handed_over_at IS NULL AND from_branch_id = ANY ($2::integer[])
 GROUP BY from_branch_id
"""


async def list_vans(tx: Transaction, van: int | None = None) -> list[Van]:
    """The agency's vans with their rounds, or the one."""
    names: dict[int, str] = {}
    rounds: dict[int, dict[int, list[VanStop]]] = defaultdict(lambda: defaultdict(list))
    for row in await tx.rows(_VANS, tx.agency, van):
        names[row["id"]] = row["name"]
        if row["weekday"] is not None:
            rounds[row["id"]][row["weekday"]].append(VanStop(branch=row["branch_id"], calls_at=row["calls_at"]))
    return [
        Van(
            id=number,
            name=name,
            rounds=tuple(Round(weekday=day, stops=tuple(stops)) for day, stops in rounds[number].items()),
        )
        for number, name in names.items()
    ]


async def insert_van(tx: Transaction, name: str) -> int:
    """Raises ConflictError for a taken name."""
    try:
        van: int = await tx.value(_INSERT, tx.agency, name)
    except asyncpg.UniqueViolationError as problem:
        raise _told(problem, name) from None
    return van


async def rename_van(tx: Transaction, van: int, name: str) -> bool:
    try:
        return await tx.execute(_RENAME, tx.agency, van, name) == 1
    except asyncpg.UniqueViolationError as problem:
        raise _told(problem, name) from None


def _told(problem: asyncpg.UniqueViolationError, name: str) -> Exception:
    return ConflictError("van_name_taken", name=name) if problem.constraint_name == "van_name_taken" else problem


async def retire_van(tx: Transaction, van: int) -> bool:
    """Its name is free again."""
    retired = await tx.execute(_RETIRE, tx.agency, van, tx.now) == 1
    await tx.execute(_DROP_STOPS, tx.agency, van)
    return retired


async def replace_rounds(tx: Transaction, van: int, rounds: tuple[Round, ...]) -> None:
    await tx.execute(_DROP_STOPS, tx.agency, van)
    stops = [
        (tx.agency, van, each.weekday, position, stop.branch, stop.calls_at)
        for each in rounds
        for position, stop in enumerate(each.stops, 1)
    ]
    await tx.execute_many(_ADD_STOPS, stops)


async def waiting_for_vans(tx: Transaction, branches: list[BranchId]) -> list[Waiting]:
    """Copies on their way between these branches that no crate has left with."""
    rows = await tx.rows(_WAITING, tx.agency, branches)
    return [
        Waiting(row["from_branch_id"], row["to_branch_id"], row["copies"], tuple(row["crates"] or ())) for row in rows
    ]


async def foreign_books(tx: Transaction, branches: list[BranchId]) -> dict[BranchId, int]:
    rows = await tx.rows(_FOREIGN, tx.agency, branches)
    return {row["from_branch_id"]: row["books"] for row in rows}
