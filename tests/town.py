"""A made-up municipality to test in: a public library with two branches, and a school library."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import AgencyId, BranchId, DivisionId, PlacementId


@dataclass(frozen=True)
class Town:
    agency: AgencyId
    isil: str
    library: DivisionId
    """The public library's division."""
    schools: DivisionId
    """The school library service's division."""
    main: BranchId
    """The public library's main branch, and the other one in the suburb."""
    suburb: BranchId
    school: BranchId
    main_shelf: PlacementId
    suburb_shelf: PlacementId
    school_shelf: PlacementId


async def found_town(database: Database) -> Town:
    agency = AgencyId((await database.outside_agencies("SELECT nextval('agency_number') AS id"))[0]["id"])
    async with database.transaction(agency, SYSTEM) as tx:
        return await _found(tx, agency)


async def _found(tx: Transaction, agency: AgencyId) -> Town:
    isil = f"DK-T{agency:05d}{secrets.token_hex(2)}"
    await tx.execute(
        "INSERT INTO agency (agency_id, isil, name, kind) VALUES ($1, $2, $3, 'test')", agency, isil, f"By {agency}"
    )
    library, schools = await _divisions(tx, isil)
    main, suburb, school = await _branches(tx, (library, library, schools), (isil + "00", isil + "01", isil + "S1"))
    main_shelf, suburb_shelf, school_shelf = await _shelves(tx, (main, suburb, school))
    return Town(
        agency=agency,
        isil=isil,
        library=library,
        schools=schools,
        main=main,
        suburb=suburb,
        school=school,
        main_shelf=main_shelf,
        suburb_shelf=suburb_shelf,
        school_shelf=school_shelf,
    )


async def _divisions(tx: Transaction, isil: str) -> tuple[DivisionId, DivisionId]:
    made = await tx.rows(
        "INSERT INTO division (agency_id, kind, name)"
        " VALUES ($1, 'public', 'Biblioteket'), ($1, 'school', 'Skolebiblioteket') RETURNING kind, id",
        tx.agency,
    )
    by_kind = {row["kind"]: DivisionId(row["id"]) for row in made}
    library, schools = by_kind["public"], by_kind["school"]
    await tx.execute(
        "INSERT INTO division_isil (agency_id, division_id, isil) VALUES ($1, $2, $3), ($1, $4, $5)",
        tx.agency,
        library,
        isil,
        schools,
        isil + "S",
    )
    return library, schools


async def _branches(tx: Transaction, divisions: Sequence[DivisionId], codes: Sequence[str]) -> list[BranchId]:
    """The main branch, the suburb's and the school's, open from ten to six on all days but Sunday."""
    made = await tx.rows(
        "INSERT INTO branch (agency_id, division_id, code, name, kind)"
        " SELECT $1, * FROM unnest($2::integer[], $3::text[], $4::text[], $5::text[]) RETURNING code, id",
        tx.agency,
        divisions,
        codes,
        ("Hovedbiblioteket", "Forstaden", "Åskolen"),
        ("public", "public", "school"),
    )
    by_code = {row["code"]: BranchId(row["id"]) for row in made}
    await tx.execute(
        "INSERT INTO opening_hours (agency_id, branch_id, service, weekday, opens, closes)"
        " SELECT $1, branch, 'staffed', day, '10:00', '18:00'"
        " FROM unnest($2::integer[]) AS branch, generate_series(1, 6) AS day",
        tx.agency,
        list(by_code.values()),
    )
    return [by_code[code] for code in codes]


async def _shelves(tx: Transaction, branches: Sequence[BranchId]) -> list[PlacementId]:
    made = await tx.rows(
        "INSERT INTO placement (agency_id, branch_id, department)"
        " SELECT $1, branch, 'Voksen' FROM unnest($2::integer[]) AS branch RETURNING branch_id, id",
        tx.agency,
        branches,
    )
    by_branch = {row["branch_id"]: PlacementId(row["id"]) for row in made}
    return [by_branch[branch] for branch in branches]
