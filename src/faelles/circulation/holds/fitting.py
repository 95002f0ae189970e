"""May this copy fill this hold? Asked once for a class of copies and a class of holds: placing refuses, and matching
skips, by the very same verdict.
"""

from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.holds.facts import Copy, Waiting
from faelles.ground.clock import age_on
from faelles.ground.ids import (
    BranchId,
    DivisionId,
    IssueId,
    MaterialGroupId,
    PatronGroupId,
    PlacementId,
    RuleId,
)
from faelles.policies import model as policies
from faelles.policies.compiled import Settings, Terms
from faelles.policies.knobs import (
    DAMAGED_FILLS_HOLDS,
    LENDABLE,
    LOCALS_FIRST,
    MINIMUM_AGE_REFUSES,
    NEW_AT_HOME_DAYS,
    PICKUP_FROM,
    RESERVABLE,
    LocalsFirst,
    PickupFrom,
)
from faelles.policies.model import Source

_OLDEST_LIMIT = 18
"""Ages beyond the highest age limit of any copy are all alike."""


_WORTH_FETCHING = timedelta(days=7)
"""A copy that is booked before so many days are over is not sent to anybody who waits for the title."""


class Unfit(StrEnum):
    """Why a copy cannot fill a hold: what placing calls a block, and what only time will change."""

    OTHER_GROUP = "other_material_group"
    """The hold asks for copies of one group of materials."""
    NOT_FOR_LOAN = "not_for_loan"
    INTERLIBRARY = "interlibrary"
    NOT_RESERVABLE = "not_reservable_by_rule"
    PICKUP_ELSEWHERE = "pickup_elsewhere"
    TOO_YOUNG = "too_young"
    DAMAGED = "damaged"
    NEW_AT_HOME = "new_at_home"
    BOOKED = "booked"


_AS_BLOCK = {
    Unfit.OTHER_GROUP: BlockCode.NO_RESERVABLE_MATERIALS,
    Unfit.NOT_FOR_LOAN: BlockCode.MATERIAL_NOT_LOANABLE,
    Unfit.INTERLIBRARY: BlockCode.INTERLIBRARY_NOT_RESERVABLE,
    Unfit.NOT_RESERVABLE: BlockCode.MATERIAL_NOT_RESERVABLE,
    Unfit.PICKUP_ELSEWHERE: BlockCode.PICKUP_NOT_ALLOWED,
    Unfit.TOO_YOUNG: BlockCode.TOO_YOUNG,
    Unfit.DAMAGED: BlockCode.NO_RESERVABLE_MATERIALS,
}


def passes_with_time(misfit: Unfit) -> bool:
    """Whether it only has to be waited for: no reason to refuse a hold that is being placed."""
    return misfit not in _AS_BLOCK


class Supply(NamedTuple):
    """Copies that no rule tells apart, standing at one branch."""

    branch: BranchId
    owner_branch: BranchId
    placement: PlacementId
    material_group: MaterialGroupId
    issue: IssueId
    """0: none."""
    minimum_age: int
    """0: for everybody."""
    is_placeholder: bool
    not_for_loan: bool
    is_damaged: bool
    is_new: bool
    """Still to stay at home, by the rule of its owner."""
    is_booked: bool = False
    """For days so near that nobody else could have much of it."""
    locals_first: LocalsFirst = LocalsFirst.NOBODY


class Demand(NamedTuple):
    """Holds that no rule tells apart. `age` is that of the patron, up to where it matters; -1: not known."""

    division: DivisionId
    patron_group: PatronGroupId
    pickup: BranchId
    age: int
    is_for_one_item: bool
    waived: frozenset[str]
    group: MaterialGroupId = policies.ANY_MATERIAL
    """What is wished for: copies of this group, or of one below it."""


class Misfit(NamedTuple):
    why: Unfit
    rule: RuleId | None = None
    is_silent: bool = False
    """Nobody has said whether such a copy can be reserved by such a patron."""


def supply_of(settings: Settings, copy: Copy, day: date, moment_terms: Callable[[policies.Subject], Terms]) -> Supply:
    """The class a copy belongs to on `day`. How long new copies stay at home, and whom they serve first, is a matter of
    their owner alone.
    """
    path = settings.at_branch(copy.owner_branch, copy.placement)
    of_owner = moment_terms(policies.Subject(item=path, patron=path, desk=path, material_group=copy.material_group))
    stays_home = timedelta(days=of_owner[NEW_AT_HOME_DAYS].value)
    return Supply(
        branch=copy.branch,
        owner_branch=copy.owner_branch,
        placement=copy.placement,
        material_group=copy.material_group,
        issue=copy.issue or IssueId(0),
        minimum_age=copy.minimum_age or 0,
        is_placeholder=copy.kind == "placeholder",
        not_for_loan=copy.not_for_loan,
        is_damaged=copy.condition == "damaged",
        is_new=copy.acquired_on is not None and day < copy.acquired_on + stays_home,
        is_booked=is_booked_soon(copy, day),
        locals_first=of_owner[LOCALS_FIRST].value,
    )


