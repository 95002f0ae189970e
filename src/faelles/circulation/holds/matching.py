"""Which copy for which hold. Pure: the same queue, copies and verdicts give the same plan, in whatever order they come.

Holds are served by rank; each takes the cheapest copy that fits and is left, and of equally cheap ones a copy nobody
asked for by itself, then the one with the lowest id. Nobody is passed over for the sake of a fuller plan. Copies whose
owner says so serve the locals first: before all others, by rank.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, NamedTuple

from faelles.circulation.holds.fitting import Demand, Supply, Unfit, is_local
from faelles.ground.ids import BranchId, HoldId, IssueId, ItemId
from faelles.policies.knobs import LocalsFirst

ANY_ISSUE: Final = IssueId(0)


class Reach(StrEnum):
    """How a copy comes to the pickup branch, the cheapest first."""

    OWN_BRANCH = "own_branch"
    FLOAT_GROUP = "float_group"
    VAN = "van"
    NO_ROUTE = "no_route"


class Cost(NamedTuple):
    """Smaller is better: how it comes, then in how many days."""

    tier: int
    days: int
    reach: Reach


class WhyNot(StrEnum):
    """Why a hold gets nothing just now. Reasons of the hold itself come first."""

    NOT_YET_ACTIVE = "not_yet_active"
    ABSENT = "absent"
    INTEREST_OVER = "interest_over"
    PICKUP_CLOSED = "pickup_closed"
    """Nothing is picked up at its branch any more: it is to be changed."""
    BEING_FETCHED = "being_fetched"
    """Somebody is on the way to the shelf for it; only of a copy that turns up elsewhere."""
    NO_COPIES = "no_copies"
    """The title has no copies at all."""
    ALL_GONE = "all_gone"
    """Every copy that could fill it is lost or missing."""
    COPY_GONE = "copy_gone"
    """The one copy that is wished for is withdrawn, lost or missing."""
    ISSUE_GONE = "issue_gone"
    """There is no copy of the issue."""
    ALL_OUT = "all_out"
    """No copy is free."""
    WANTED_COPY_OUT = "wanted_copy_out"
    OTHER_ISSUE = "other_issue"
    OTHERS_FIRST = "others_first"
    """Copies that fit went to holds of higher rank."""
    LOCALS_FIRST = "locals_first"
    """A copy that fits went to a hold of lower rank, which it serves first by its owner's rule."""
    OTHER_GROUP = Unfit.OTHER_GROUP.value
    NOT_FOR_LOAN = Unfit.NOT_FOR_LOAN.value
    INTERLIBRARY = Unfit.INTERLIBRARY.value
    NOT_RESERVABLE = Unfit.NOT_RESERVABLE.value
    PICKUP_ELSEWHERE = Unfit.PICKUP_ELSEWHERE.value
    TOO_YOUNG = Unfit.TOO_YOUNG.value
    DAMAGED = Unfit.DAMAGED.value
    NEW_AT_HOME = Unfit.NEW_AT_HOME.value
    BOOKED = Unfit.BOOKED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanting:
    """A hold in the queue. `idle` is why it wants nothing today; `pinned` the copy somebody is fetching for it."""

    hold: HoldId
    rank: int
    demand: Demand
    issue: IssueId = ANY_ISSUE
    item: ItemId | None = None
    idle: WhyNot | None = None
    pinned: ItemId | None = None
    home: BranchId | None = None
    """Of the patron."""

    def is_local_to(self, supply: Supply) -> bool:
        return is_local(supply, self.demand.pickup, self.home)


class Free(NamedTuple):
    """A copy on a shelf that is meant for nobody."""

    item: ItemId
    supply: Supply


Verdict = Cost | Unfit
Judge = Callable[[Supply, Demand], Verdict]


@dataclass(frozen=True, slots=True)
class Assigned:
    """`over` is the cost of the next best class of copies that fitted; None where there was no choice. `as_local`: the
    copy serves it before others.
    """

    hold: HoldId
    item: ItemId
    cost: Cost
    over: Cost | None = None
    as_local: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """In the order of ranks. Every hold is in one of the two. `unfillable`: those of the passed that no copy will ever
    fill, as things stand.
    """

    assigned: tuple[Assigned, ...] = ()
    passed: Mapping[HoldId, WhyNot] = field(default_factory=dict)
    unfillable: Mapping[HoldId, WhyNot] = field(default_factory=dict)

    def why_not(self, hold: HoldId) -> WhyNot:
        """Why a hold that was passed gets nothing; that nothing ever will do goes before what is so today."""
        return self.unfillable.get(hold) or self.passed[hold]


