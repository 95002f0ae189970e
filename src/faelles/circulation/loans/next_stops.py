"""From what was read at a check-in to the case that `transit.rules` decides, and to what is written for it. Pure."""

from collections.abc import Mapping
from datetime import date

import msgspec

from faelles.circulation.desk.facts import ItemFacts
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.desk.opening import Desk
from faelles.circulation.holds.in_hand import Claimant
from faelles.circulation.loans.return_facts import CheckInFacts, QueueFacts, ReturnFacts
from faelles.circulation.shelf.rules import pickup_deadline
from faelles.circulation.transit.model import JourneyReason, Stop, StopAlert
from faelles.circulation.transit.rules import Decision, ForHold, Level, StopCase, next_stop
from faelles.ground.ids import BranchId, DivisionId, HoldId, PatronGroupId, PlacementId
from faelles.policies import model as policies
from faelles.policies.compiled import Terms
from faelles.policies.knobs import RETURN_ELSEWHERE, ReturnElsewhere

_NOTHING_READ = CheckInFacts()


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """How the copy came to be read. `first`: for whom it is, where it is in hand now; None while nobody could ask, when
    it serves no hold that it did not serve already. `is_staffed`: by a person. `binds`: a machine may be set to only
    send copies on.
    """

    first: Claimant | None = None
    is_staffed: bool = True
    binds: bool = True


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """Where a copy goes, and what is written for it.

    `hold_state` is what the hold of the decision becomes; None: it stays as it is. `passed` are those in line before,
    with their reasons. `is_news`: others wait for the title and were not served. `placement` is the active one from
    now on, None its own.
    """

    decision: Decision
    hold_state: HoldState | None
    passed: tuple[Mapping[str, str | int], ...]
    is_news: bool
    placement: PlacementId | None
    float_subject: int | None
    is_found: bool
    """It leaves a hold shelf, or was looked for."""
    is_others: bool
    """Binding it changes more than one hold, or what else was planned."""

    @property
    def hold(self) -> HoldId | None:
        """The hold that is written to."""
        return self.decision.next.hold if self.hold_state is not None else None

    @property
    def is_plain(self) -> bool:
        """Whether only the copy itself, and its loan, is written to."""
        touches_holds = self.hold_state is not None or self.decision.releases is not None or self.is_news
        return not (touches_holds or self.is_found or self.float_subject is not None)

    @property
    def captures_alone(self) -> bool:
        """Whether it is bound to a hold, and nothing else is written to but the copy and its loan."""
        return self.decision.binds and not (self.is_others or self.is_found or self.float_subject is not None)


def course_of(desk: Desk, facts: ReturnFacts, item: ItemFacts, terms: Terms, scan: Scan) -> Course:
    """Where the copy goes now, by everything that was read."""
    read = facts.check_in or _NOTHING_READ
    first = scan.first or Claimant()
    decision = next_stop(_case(desk, facts, item, terms, read=read, first=first, scan=scan))
    return Course(
        decision=decision,
        hold_state=_hold_state(decision, is_bound=read.queue.bound is not None),
        passed=first.passed,
        is_news=bool(read.queue.waiting) and not decision.binds,
        placement=_placement(desk, item, read.active_placement, decision.place),
        float_subject=read.floats.subject if read.floats else None,
        is_found=read.is_looked_for,
        is_others=_is_others(item, read.queue, first),
    )


def _is_others(item: ItemFacts, queue: QueueFacts, first: Claimant) -> bool:
    if first.hold is None:
        return False
    was_for_other = queue.planned_for not in {None, first.hold.id}
    return was_for_other or first.hold.is_parallel or first.hold.item not in {None, item.id}


