"""Where does a copy go now? Pure: what stands at a check-in in, one answer with its reasons out.

In this order: a person must look; the hold it is bound to; the first hold in line that it fills; its float group; home.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from faelles.circulation.transit.model import JourneyReason, NextStop, Slip, Stop, StopAlert, Why, WhyCode
from faelles.ground.ids import BranchId, HoldId
from faelles.policies.knobs import SlipName


@dataclass(frozen=True, slots=True, kw_only=True)
class ForHold:
    """A hold the copy is for."""

    hold: HoldId
    pickup: BranchId
    shelf_number: str | None = None
    """The number under which it stands ready already."""
    pickup_deadline: date | None = None
    is_lending: bool = False
    """Another municipality asked for it: from the hold shelf it is sent there."""


@dataclass(frozen=True, slots=True)
class Level:
    """Room for the copy's subject in a branch of its float group, and how many others have their place there."""

    branch: BranchId
    room: int
    copies: int

    @property
    def lack(self) -> int:
        return self.room - self.copies


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCase:
    """A copy on the desk. Of its holds, `bound` is the one it was meant for before, `first` the first in line it can
    fill, of whom `passed` others stand before.
    """

    here: BranchId
    home: BranchId
    place: BranchId
    """Where it has its place now: its home, or where it floated to."""
    name_of: Callable[[BranchId], str]
    alert: StopAlert | None = None
    bound: ForHold | None = None
    first: ForHold | None = None
    passed: int = 0
    binds: bool = True
    """A machine may be set to only send copies towards the pickup branch."""
    is_staffed: bool = True
    """Only a person makes a copy ready: a machine at the pickup branch hands it to one."""
    free_number: str | None = None
    pickup_deadline: date | None = None
    levels: Sequence[Level] = ()
    """Empty: the copy does not float."""
    came_to_float: bool = False
    """It was sent here because it was lacking here."""
    may_stay: bool = False
    """The rule of the copy lets it stay wherever it is returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer, and what follows from it.

    `binds`: the copy is tied to the hold of `next` from now on, and was not before. `makes_ready`: it is ready to be
    picked up. `releases`: the hold it was meant for, and is no longer. `place`: where it has its place from now on.
    """

    next: NextStop
    place: BranchId
    binds: bool = False
    makes_ready: bool = False
    releases: HoldId | None = None


def next_stop(case: StopCase) -> Decision:
    """Where the copy goes, and what that does to the holds for it."""
    if case.alert is not None:
        return _set_aside(case, case.alert)
    if case.bound is not None:
        return _serve(case, case.bound, [Why(WhyCode.ARRIVED_FOR_HOLD, {"hold": case.bound.hold})], binds=False)
    if case.first is not None:
        return _serve(case, case.first, _why_first(case, case.first), binds=case.binds)
    return _put_away(case)


def _set_aside(case: StopCase, alert: StopAlert) -> Decision:
    stop = NextStop(stop=Stop.ALERT, alert=alert, why=(Why(WhyCode(alert.value)),))
    return Decision(next=stop, place=case.place, releases=case.bound.hold if case.bound else None)


def _why_first(case: StopCase, first: ForHold) -> list[Why]:
    why = [Why(WhyCode.FIRST_IN_LINE, {"hold": first.hold})]
    if case.passed:
        why.append(Why(WhyCode.PASSED_OVER, {"holds": case.passed}))
    if not case.binds:
        why.append(Why(WhyCode.MACHINE_ONLY_SENDS))
    return why


