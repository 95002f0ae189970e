"""May this patron wait for this title, and pick it up there? Pure: facts and terms in, every block out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from faelles.agencies.model import Branch
from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.facts import PatronFacts
from faelles.circulation.desk.patron_rules import against_debt, against_membership, standing_blocks
from faelles.circulation.holds.facts import Copy, OwnHold, TitleFacts
from faelles.circulation.holds.fitting import Demand, Misfit, Supply, as_block
from faelles.circulation.holds.model import Target
from faelles.ground.ids import DivisionId, IssueId, ItemId, MaterialGroupId
from faelles.people.model import Permission
from faelles.policies.compiled import Terms
from faelles.policies.knobs import (
    DEBT_LIMIT_ORE,
    HOLD_AGAIN_HOMEBOUND,
    HOLD_ON_OWN_LOAN,
    MAX_HOLDS,
    MAX_HOLDS_OF_GROUP,
    MAX_HOLDS_PER_DAY,
    MAX_HOLDS_PER_TITLE,
    ON_SHELF_HOLDS,
    OnShelf,
)

_HOMEBOUND = "homebound"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyClass:
    """Copies of the title that no rule tells apart, and what stands against them."""

    supply: Supply
    copies: tuple[Copy, ...]
    misfits: tuple[Misfit, ...]

    @property
    def free(self) -> int:
        return sum(copy.is_free for copy in self.copies)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacingCase:
    """One wish to decide. `terms` are those of the copies the title has most of; `holds` all of the patron's, with
    those of the same order that are granted already.
    """

    patron: PatronFacts
    holds: Sequence[OwnHold]
    had: bool
    title: TitleFacts
    target: Target
    issue: IssueId | None
    item: ItemId | None
    classes: tuple[CopyClass, ...]
    """Of the copies that are wished for: all, those of the issue, or the one."""
    demand: Demand
    pickup: Branch
    branch_names: dict[int, str]
    terms: Terms
    today: date
    is_self_service: bool

    @property
    def division(self) -> DivisionId:
        return self.demand.division

    @property
    def material_group(self) -> MaterialGroupId | None:
        """Of most of the copies."""
        most = max(self.classes, key=lambda each: (len(each.copies), each.supply), default=None)
        return most.supply.material_group if most else None

    @property
    def same_wish(self) -> list[OwnHold]:
        """The patron's open holds for what this wish is for."""
        return [
            hold for hold in self.holds if hold.is_open and (hold.record, hold.issue) == (self.title.record, self.issue)
        ]


def find_blocks(case: PlacingCase) -> list[Block]:
    """Every reason against this hold."""
    patron, division, today = case.patron, case.division, case.today
    return [
        *against_membership(patron, division, today),
        *standing_blocks(patron, division, today, is_self_service=case.is_self_service),
        *against_debt(patron, division, case.terms[DEBT_LIMIT_ORE]),
        *_limits(case),
        *_held_already(case),
        *_had_already(case),
        *_pickup(case),
        *_copies(case),
        *_on_shelf(case),
    ]


def find_place_blocks(case: PlacingCase) -> list[Block]:
    """Every reason against picking up at another branch what is reserved already."""
    return [*against_membership(case.patron, case.division, case.today), *_pickup(case), *_copies(case)]


def _limits(case: PlacingCase) -> Iterator[Block]:
    mine = [hold for hold in case.holds if hold.division == case.division]
    held = [hold for hold in mine if hold.is_open]
    today = sum(hold.placed_on == case.today for hold in mine)
    total, of_group, a_day = case.terms[MAX_HOLDS], case.terms[MAX_HOLDS_OF_GROUP], case.terms[MAX_HOLDS_PER_DAY]
    if total.value is not None and len(held) >= total.value:
        yield block(BlockCode.TOO_MANY_HOLDS, total.rule_id, count=len(held), limit=total.value)
    if of_group.value is not None:
        counted = case.terms.counted_material_groups(MAX_HOLDS_OF_GROUP)
        alike = sum(hold.material_group in counted for hold in held)
        if alike >= of_group.value:
            yield block(BlockCode.TOO_MANY_HOLDS_OF_GROUP, of_group.rule_id, count=alike, limit=of_group.value)
    if a_day.value is not None and today >= a_day.value:
        yield block(BlockCode.TOO_MANY_HOLDS_TODAY, a_day.rule_id, count=today, limit=a_day.value)


def _held_already(case: PlacingCase) -> Iterator[Block]:
    per_title, same = case.terms[MAX_HOLDS_PER_TITLE], case.same_wish
    if any((hold.wanted_item is None) != (case.item is None) for hold in same):
        yield block(BlockCode.HELD_BOTH_WAYS)
    is_twice_the_copy = case.item is not None and any(hold.wanted_item == case.item for hold in same)
    if is_twice_the_copy or len(same) >= per_title.value:
        yield block(BlockCode.ALREADY_RESERVED, per_title.rule_id)


def _had_already(case: PlacingCase) -> Iterator[Block]:
    """What the patron has at home, and for the homebound what they have had."""
    on_loan = next((loan for loan in case.patron.loans if loan.record == case.title.record), None)
    own = case.terms[HOLD_ON_OWN_LOAN]
    if on_loan is not None and not own.value and case.target is not Target.ISSUE:
        reason = block(BlockCode.ALREADY_LOANED, own.rule_id, due_on=str(on_loan.due_on))
        # For a loan it is a fact; here it is a rule that staff may step over.
        yield msgspec.structs.replace(reason, override=Permission.OVERRIDE_HOLD)
    membership = case.patron.membership_in(case.division, case.today)
    again = case.terms[HOLD_AGAIN_HOMEBOUND]
    if case.had and membership is not None and membership.role == _HOMEBOUND and not again.value:
        yield block(BlockCode.LENT_BEFORE_HOMEBOUND, again.rule_id)


def _pickup(case: PlacingCase) -> Iterator[Block]:
    if not case.pickup.is_pickup or case.pickup.is_closed_on(case.today):
        not_here = block(BlockCode.PICKUP_NOT_ALLOWED, None, branch=case.pickup.name)
        yield msgspec.structs.replace(not_here, override=None)


def _copies(case: PlacingCase) -> Iterator[Block]:
    """One class of copies that fits is enough; where none does, all that stands against any of them."""
    if case.target is Target.TITLE and case.title.is_periodical:
        yield block(BlockCode.ISSUE_NEEDED)
        return
    waited_for = [each for each in case.classes if any(copy.comes_back for copy in each.copies)]
    if not waited_for:
        is_lost = case.target is Target.ITEM and bool(case.classes)
        yield block(BlockCode.MATERIAL_LOST if is_lost else BlockCode.NO_RESERVABLE_MATERIALS)
        return
    told = [list(_told(each, case.pickup.name)) for each in waited_for]
    if all(told):
        yield from {each.code: each for of_class in told for each in of_class}.values()


def _told(found: CopyClass, pickup_name: str) -> Iterator[Block]:
    for misfit in found.misfits:
        if (said := as_block(misfit, found.supply, pickup_name)) is not None:
            yield said


def _on_shelf(case: PlacingCase) -> Iterator[Block]:
    rule = case.terms[ON_SHELF_HOLDS]
    fitting = [each for each in case.classes if not each.misfits and each.free]
    if rule.value is OnShelf.REFUSE_WHERE_IT_STANDS:
        fitting = [each for each in fitting if each.supply.branch == case.pickup.id]
    if fitting and rule.value is not OnShelf.ALLOW:
        yield block(BlockCode.AVAILABLE_ON_SHELF, rule.rule_id, branch=case.branch_names[fitting[0].supply.branch])
