"""How long yet: of one hold, or of all that somebody has, in as many questions for many as for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from faelles.circulation.desk.hold_states import WAITING
from faelles.circulation.holds import queue_store
from faelles.circulation.holds import reading_store as store
from faelles.circulation.holds.estimating import LOOKED_BACK, cycle_days, wait_days
from faelles.circulation.holds.facts import Awaiting, Copy, Waiting, compete
from faelles.circulation.holds.fitting import demand_of, subject_of
from faelles.circulation.holds.locals import as_served
from faelles.circulation.holds.matcher import present_moment
from faelles.circulation.holds.matching import ANY_ISSUE, Cost
from faelles.circulation.holds.model import Wait
from faelles.circulation.holds.title import Moment, supply_for
from faelles.ground.database import Transaction
from faelles.ground.ids import HoldId, ItemId
from faelles.policies.knobs import LOAN_DAYS


@dataclass(frozen=True, slots=True)
class Comings:
    """When copies that are out are due, and how often each was returned lately."""

    due: Mapping[ItemId, date]
    returned: Mapping[ItemId, int]


async def waits_of(tx: Transaction, holds: Sequence[Awaiting]) -> dict[HoldId, Wait]:
    """Of those of `holds` that wait for a copy, how long yet; for doors that have just been shown the holds."""
    wanted = {each.id for each in holds if each.state in WAITING}
    records = sorted({each.record for each in holds if each.id in wanted})
    if not records:
        return {}
    at = await present_moment(tx)
    titles = (await queue_store.read_titles(tx, records)).values()
    comings = await comings_of(tx, [copy for title in titles for copy in title.copies], at)
    lines = [(as_served(title.queue, title.copies, at), title.copies) for title in titles]
    return {
        waiting.id: reckoned(line, place, copies, comings, at)
        for line, copies in lines
        for place, waiting in enumerate(line)
        if waiting.id in wanted
    }


async def comings_of(tx: Transaction, copies: Sequence[Copy], at: Moment) -> Comings:
    items = [copy.item for copy in copies if copy.comes_back]
    return Comings(await store.due_days(tx, items), await store.returned_since(tx, items, at.now - LOOKED_BACK))


def reckoned(queue: Sequence[Waiting], place: int, copies: Sequence[Copy], comings: Comings, at: Moment) -> Wait:
    """The wait of the hold at `place` in the line, from the copies that could fill it. Whoever begins later or is away
    is passed by until then, and it is not their own turn before; whoever waits for another issue, or for another copy,
    takes nothing away. Pure.
    """
    hold = queue[place]
    begins = _begins(hold, at.today)
    competing = [each for each in queue[:place] if compete(each, hold)]
    before = sum(_begins(each, at.today) <= begins for each in competing)
    demand = demand_of(hold, at.today)
    fitting = [copy for copy in copies if copy.comes_back and _fits(copy, hold, at)]
    returned = sum(comings.returned.get(copy.item, 0) for copy in fitting)
    terms = [at.terms_of(subject_of(at.settings, supply_for(copy, at), demand)) for copy in fitting]
    loan_days = min((each[LOAN_DAYS].value for each in terms), default=LOAN_DAYS.default)
    cycle = cycle_days(len(fitting), returned, loan_days)
    free_in = [_free_in(copy, comings.due.get(copy.item), at.today, cycle) for copy in fitting]
    return Wait(
        days=None if begins == date.max else wait_days(before + 1, free_in, cycle, (begins - at.today).days),
        position=len(competing) + 1,
        copies=len(fitting),
        loan_days=loan_days,
        returned_lately=returned,
    )


def _begins(hold: Waiting, today: date) -> date:
    """The first day, from `today` on, that the hold wants a copy."""
    day = max(hold.active_from or today, today)
    for absence in sorted(hold.absences, key=lambda each: each.first or date.min):
        if absence.holds_on(day):
            day = absence.ended or date.max
    return day


def _fits(copy: Copy, hold: Waiting, at: Moment) -> bool:
    if hold.wanted_item not in {None, copy.item}:
        return False
    supply = supply_for(copy, at)
    is_right_issue = (hold.issue or ANY_ISSUE) in {ANY_ISSUE, supply.issue}
    return is_right_issue and isinstance(at.judge(supply, demand_of(hold, at.today)), Cost)


def _free_in(copy: Copy, due_on: date | None, today: date, cycle: int) -> int:
    if copy.is_bound or copy.is_missed:
        return cycle
    return max((due_on - today).days, 0) if due_on is not None else 0
