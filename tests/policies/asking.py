"""Short ways to ask and to change a town's rules."""

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, BranchId, DivisionId, MaterialGroupId, PatronGroupId
from faelles.people.model import Caller, Grant, Permission
from faelles.policies.compiled import Terms
from faelles.policies.model import LoanKind, Subject
from faelles.policies.operations import current_settings, set_rule
from faelles.policies.requests import RuleRecord, SetRule
from town import Town

POLICY = frozenset({Permission.POLICY_VIEW, Permission.POLICY_EDIT})


def editor(agency: AgencyId, *, division: DivisionId | None = None, branch: BranchId | None = None) -> Caller:
    return Caller(
        agency=agency,
        actor=SYSTEM,
        language=Language.DANISH,
        grants=(Grant(permissions=POLICY, division=division, branch=branch),),
    )


async def set_in(database: Database, town: Town, request: SetRule) -> RuleRecord:
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await set_rule(tx, editor(town.agency), request)


async def group_ids(tx: Transaction) -> dict[str, int]:
    """Ids of patron and material groups by code. The codes of the two trees differ but for the root's."""
    settings = await current_settings(tx)
    return {group.code: group.id for group in (*settings.patron_groups.values(), *settings.material_groups.values())}


async def terms_in(tx: Transaction, branch: BranchId, patrons: str = "any", materials: str = "any") -> Terms:
    """The terms for a group of patrons and one of materials at a branch, now."""
    settings = await current_settings(tx)
    ids = await group_ids(tx)
    place = settings.at_branch(branch)
    subject = Subject(
        item=place,
        patron=settings.at_division(place.division),
        desk=place,
        patron_group=PatronGroupId(ids[patrons]),
        material_group=MaterialGroupId(ids[materials]),
        loan_kind=LoanKind.LOAN,
    )
    return settings.policy.terms(subject, tx.now)


async def terms_of(
    database: Database, town: Town, branch: BranchId, patrons: str = "any", materials: str = "any"
) -> Terms:
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await terms_in(tx, branch, patrons, materials)
