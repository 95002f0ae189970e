"""What a renewal of each of many loans would be told, decided once for all that nothing tells apart. Pure."""

from collections.abc import Callable
from datetime import date
from typing import Final

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.facts import PatronFacts
from faelles.circulation.desk.opening import Desk
from faelles.circulation.loans.cases import renewal_of, terms_for
from faelles.circulation.loans.renewal_rules import find_blocks
from faelles.circulation.own.model import LoanAtHome
from faelles.ground.ids import BranchId, DivisionId, MaterialGroupId, PatronGroupId, PlacementId
from faelles.policies.compiled import Question, Terms

_Groups = tuple[tuple[DivisionId, PatronGroupId], ...]
"""Of a patron, the one that counts in each division where there is one."""
_Kind = tuple[BranchId, _Groups, BranchId, PlacementId, MaterialGroupId, str]
"""Where somebody of some groups renews, and the kind of copy."""
_TERMS: Final[Question[_Kind, Terms]] = Question("terms of a renewal")


def decided_alike(desk: Desk, patron: PatronFacts) -> Callable[[LoanAtHome], tuple[Block, ...] | None]:
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
        alike = (known, told_apart_by(each))
        found = decided.get(alike)
        if found is None:
            # All of it, as nobody steps over anything; nothing where the loan may be renewed.
            found = decided[alike] = tuple(find_blocks(renewal_of(desk, patron, each, desk.now, known)))
        return found or None

    return refused


def _groups(patron: PatronFacts, day: date) -> _Groups:
    divisions = sorted({each.division for each in patron.memberships})
    counting = [patron.membership_in(division, day) for division in divisions]
    return tuple((each.division, each.group) for each in counting if each is not None)


def told_apart_by(each: LoanAtHome) -> tuple[object, ...]:
    """All that `renewal_of` and `renewal_rules` ask of an open loan and its copy, besides the terms."""
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
