"""A title as the matcher sees it: from what was read to what `match` takes. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from faelles.agencies.directory import AgencyDirectory
from faelles.agencies.model import Service
from faelles.circulation.holds.facts import Copy, Waiting
from faelles.circulation.holds.fitting import (
    Demand,
    Supply,
    demand_of,
    misfits,
    standing_misfit,
    subject_of,
    supply_of,
)
from faelles.circulation.holds.matching import ANY_ISSUE, Costs, Free, Judge, Verdict, Wanting, WhyNot
from faelles.ground.ids import BranchId
from faelles.policies import model as policies
from faelles.policies.compiled import Settings, Terms

_NEVER_OPEN = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """By which rules and on which day titles are matched. `judge` remembers what it was asked before."""

    settings: Settings
    now: datetime
    today: date
    judge: Judge

    def terms_of(self, subject: policies.Subject) -> Terms:
        return self.settings.policy.terms(subject, self.now)


def moment(settings: Settings, now: datetime, today: date, costs: Costs) -> Moment:
    return Moment(settings=settings, now=now, today=today, judge=_judge(settings, now, costs))


def _judge(settings: Settings, now: datetime, costs: Costs) -> Judge:
    known: dict[tuple[Supply, Demand], Verdict] = {}

    def judge(supply: Supply, demand: Demand) -> Verdict:
        verdict = known.get((supply, demand))
        if verdict is None:
            terms = settings.policy.terms(subject_of(settings, supply, demand), now)
            against = standing_misfit(misfits(settings, terms, supply, demand), demand)
            verdict = against.why if against else costs.between(supply.branch, demand.pickup)
            known[supply, demand] = verdict
        return verdict

    return judge


def costs_on(
    directory: AgencyDirectory,
    today: date,
    days: Mapping[tuple[BranchId, BranchId], int],
    groups: tuple[frozenset[BranchId], ...],
) -> Costs:
    """What ways cost on `today`; `days` are the vans', which know of closing days themselves."""
    opens_in = {branch: _opens_in(directory, branch, today) for branch in directory.branches}
    return Costs(days=days, groups=groups, opens_in=opens_in)


def _opens_in(directory: AgencyDirectory, branch: BranchId, today: date) -> int:
    opens = directory.calendar(branch, Service.STAFFED).next_open_day(today)
    return (opens - today).days if opens is not None else _NEVER_OPEN


def wantings(queue: Iterable[Waiting], at: Moment) -> list[Wanting]:
    """The queue as `match` takes it."""
    demand_for = _remembering(at.today)
    return [
        Wanting(
            hold=hold.id,
            rank=hold.rank,
            demand=demand_for(hold),
            issue=hold.issue or ANY_ISSUE,
            item=hold.wanted_item,
            idle=idle_reason(hold, at),
            pinned=hold.item if hold.is_claimed(at.now) else None,
            home=hold.home_branch,
        )
        for hold in queue
    ]


def _remembering(today: date) -> Callable[[Waiting], Demand]:
    """Equal demands are one object, whose hash is all that matching asks of it."""
    known: dict[Demand, Demand] = {}

    def demand_for(hold: Waiting) -> Demand:
        demand = demand_of(hold, today)
        return known.setdefault(demand, demand)

    return demand_for


def idle_reason(hold: Waiting, at: Moment) -> WhyNot | None:
    """Why the hold wants nothing today, whatever there is."""
    today = at.today
    if hold.active_from is not None and hold.active_from > today:
        return WhyNot.NOT_YET_ACTIVE
    if hold.interest_until < today:
        return WhyNot.INTEREST_OVER
    if any(absence.holds_on(today) for absence in hold.absences):
        return WhyNot.ABSENT
    return WhyNot.PICKUP_CLOSED if at.settings.directory.branches[hold.pickup].is_closed_on(today) else None


def free_copies(copies: Iterable[Copy], at: Moment) -> list[Free]:
    return [Free(copy.item, supply_for(copy, at)) for copy in copies if copy.is_free]


def supply_for(copy: Copy, at: Moment) -> Supply:
    return supply_of(at.settings, copy, at.today, at.terms_of)
