"""Whom no copy will ever fill, as things stand: what is left of the title is lost, or was never for them. Pure.

What only has to be waited for leaves a hold with hope: a copy that is out, on its way, booked, or new at home.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from faelles.circulation.holds.facts import Copy, Waiting
from faelles.circulation.holds.fitting import Demand, Unfit, demand_of, passes_with_time
from faelles.circulation.holds.matching import WhyNot
from faelles.circulation.holds.title import Moment, supply_for
from faelles.ground.ids import HoldId, IssueId, ItemId

_HAS_HOPE: Final = frozenset({WhyNot.OTHERS_FIRST, WhyNot.LOCALS_FIRST})
"""What matching says only where a copy fits."""

_Wanted = tuple[Demand, IssueId | None, ItemId | None]


def find_unfillable(
    queue: Sequence[Waiting], copies: Sequence[Copy], passed: Mapping[HoldId, WhyNot], at: Moment
) -> dict[HoldId, WhyNot]:
    """Those of `passed` that none of `copies` will ever fill, each with the reason."""
    known: dict[_Wanted, WhyNot | None] = {}
    found: dict[HoldId, WhyNot] = {}
    for hold in queue:
        if hold.id not in passed or passed[hold.id] in _HAS_HOPE:
            continue
        wanted = demand_of(hold, at.today), hold.issue, hold.wanted_item
        if wanted not in known:
            known[wanted] = _why_nothing(wanted, copies, at)
        why = known[wanted]
        if why is not None:
            found[hold.id] = why
    return found


def _why_nothing(wanted: _Wanted, copies: Sequence[Copy], at: Moment) -> WhyNot | None:
    """The reason, where there is nothing to wait for."""
    demand, issue, item = wanted
    if not copies:
        return WhyNot.NO_COPIES
    wished_for = [copy for copy in copies if item in {None, copy.item} and issue in {None, copy.issue}]
    if not wished_for and item is None:
        return WhyNot.ISSUE_GONE
    coming = [copy for copy in wished_for if copy.comes_back]
    if not coming:
        return WhyNot.ALL_GONE if item is None else WhyNot.COPY_GONE
    against: list[Unfit] = []
    for supply in dict.fromkeys(supply_for(copy, at) for copy in coming):
        verdict = at.judge(supply, demand)
        if not isinstance(verdict, Unfit) or passes_with_time(verdict):
            return None
        against.append(verdict)
    return WhyNot(min(against).value)
