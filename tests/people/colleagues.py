"""Staff to test with. Every password is PASSWORD."""

from datetime import datetime

from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import AgencyId, StaffId
from faelles.people.model import Caller, system_caller
from faelles.people.operations import caller_by_token
from faelles.people.sign_in import sign_in_staff
from faelles.people.staff.model import Assignment, NewStaff
from faelles.people.staff.operations import assign_role, create_staff, seed_roles
from town import Town

PASSWORD = "blue herring 4 lunch"
WRONG = "blue herring 4 dinner"


async def employ(
    database: Database, agency: AgencyId, username: str, *held: Assignment, password: str | None = PASSWORD
) -> StaffId:
    caller = system_caller(agency)
    async with database.transaction(agency, SYSTEM) as tx:
        await seed_roles(tx)
        staff = await create_staff(tx, caller, NewStaff(username=username, name="Åse Østergård", password=password))
        for assignment in held:
            await assign_role(tx, caller, staff, assignment)
    return staff


async def sign_in(database: Database, keyring: Keyring, town: Town, username: str, password: str = PASSWORD) -> Caller:
    token = await sign_in_staff(database, keyring, agency_isil=town.isil, username=username, password=password)
    return await caller_by_token(database, token.secret)


def at(database: Database, moment: datetime) -> Database:
    """The same database at another time."""
    return Database(database._pool, clock=lambda: moment)


async def event_kinds(database: Database, agency: AgencyId) -> list[str]:
    async with database.transaction(agency, SYSTEM) as tx:
        rows = await tx.rows("SELECT kind FROM event WHERE agency_id = $1 ORDER BY agency_id, epoch, xid, id", agency)
    return [row["kind"] for row in rows]