def match(queue: Iterable[Wanting], copies: Iterable[Free], judge: Judge, *, has_copies: bool = True) -> Plan:
    """The plan for one title. `has_copies`: whether it has any at all, free or not."""
    ranked = sorted(queue, key=lambda each: each.rank)
    shelves = _Shelves(copies, ranked, judge)
    pinned = (shelves.take_pinned(each) for each in ranked if each.pinned is not None)
    assigned = [each for each in pinned if each is not None]
    served = {each.hold for each in assigned}
    # What was being fetched for somebody and is gone or fits no longer: they wait like everybody else.
    waiting = [replace(each, pinned=None) if each.pinned else each for each in ranked if each.hold not in served]
    local = shelves.serve_locals(waiting)
    assigned += local
    served = {each.hold for each in local}
    passed: dict[HoldId, WhyNot] = {}
    for wanting in waiting:
        if wanting.hold in served:
            continue
        found = wanting.idle or shelves.take(wanting)
        if isinstance(found, Assigned):
            assigned.append(found)
        else:
            passed[wanting.hold] = found if has_copies or wanting.idle else WhyNot.NO_COPIES
    rank_of = {each.hold: each.rank for each in ranked}
    return Plan(tuple(sorted(assigned, key=lambda each: rank_of[each.hold])), passed)


class Passed(NamedTuple):
    hold: HoldId
    why: WhyNot


def first_in_line(
    queue: Iterable[Wanting], item: ItemId, supply: Supply, judge: Judge
) -> tuple[Wanting | None, list[Passed]]:
    """Whose a copy is that lies on the desk now: the first by rank that it can fill, and everybody before who was
    passed over, with the reason. A better copy that is planned for the first does not keep this one from it. Where the
    copy serves the locals first, `queue` must be whole.
    """
    first: tuple[Wanting | None, list[Passed]] | None = None
    passed: list[Passed] = []
    for wanting in sorted(queue, key=lambda each: each.rank):
        why = wanting.idle or _why_not_this(wanting, item, supply, judge)
        if why is None and (supply.locals_first is LocalsFirst.NOBODY or wanting.is_local_to(supply)):
            return wanting, passed
        if why is None:
            first = first or (wanting, passed.copy())
        passed.append(Passed(wanting.hold, why or WhyNot.LOCALS_FIRST))
    return first or (None, passed)


def _why_not_this(wanting: Wanting, item: ItemId, supply: Supply, judge: Judge) -> WhyNot | None:
    if wanting.pinned is not None and wanting.pinned != item:
        return WhyNot.BEING_FETCHED
    if wanting.item is not None and wanting.item != item:
        return WhyNot.WANTED_COPY_OUT
    if wanting.issue not in {0, supply.issue}:
        return WhyNot.OTHER_ISSUE
    verdict = judge(supply, wanting.demand)
    return WhyNot(verdict.value) if isinstance(verdict, Unfit) else None


class _Choice(NamedTuple):
    cost: Cost
    supply: Supply
    left: list[tuple[bool, ItemId]]
    """What is left of it, in the order in which it is given out."""


