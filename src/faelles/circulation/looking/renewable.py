"""Which of a patron's loans may be renewed just now: for whoever shows them, not for whoever renews."""

from typing import Final

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.opening import open_desk
from faelles.circulation.loans.renewing import RenewalWish, decide
from faelles.circulation.loans.sight import visible_to
from faelles.circulation.looking import renewable_store
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, LoanId, PatronId
from faelles.people.model import Caller, Permission

_NO_WISH: Final = RenewalWish(overrides=frozenset(), reason=None, dry_run=True)


async def refusals(
    tx: Transaction, caller: Caller, patron: PatronId, branch: BranchId
) -> dict[LoanId, tuple[Block, ...] | None]:
    """Of each open loan of the patron that the caller may see: None where it may be renewed at `branch`, else what
    stands against it, which is nothing where a renewal would gain no day. Nothing is locked, charged or noted down: who
    renews decides again. The look at the patron is the caller's to record.
    """
    permission = Permission.RENEW if caller.patron is None else Permission.OWN_ACCOUNT
    caller.require(permission)
    facts = await renewable_store.renewal_facts(tx, patron)
    desk = await open_desk(tx, caller, facts.revision, branch, permission)
    decided = [
        decide(desk, each.patron, loan, _NO_WISH)
        for each in (visible_to(caller, permission, borrowed) for borrowed in facts.borrowed)
        for loan in each.loans
    ]
    return {each.case.loan.id: None if each.is_allowed else each.judgement.standing for each in decided}
