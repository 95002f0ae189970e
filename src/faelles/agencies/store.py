"""All SQL about agencies, divisions and branches."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final

import asyncpg

from faelles.agencies.model import (
    AddBranch,
    AddDivision,
    Agency,
    AgencyKind,
    Branch,
    BranchKind,
    ChangeBranch,
    DatedIsil,
    Division,
    DivisionKind,
    FoundAgency,
)
from faelles.ground.database import Database, Row, Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION, AgencyId, BranchId, DivisionId

_CONFLICTS: Final = {
    "agency_pkey": "agency_already_founded",
    "agency_isil_taken": "agency_isil_taken",
    "division_isil_taken": "division_isil_taken",
    "branch_code_taken": "branch_code_taken",
}


@contextmanager
def conflicts_told() -> Iterator[None]:
    """Turn a violated constraint of this room into the ConflictError that says what is taken."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as violation:
        code = _CONFLICTS.get(violation.constraint_name or "")
        if code is None:
            raise
        raise ConflictError(code) from violation


# -- Agencies

_NEXT_AGENCY_ID = "SELECT nextval('agency_number')::integer AS id"

_INSERT_AGENCY = """
INSERT INTO agency (agency_id, isil, name, municipality_code, kind, currency, time_zone, holiday_calendar, language,
                    founded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

_RENAME_AGENCY = "UPDATE agency SET name = $2 WHERE agency_id = $1"

_FIND_AGENCY = """
SELECT agency_id, isil, name, municipality_code, kind, currency, time_zone, holiday_calendar, language
  FROM agency
 WHERE agency_id = $1
"""

_LIST_AGENCIES = """
SELECT agency_id, isil, name, municipality_code, kind, currency, time_zone, holiday_calendar, language
  FROM agency
 WHERE agency_id <> $1 AND agency_id > $2
 ORDER BY agency_id
 LIMIT $3
"""


async def next_agency_id(database: Database) -> AgencyId:
    """Reserve the id of an agency that is about to be founded, in a transaction opened with it."""
    found = await database.outside_agencies(_NEXT_AGENCY_ID)
    return AgencyId(found[0]["id"])


async def insert_agency(tx: Transaction, request: FoundAgency) -> None:
    await tx.execute(
        _INSERT_AGENCY,
        tx.agency,
        request.isil,
        request.name,
        request.municipality_code,
        request.kind.value,
        request.currency,
        request.time_zone,
        request.holiday_calendar,
        request.language.value,
        tx.now,
    )


async def rename_agency(tx: Transaction, name: str) -> bool:
    return await tx.execute(_RENAME_AGENCY, tx.agency, name) == 1


async def find_agency(tx: Transaction, agency: AgencyId) -> Agency | None:
    row = await tx.row(_FIND_AGENCY, agency)
    return None if row is None else _agency(row)


async def list_agencies(tx: Transaction, *, after: AgencyId, limit: int) -> list[Agency]:
    """All agencies of the country but the nation itself: the directory is open to all."""
    return [_agency(row) for row in await tx.rows(_LIST_AGENCIES, NATION, after, limit)]


def _agency(row: Row) -> Agency:
    return Agency(
        id=row["agency_id"],
        isil=row["isil"],
        name=row["name"],
        municipality_code=row["municipality_code"],
        kind=AgencyKind(row["kind"]),
        currency=row["currency"],
        time_zone=row["time_zone"],
        holiday_calendar=row["holiday_calendar"],
        language=Language(row["language"]),
    )


# -- Divisions and their ISILs

_INSERT_DIVISION = """
WITH added AS (
    INSERT INTO division (agency_id, kind, name) VALUES ($1, $2, $3) RETURNING agency_id, id
)
INSERT INTO division_isil (agency_id, division_id, isil)
SELECT agency_id, id, $4 FROM added
RETURNING division_id
"""

_RENAME_DIVISION = "UPDATE division SET name = $3 WHERE agency_id = $1 AND id = $2::bigint"

_LOCK_DIVISION = "SELECT 1 FROM division WHERE agency_id = $1 AND id = $2::bigint FOR NO KEY UPDATE"

_LIST_DIVISIONS = """
SELECT d.id, d.kind, d.name,
       array_agg(row(i.isil, lower(i.valid), upper(i.valid), i.successor_isil) ORDER BY i.valid)
           FILTER (WHERE i.isil IS NOT NULL) AS isils
  FROM division AS d
  LEFT JOIN division_isil AS i ON i.agency_id = d.agency_id AND i.division_id = d.id
 WHERE d.agency_id = $1
 GROUP BY d.id, d.kind, d.name
 ORDER BY d.id