class _Shelves:
    """The free copies, by class; what fits a class of holds is worked out once."""

    def __init__(self, copies: Iterable[Free], queue: Sequence[Wanting], judge: Judge) -> None:
        self._judge = judge
        self._asked_for = {wanting.item for wanting in queue if wanting.item is not None}
        self._supply_of = {copy.item: copy.supply for copy in copies}
        self._left: dict[Supply, list[tuple[bool, ItemId]]] = defaultdict(list)
        for item, supply in self._supply_of.items():
            insort(self._left[supply], (item in self._asked_for, item))
        self._number_left = len(self._supply_of)
        self._choices: dict[tuple[Demand, IssueId], tuple[list[_Choice], WhyNot]] = {}
        self._given_to_locals: list[tuple[int, Supply]] = []

    def take_pinned(self, wanting: Wanting) -> Assigned | None:
        """The copy that is being fetched, while it is there and still fits."""
        supply = self._supply_of.get(wanting.pinned) if wanting.pinned is not None else None
        if wanting.pinned is None or supply is None or wanting.idle is not None:
            return None
        if _why_not_this(wanting, wanting.pinned, supply, self._judge) is not None:
            return None
        return self._take_item(wanting, wanting.pinned, supply)

    def serve_locals(self, ranked: Sequence[Wanting]) -> list[Assigned]:
        """The copies that go to locals before anybody else is asked."""
        if all(supply.locals_first is LocalsFirst.NOBODY for supply in self._left):
            return []
        served = []
        for wanting in ranked:
            found = None if wanting.idle else self._take_as_local(wanting)
            if found is not None:
                served.append(replace(found, as_local=True))
                self._given_to_locals.append((wanting.rank, self._supply_of[found.item]))
        return served

    def _take_as_local(self, wanting: Wanting) -> Assigned | None:
        if wanting.item is not None:
            supply = self._supply_of.get(wanting.item)
            found = self._take_wanted(wanting, wanting.item) if supply and wanting.is_local_to(supply) else None
            return found if isinstance(found, Assigned) else None
        choices, _ = self._choices_for(wanting.demand, wanting.issue)
        return self._take_first(wanting, [choice for choice in choices if wanting.is_local_to(choice.supply)])

    def _why_others_first(self, wanting: Wanting, choices: Sequence[_Choice]) -> WhyNot:
        """What fits is gone: to those before, or to a local behind."""
        overtaken_by = {supply for rank, supply in self._given_to_locals if rank > wanting.rank}
        overtaken = bool(overtaken_by) and any(choice.supply in overtaken_by for choice in choices)
        return WhyNot.LOCALS_FIRST if overtaken else WhyNot.OTHERS_FIRST

    def take(self, wanting: Wanting) -> Assigned | WhyNot:
        if not self._supply_of:
            return WhyNot.ALL_OUT if wanting.item is None else WhyNot.WANTED_COPY_OUT
        if wanting.item is not None:
            return self._take_wanted(wanting, wanting.item)
        choices, why_none = self._choices_for(wanting.demand, wanting.issue)
        if not choices:
            return why_none
        return self._take_first(wanting, choices) or self._why_others_first(wanting, choices)

    def _take_first(self, wanting: Wanting, choices: Sequence[_Choice]) -> Assigned | None:
        """A copy of the cheapest class that has one left."""
        there = [choice for choice in choices if choice.left] if self._number_left else []
        if not there:
            return None
        (_, item) = there[0].left.pop(0)
        self._number_left -= 1
        return Assigned(wanting.hold, item, there[0].cost, there[1].cost if len(there) > 1 else None)

    def _take_wanted(self, wanting: Wanting, item: ItemId) -> Assigned | WhyNot:
        supply = self._supply_of.get(item)
        if supply is None:
            return WhyNot.WANTED_COPY_OUT
        if why := _why_not_this(wanting, item, supply, self._judge):
            return why
        return self._take_item(wanting, item, supply) or WhyNot.OTHERS_FIRST

    def _take_item(self, wanting: Wanting, item: ItemId, supply: Supply) -> Assigned | None:
        """The one copy, where nobody has been given it."""
        entry = (item in self._asked_for, item)
        if entry not in self._left[supply]:
            return None
        self._left[supply].remove(entry)
        self._number_left -= 1
        verdict = self._judge(supply, wanting.demand)
        return None if isinstance(verdict, Unfit) else Assigned(wanting.hold, item, verdict)

    def _choices_for(self, demand: Demand, issue: IssueId) -> tuple[list[_Choice], WhyNot]:
        """The classes of free copies that fit, the cheapest first; and what stands against all of them."""
        known = self._choices.get((demand, issue))
        if known is None:
            known = self._choices[demand, issue] = self._find_choices(demand, issue)
        return known

    def _find_choices(self, demand: Demand, issue: IssueId) -> tuple[list[_Choice], WhyNot]:
        of_issue = [supply for supply in self._left if issue in {0, supply.issue}]
        if not of_issue:
            return [], WhyNot.OTHER_ISSUE
        verdicts = [(supply, self._judge(supply, demand)) for supply in of_issue]
        fitting = sorted(
            (_Choice(verdict, supply, self._left[supply]) for supply, verdict in verdicts if isinstance(verdict, Cost)),
            key=lambda choice: (choice.cost, choice.supply),
        )
        reasons = sorted(verdict.value for _, verdict in verdicts if isinstance(verdict, Unfit))
        return fitting, WhyNot(reasons[0]) if reasons else WhyNot.ALL_OUT


@dataclass(frozen=True, slots=True)
class Costs:
    """How copies travel between branches. `days` is until what lies at one branch today can lie at another, for every
    pair that a van connects; `groups` are the branches that share their stock.
    """

    days: Mapping[tuple[BranchId, BranchId], int] = field(default_factory=dict)
    groups: tuple[frozenset[BranchId], ...] = ()
    opens_in: Mapping[BranchId, int] = field(default_factory=dict)
    """Days until a branch is open again; 0: today."""

    def between(self, stands: BranchId, pickup: BranchId) -> Cost:
        """What it costs to bring a copy from where it stands."""
        fetched = self.opens_in.get(stands, 0)
        if stands == pickup:
            return Cost(0, fetched, Reach.OWN_BRANCH)
        by_van = self.days.get((stands, pickup))
        days = max(fetched, self.opens_in.get(pickup, 0)) if by_van is None else by_van
        if any(stands in group and pickup in group for group in self.groups):
            return Cost(1, days, Reach.FLOAT_GROUP)
        # Where nobody has entered vans, whatever goes between branches goes as well to one as to another.
        return Cost(3, days, Reach.NO_ROUTE) if by_van is None and self.days else Cost(2, days, Reach.VAN)