def _serve(case: StopCase, wish: ForHold, why: Sequence[Why], *, binds: bool) -> Decision:
    """To whoever waits for it: onto the hold shelf where it is picked up here, else on its way."""
    if wish.pickup != case.here:
        name = case.name_of(wish.pickup)
        slip = Slip(here=case.name_of(case.here), to=name, reason=JourneyReason.FOR_HOLD)
        sent = NextStop(
            stop=Stop.SEND,
            branch=wish.pickup,
            name=name,
            reason=JourneyReason.FOR_HOLD,
            hold=wish.hold,
            why=tuple(why),
            slip=slip,
        )
        return Decision(next=sent, place=case.place, binds=binds)
    if wish.is_lending:
        why = [*why, Why(WhyCode.FOR_OTHER_AGENCY)]
    makes_ready = case.is_staffed and wish.shelf_number is None
    number = case.free_number if makes_ready else wish.shelf_number
    deadline = case.pickup_deadline if makes_ready else wish.pickup_deadline
    slip = Slip(here=case.name_of(case.here), shelf_number=number, pickup_deadline=deadline)
    shelved = NextStop(
        stop=Stop.HOLD_SHELF,
        hold=wish.hold,
        shelf_number=number,
        pickup_deadline=deadline,
        why=tuple(why),
        slip=slip,
    )
    return Decision(next=shelved, place=case.place, binds=binds, makes_ready=makes_ready)


def _put_away(case: StopCase) -> Decision:
    """To where it has its place, or is given one."""
    if case.here == case.place:
        return _shelve(case, Why(WhyCode.AT_ITS_PLACE))
    if case.came_to_float and case.levels:
        return _shelve(case, Why(WhyCode.SENT_HERE_TO_FLOAT))
    if case.levels:
        return _float(case)
    if case.here == case.home:
        return _shelve(case, Why(WhyCode.AT_ITS_PLACE))
    if case.may_stay:
        return _shelve(case, Why(WhyCode.RULE_LETS_IT_STAY))
    return _send(case, case.home, JourneyReason.GOING_HOME, [Why(WhyCode.BELONGS_ELSEWHERE)], place=case.home)


def _shelve(case: StopCase, why: Why) -> Decision:
    stop = Stop.SHELVE if case.here == case.home else Stop.FLOAT
    return Decision(next=NextStop(stop=stop, why=(why,)), place=case.here)


def _float(case: StopCase) -> Decision:
    """It stays while there is room; else it goes where it is lacking most, and with room nowhere back to its place."""
    here = next((level for level in case.levels if level.branch == case.here), None)
    if here is not None and here.lack > 0:
        return _shelve(case, Why(WhyCode.ROOM_HERE, {"room": here.room, "copies": here.copies}))
    why = [Why(WhyCode.NO_ROOM_HERE, {"room": here.room if here else 0})]
    lacking = [level for level in case.levels if level.lack > 0]
    if not lacking:
        return _send(case, case.place, JourneyReason.GOING_HOME, why, place=case.place)
    # Of branches that lack it alike its own place comes first, then its home, then the lowest id: no coin is tossed.
    most = min(lacking, key=lambda each: (-each.lack, each.branch != case.place, each.branch != case.home, each.branch))
    why.append(Why(WhyCode.LACKING_THERE, {"room": most.room, "copies": most.copies}))
    return _send(case, most.branch, JourneyReason.FLOATING, why, place=most.branch)


def _send(case: StopCase, to: BranchId, reason: JourneyReason, why: Sequence[Why], *, place: BranchId) -> Decision:
    name = case.name_of(to)
    slip = Slip(here=case.name_of(case.here), to=name, reason=reason)
    sent = NextStop(stop=Stop.SEND, branch=to, name=name, reason=reason, why=tuple(why), slip=slip)
    return Decision(next=sent, place=place)


def told_name(patron: str | None, how: SlipName) -> str | None:
    """How a slip names somebody; `patron` is None where nobody must know."""
    if patron is None or how is SlipName.NOTHING:
        return None
    return patron if how is SlipName.NAME else "".join(word[0].upper() + "." for word in patron.split())


def send_foreign(owner: str, isil: str, here: str) -> NextStop:
    """Another municipality's book: whose, and nothing else."""
    return NextStop(
        stop=Stop.SEND,
        name=owner,
        isil=isil,
        reason=JourneyReason.FOREIGN,
        why=(Why(WhyCode.OTHER_AGENCYS),),
        slip=Slip(here=here, to=owner, reason=JourneyReason.FOREIGN),
    )
