"""What a patron has, for the patron: questions for `Transaction.together`, and what is decided of the answers."""

from collections.abc import Callable
from datetime import date
from typing import Final

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.facts import PatronFacts
from faelles.circulation.desk.opening import Desk, open_desk
from faelles.circulation.loans.cases import renewal_now, terms_for
from faelles.circulation.loans.renewal_rules import find_blocks
from faelles.circulation.own import store
from faelles.circulation.own.model import AtHome, LoanAtHome, OwnHolds, OwnLoan
from faelles.ground.access import record_access
from faelles.ground.database import Read, Transaction
from faelles.ground.ids import BranchId, DivisionId, MaterialGroupId, PatronGroupId, PatronId, PlacementId
from faelles.people.model import Caller, Permission
from faelles.policies.compiled import Question, Terms

_Groups = tuple[tuple[DivisionId, PatronGroupId], ...]
"""Of a patron, the one that counts in each division where there is one."""
_Kind = tuple[BranchId, _Groups, BranchId, PlacementId, MaterialGroupId, str]
"""Where somebody of some groups renews, and the kind of copy."""
_TERMS: Final[Question[_Kind, Terms]] = Question("terms of a renewal")


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
        refused = _decided_alike(desk, borrowed.patron)
        loans = [each for each in borrowed.loans if divisions is None or each.loan.division in divisions]
        if loans and borrowed.patron.id != caller.patron:
            others.append(borrowed.patron.id)
        shown += [OwnLoan(each.loan, each.copy, refused(each)) for each in loans]
    await record_access(tx, "renewal_dry_run", others)
    return sorted(shown, key=lambda each: each.loan.id)


def _decided_alike(desk: Desk, patron: PatronFacts) -> Callable[[LoanAtHome], tuple[Block, ...] | None]:
    """What stands against a renewal, decided once for all loans that nothing in the decision tells apart: who has much
    has much of a kind, and fetched it on few days. The terms of a kind are those of everybody in the same groups.
    """
    terms = desk.settings.policy.conclusions(_TERMS, desk.now)
    groups = _groups(patron, desk.local_day(desk.now))
    decided: dict[tuple[Terms, tuple[object, ...]], tuple[Block, ...]] = {}

    def refused(each: LoanAtHome) -> tuple[Block, ...] | None:
        item = each.item
        kind = (desk.branch, groups, item.owner_branch, item.default_placement, item.material_group, item.kind)
        known = terms.get(kind)
        if known is None:
            known = terms[kind] = terms_for(desk, patron, item, desk.now)
        alike = (known, _told_apart_by(each))
        found = decided.get(alike)
        if found is None:
            # All of it, as nobody steps over anything; nothing where the loan may be renewed.
            found = decided[alike] = tuple(find_blocks(renewal_now(desk, patron, each, known)))
        return found or None

    return refused


def _groups(patron: PatronFacts, day: date) -> _Groups:
    divisions = sorted({each.division for each in patron.memberships})
    counting = [patron.membership_in(division, day) for division in divisions]
    return tuple((each.division, each.group) for each in counting if each is not None)


def _told_apart_by(each: LoanAtHome) -> tuple[object, ...]:
    """All that `renewal_now` and `renewal_rules` ask of an open loan and its copy, besides the terms."""
    loan, item = each.loan, each.item
    return (
        loan.division,
        loan.due_on,
        loan.renewals,
        loan.lost_at,
        loan.claimed_returned_at,
        item.withdrawn,
        item.lender_due_on,
        each.waited_for_from,
        each.bookings,
    )


def holds_asked_for(tx: Transaction, caller: Caller) -> Read[OwnHolds]:
    """The open holds of the caller's own, in the divisions where they may see them. Which copy is planned for whom is
    not told: a hold for which one is planned waits like any other.
    """
    divisions = caller.divisions(Permission.OWN_ACCOUNT)
    return store.own_holds(tx, caller.oneself(), None if divisions is None else sorted(divisions))
