"""Does a patron owe more than the library lets anybody owe?"""

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.patron_rules import against_debt
from faelles.circulation.looking import store
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, PatronId
from faelles.policies.knobs import DEBT_LIMIT_ORE
from faelles.policies.model import ANY_PATRON, Subject
from faelles.policies.operations import current_settings


async def debt_block(tx: Transaction, patron: PatronId, branch: BranchId) -> Block | None:
    """What a desk at `branch` would say of the patron's debt, whatever they want to borrow; for doors that have just
    been shown the patron.
    """
    facts = await store.patron_facts(tx, patron)
    if facts is None:
        return None
    settings = await current_settings(tx)
    here = settings.at_branch(branch)
    division = settings.directory.branches[branch].division
    membership = facts.membership_in(division, local_date(tx.now, settings.directory.agency.time_zone))
    subject = Subject(
        item=here,
        patron=settings.at_division(division),
        desk=here,
        patron_group=membership.group if membership else ANY_PATRON,
    )
    terms = settings.policy.terms(subject, tx.now)
    return next(iter(against_debt(facts, division, terms[DEBT_LIMIT_ORE])), None)