"""

_END_ISIL = """
UPDATE division_isil
   SET valid = daterange(lower(valid), $3), successor_isil = $4
 WHERE agency_id = $1 AND division_id = $2 AND upper_inf(valid)
   AND (lower_inf(valid) OR lower(valid) < $3)
"""

_START_ISIL = """
INSERT INTO division_isil (agency_id, division_id, isil, valid) VALUES ($1, $2, $4, daterange($3, NULL))
"""


async def insert_division(tx: Transaction, request: AddDivision) -> DivisionId:
    division: DivisionId = await tx.value(_INSERT_DIVISION, tx.agency, request.kind.value, request.name, request.isil)
    return division


async def rename_division(tx: Transaction, division: DivisionId, name: str) -> bool:
    return await tx.execute(_RENAME_DIVISION, tx.agency, division, name) == 1


async def lock_division(tx: Transaction, division: DivisionId) -> bool:
    return await tx.value(_LOCK_DIVISION, tx.agency, division) is not None


async def list_divisions(tx: Transaction) -> list[Division]:
    return [_division(row) for row in await tx.rows(_LIST_DIVISIONS, tx.agency)]


async def end_isil(tx: Transaction, division: DivisionId, first_day: date, successor: str) -> bool:
    """End the ISIL in force; False where it begins on `first_day` or later, or there is none."""
    return await tx.execute(_END_ISIL, tx.agency, division, first_day, successor) == 1


async def start_isil(tx: Transaction, division: DivisionId, first_day: date, isil: str) -> None:
    await tx.execute(_START_ISIL, tx.agency, division, first_day, isil)


def _division(row: Row) -> Division:
    return Division(
        id=row["id"],
        kind=DivisionKind(row["kind"]),
        name=row["name"],
        isils=tuple(
            DatedIsil(isil=isil, first_day=first_day, given_up=given_up, successor=successor)
            for isil, first_day, given_up, successor in row["isils"] or ()
        ),
    )


# -- Branches. Ids are compared as bigint: a number too large for the column is unknown, not an error.

_INSERT_BRANCH = """
INSERT INTO branch (agency_id, division_id, code, name, kind, is_pickup)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
"""

_CHANGE_BRANCH = """
UPDATE branch SET name = $3, kind = $4, is_pickup = $5 WHERE agency_id = $1 AND id = $2
"""

_CLOSE_BRANCH = "UPDATE branch SET closed_from = $3 WHERE agency_id = $1 AND id = $2"

_LIST_BRANCHES = """
SELECT id, division_id, code, name, kind, is_pickup, closed_from
  FROM branch
 WHERE agency_id = $1 AND code > $2
 ORDER BY code
 LIMIT $3
"""

_FIND_BRANCHES = """
SELECT id, division_id, code, name, kind, is_pickup, closed_from
  FROM branch
 WHERE agency_id = $1 AND id = ANY($2::bigint[])
"""

_LOCK_BRANCHES = """
SELECT id, division_id, code, name, kind, is_pickup, closed_from
  FROM branch
 WHERE agency_id = $1 AND id = ANY($2::bigint[])
 ORDER BY id
   FOR NO KEY UPDATE
"""


async def insert_branch(tx: Transaction, request: AddBranch) -> BranchId:
    branch: BranchId = await tx.value(
        _INSERT_BRANCH,
        tx.agency,
        request.division,
        request.code,
        request.name,
        request.kind.value,
        request.is_pickup,
    )
    return branch


async def change_branch(tx: Transaction, branch: BranchId, request: ChangeBranch) -> None:
    await tx.execute(_CHANGE_BRANCH, tx.agency, branch, request.name, request.kind.value, request.is_pickup)


async def close_branch(tx: Transaction, branch: BranchId, closed_from: date | None) -> None:
    await tx.execute(_CLOSE_BRANCH, tx.agency, branch, closed_from)


async def list_branches(tx: Transaction, *, after: str = "", limit: int | None = None) -> list[Branch]:
    """In the order of their codes, those after the code `after`."""
    return [_branch(row) for row in await tx.rows(_LIST_BRANCHES, tx.agency, after, limit)]


async def find_branches(tx: Transaction, branches: Sequence[BranchId]) -> list[Branch]:
    return [_branch(row) for row in await tx.rows(_FIND_BRANCHES, tx.agency, branches)]


async def lock_branches(tx: Transaction, branches: Sequence[BranchId]) -> list[Branch]:
    """As find_branches, and nobody else changes them or their calendars till the transaction ends."""
    return [_branch(row) for row in await tx.rows(_LOCK_BRANCHES, tx.agency, branches)]


def _branch(row: Row) -> Branch:
    return Branch(
        id=row["id"],
        division=row["division_id"],
        code=row["code"],
        name=row["name"],
        kind=BranchKind(row["kind"]),
        is_pickup=row["is_pickup"],
        closed_from=row["closed_from"],
    )