def is_booked_soon(copy: Copy, day: date) -> bool:
    """Whether nobody else could have much of it."""
    return any(each.starts <= day + _WORTH_FETCHING and each.ends >= day for each in copy.bookings)


def demand_of(hold: Waiting, day: date) -> Demand:
    return Demand(
        division=hold.division,
        patron_group=hold.patron_group or policies.ANY_PATRON,
        pickup=hold.pickup,
        age=known_age(hold.born, day),
        is_for_one_item=hold.wanted_item is not None,
        waived=frozenset(hold.waived),
        group=hold.wanted_group or policies.ANY_MATERIAL,
    )


def is_local(supply: Supply, pickup: BranchId, home: BranchId | None) -> bool:
    """Whether copies of this class serve a hold that is picked up there, by a patron of that branch, before others."""
    match supply.locals_first:
        case LocalsFirst.NOBODY:
            return False
        case LocalsFirst.PICKUP_AT_OWNER:
            return pickup == supply.owner_branch
        case LocalsFirst.PICKUP_WHERE_IT_STANDS:
            return pickup == supply.branch
        case LocalsFirst.HOME_AT_OWNER:
            return home == supply.owner_branch
        case LocalsFirst.HOME_WHERE_IT_STANDS:
            return home == supply.branch


def known_age(born: date | None, day: date) -> int:
    return -1 if born is None else min(age_on(born, day), _OLDEST_LIMIT)


def subject_of(settings: Settings, supply: Supply, demand: Demand) -> policies.Subject:
    """Whose rules: the owner's for what may be done with the copy, those of the patron's division for limits, those of
    the pickup branch for its calendar.
    """
    return policies.Subject(
        item=settings.at_branch(supply.owner_branch, supply.placement),
        patron=settings.at_division(demand.division),
        desk=settings.at_branch(demand.pickup),
        patron_group=demand.patron_group,
        material_group=supply.material_group,
        loan_kind=policies.LoanKind.INTERLIBRARY if supply.is_placeholder else policies.LoanKind.LOAN,
    )


def misfits(settings: Settings, terms: Terms, supply: Supply, demand: Demand) -> list[Misfit]:
    """Every reason why copies of this class cannot fill holds of that one, stepped over or not."""
    reservable, pickup_from = terms[RESERVABLE], terms[PICKUP_FROM]
    found = []
    if not settings.is_of_group(supply.material_group, demand.group):
        found.append(Misfit(Unfit.OTHER_GROUP))
    if supply.not_for_loan or not terms[LENDABLE].value:
        found.append(Misfit(Unfit.NOT_FOR_LOAN, terms[LENDABLE].rule_id))
    if supply.is_placeholder and not demand.is_for_one_item:
        found.append(Misfit(Unfit.INTERLIBRARY))
    if not reservable.value:
        is_silent = reservable.source is Source.NOT_FOUND
        found.append(Misfit(Unfit.NOT_RESERVABLE, reservable.rule_id, is_silent))
    if not _may_be_picked_up(settings, supply, demand, pickup_from.value):
        found.append(Misfit(Unfit.PICKUP_ELSEWHERE, pickup_from.rule_id))
    if 0 <= demand.age < supply.minimum_age and terms[MINIMUM_AGE_REFUSES].value:
        found.append(Misfit(Unfit.TOO_YOUNG, terms[MINIMUM_AGE_REFUSES].rule_id))
    if supply.is_damaged and not terms[DAMAGED_FILLS_HOLDS].value:
        found.append(Misfit(Unfit.DAMAGED, terms[DAMAGED_FILLS_HOLDS].rule_id))
    if supply.is_new and demand.pickup != supply.owner_branch:
        found.append(Misfit(Unfit.NEW_AT_HOME, terms[NEW_AT_HOME_DAYS].rule_id))
    if supply.is_booked:
        found.append(Misfit(Unfit.BOOKED))
    return found


def _may_be_picked_up(settings: Settings, supply: Supply, demand: Demand, allowed: PickupFrom) -> bool:
    if allowed is PickupFrom.AGENCY:
        return True
    if allowed is PickupFrom.OWNER_BRANCH:
        return supply.owner_branch == demand.pickup
    branches = settings.directory.branches
    return branches[supply.owner_branch].division == branches[demand.pickup].division


def standing_misfit(found: list[Misfit], demand: Demand) -> Misfit | None:
    """The first reason that was not stepped over when the hold was placed."""
    return next((each for each in found if _code(each) not in demand.waived), None)


def _code(misfit: Misfit) -> BlockCode | None:
    if misfit.is_silent:
        return BlockCode.LOANING_PROFILE_NOT_FOUND
    return _AS_BLOCK.get(misfit.why)


def as_block(misfit: Misfit, supply: Supply, pickup_name: str) -> Block | None:
    """What somebody placing a hold is told; None for what only has to be waited for."""
    code = _code(misfit)
    if code is None:
        return None
    if code is BlockCode.PICKUP_NOT_ALLOWED:
        return block(code, misfit.rule, branch=pickup_name)
    if code is BlockCode.TOO_YOUNG:
        return block(code, misfit.rule, minimum_age=supply.minimum_age)
    return block(code, misfit.rule)