def _case(
    desk: Desk,
    facts: ReturnFacts,
    item: ItemFacts,
    terms: Terms,
    *,
    read: CheckInFacts,
    first: Claimant,
    scan: Scan,
) -> StopCase:
    branches, placements = desk.settings.directory.branches, desk.settings.directory.placements
    placement = placements.get(read.active_placement) if read.active_placement is not None else None
    bound, waiting = read.queue.bound, first.hold
    wished_for = bound is not None or waiting is not None
    came_to_float = facts.journey is not None and facts.journey.reason == JourneyReason.FLOATING
    levels = read.floats.levels if read.floats else None
    return StopCase(
        here=desk.branch,
        home=item.owner_branch,
        place=placement.branch if placement else item.owner_branch,
        name_of=lambda branch: branches[branch].name,
        alert=_alert(desk, item, is_wished_for=wished_for),
        bound=ForHold(
            hold=bound.hold,
            pickup=bound.pickup,
            shelf_number=bound.shelf_number,
            pickup_deadline=bound.pickup_deadline,
            is_lending=bound.is_lending,
        )
        if bound
        else None,
        first=ForHold(hold=waiting.id, pickup=waiting.pickup, is_lending=waiting.is_lending) if waiting else None,
        passed=len(first.passed),
        binds=scan.binds,
        is_staffed=scan.is_staffed and scan.first is not None,
        free_number=None if read.queue.free_number is None else str(read.queue.free_number),
        pickup_deadline=_deadline(desk, item, read.queue, first),
        levels=tuple(Level(*level) for level in levels or ()),
        came_to_float=came_to_float and facts.journey is not None and facts.journey.to_branch == desk.branch,
        may_stay=terms[RETURN_ELSEWHERE].value is ReturnElsewhere.FLOAT_HERE,
    )


def _alert(desk: Desk, item: ItemFacts, *, is_wished_for: bool) -> StopAlert | None:
    """What a person must see, and no hold can have."""
    if item.withdrawn:
        return StopAlert.WITHDRAWN
    goes_back = item.is_placeholder and item.owner_branch == desk.branch and not is_wished_for
    return StopAlert.TO_LENDER if goes_back else None


def _deadline(desk: Desk, item: ItemFacts, queue: QueueFacts, first: Claimant) -> date | None:
    """Until when the copy would be kept here, by the rules for whoever it is for."""
    if queue.free_number is None:
        return None
    if queue.bound is not None:
        terms = _hold_terms(desk, item, queue.bound.division, queue.bound.patron_group)
    elif first.hold is not None:
        terms = _hold_terms(desk, item, first.hold.division, first.hold.patron_group)
    else:
        return None
    return pickup_deadline(desk.local_day(desk.now), terms, desk.settings.directory, desk.branch)


def _hold_terms(desk: Desk, item: ItemFacts, division: DivisionId, group: PatronGroupId | None) -> Terms:
    settings = desk.settings
    subject = policies.Subject(
        item=settings.at_branch(item.owner_branch, item.default_placement),
        patron=settings.at_division(division),
        desk=settings.at_branch(desk.branch),
        patron_group=group or policies.ANY_PATRON,
        material_group=item.material_group,
    )
    return settings.policy.terms(subject, desk.now)


def _hold_state(decision: Decision, *, is_bound: bool) -> HoldState | None:
    """What the hold becomes; None where nothing is tied to it, or it stands ready already."""
    if decision.next.hold is None or not (is_bound or decision.binds):
        return None
    if decision.next.stop is Stop.SEND:
        return HoldState.IN_TRANSIT
    if decision.makes_ready:
        return HoldState.READY
    return None if decision.next.shelf_number is not None else HoldState.CAPTURED


def _placement(desk: Desk, item: ItemFacts, active: PlacementId | None, place: BranchId) -> PlacementId | None:
    """None: its own. A copy that floats stands where the branch keeps such things: the department of the same name,
    else the branch's first.
    """
    if place == item.owner_branch:
        return None
    placements = desk.settings.directory.placements
    if active is not None and active in placements and placements[active].branch == place:
        return active
    there = [each for each in placements.values() if each.branch == place]
    department = placements[item.default_placement].department
    alike = [each for each in there if each.department == department]
    return next((each.id for each in (*alike, *there)), None)
