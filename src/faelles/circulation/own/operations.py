"""What a patron has, for the patron: questions for `Transaction.together`, and what is decided of the answers."""

from faelles.circulation.desk.opening import open_desk
from faelles.circulation.own import store
from faelles.circulation.own.model import AtHome, OwnHolds, OwnLoan
from faelles.circulation.own.rules import decided_alike
from faelles.ground.access import record_access
from faelles.ground.database import Read, Transaction
from faelles.ground.ids import BranchId, PatronId
from faelles.people.model import Caller, Permission, listed


def loans_asked_for(tx: Transaction, caller: Caller) -> Read[AtHome]:
    """The loans that the caller has at home, for `own_loans`."""
    return store.at_home(tx, caller.oneself())


async def own_loans(tx: Transaction, caller: Caller, facts: AtHome, branch: BranchId) -> list[OwnLoan]:
    """Each open loan in the divisions where the caller may see their own, with whether it may be renewed at `branch`,
    by the decision that a renewal is. Nothing is locked or charged: who renews decides again. Where somebody else
    answers for a loan, what stands against them is looked at too, which is recorded as a trial of the renewal is.
    """
    divisions = caller.divisions(Permission.OWN_ACCOUNT)
    desk = await open_desk(tx, caller, facts.revision, branch, Permission.OWN_ACCOUNT)
    shown: list[OwnLoan] = []
    others: list[PatronId] = []
    for borrowed in facts.borrowed:
        refused = decided_alike(desk, borrowed.patron)
        loans = [each for each in borrowed.loans if divisions is None or each.loan.division in divisions]
        if loans and borrowed.patron.id != caller.patron:
            others.append(borrowed.patron.id)
        shown += [OwnLoan(each.loan, each.copy, refused(each)) for each in loans]
    await record_access(tx, "renewal_dry_run", others)
    return sorted(shown, key=lambda each: each.loan.id)


def holds_asked_for(tx: Transaction, caller: Caller) -> Read[OwnHolds]:
    """The open holds of the caller's own, in the divisions where they may see them. Which copy is planned for whom is
    not told: a hold for which one is planned waits like any other.
    """
    return store.own_holds(tx, caller.oneself(), listed(caller.divisions(Permission.OWN_ACCOUNT)))
