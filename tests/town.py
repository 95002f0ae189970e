"""A made-up municipality to test in: a public library with two branches, and a school library."""

import secrets
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
    library = await _division(tx, "public", "Biblioteket", isil)
    schools = await _division(tx, "school", "Skolebiblioteket", isil + "S")
    main = await _branch(tx, library, isil + "00", "Hovedbiblioteket", "public")
    suburb = await _branch(tx, library, isil + "01", "Forstaden", "public")
    school = await _branch(tx, schools, isil + "S1", "Åskolen", "school")
    return Town(
        agency=agency,
        isil=isil,
        library=library,
        schools=schools,
        main=main,
        suburb=suburb,
        school=school,
        main_shelf=await _shelf(tx, main),
        suburb_shelf=await _shelf(tx, suburb),
        school_shelf=await _shelf(tx, school),
    )


async def _division(tx: Transaction, kind: str, name: str, isil: str) -> DivisionId:
    division = await tx.value(
        "INSERT INTO division (agency_id, kind, name) VALUES ($1, $2, $3) RETURNING id", tx.agency, kind, name
    )
    await tx.execute(
        "INSERT INTO division_isil (agency_id, division_id, isil) VALUES ($1, $2, $3)", tx.agency, division, isil
    )
    return DivisionId(division)


async def _branch(tx: Transaction, division: DivisionId, code: str, name: str, kind: str) -> BranchId:
    branch = await tx.value(
        "INSERT INTO branch (agency_id, division_id, code, name, kind) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        tx.agency,
        division,
        code,
        name,
        kind,
    )
    await tx.execute(
        "INSERT INTO opening_hours (agency_id, branch_id, service, weekday, opens, closes)"
        " SELECT $1, $2, 'staffed', day, '10:00', '18:00' FROM generate_series(1, 6) AS day",
        tx.agency,
        branch,
    )
    return BranchId(branch)


async def _shelf(tx: Transaction, branch: BranchId) -> PlacementId:
    shelf = await tx.value(
        "INSERT INTO placement (agency_id, branch_id, department) VALUES ($1, $2, 'Voksen') RETURNING id",
        tx.agency,
        branch,
    )
    return PlacementId(shelf)
