"""An administrator of a municipality, signed in without the password that takes its time."""

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION, AgencyId
from faelles.people.model import Caller, Grant, NewToken, Permission, Subject, SubjectKind
from faelles.people.operations import issue_token
from faelles.people.staff.model import Assignment, NewStaff
from faelles.people.staff.operations import assign_role, create_staff, seed_roles

OPERATOR = Caller(
    agency=NATION,
    actor=SYSTEM,
    language=Language.DANISH,
    grants=(Grant(frozenset(Permission) - {Permission.OWN_ACCOUNT}),),
)


async def administrators_token(database: Database, agency: AgencyId) -> str:
    async def sign_in(tx: Transaction) -> str:
        await seed_roles(tx)
        staff = await create_staff(tx, OPERATOR, NewStaff(username="anna", name="Anna Ærø"))
        await assign_role(tx, OPERATOR, staff, Assignment(role="administrator"))
        subject = Subject(SubjectKind.STAFF, staff)
        return (await issue_token(tx, NewToken(subject=subject, language=Language.DANISH))).secret

    return await database.run(agency, SYSTEM, sign_in)
