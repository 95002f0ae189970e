"""Where copies serve the locals of their branch first, a place in line is told as they are served: first whom a copy of
the title serves before others, then everybody else, both by rank. Where no rule says so, nothing is read for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from faelles.circulation.desk.hold_states import WAITING
from faelles.circulation.holds import queue_store
from faelles.circulation.holds.counter import Counter
from faelles.circulation.holds.facts import Awaiting, Copy, PlacingFacts, TitleFacts, Waiting, compete
from faelles.circulation.holds.fitting import Supply, is_local, supply_of
from faelles.circulation.holds.matcher import present_moment
from faelles.circulation.holds.model import Placed
from faelles.circulation.holds.placing import Order
from faelles.circulation.holds.store import NewHold
from faelles.circulation.holds.title import Moment, supply_for
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, HoldId
from faelles.policies.compiled import Settings
from faelles.policies.knobs import LOCALS_FIRST, LocalsFirst
from faelles.policies.operations import current_settings


def has_locals(settings: Settings) -> bool:
    """Whether any rule lets locals go first."""
    return any(rule.value != LocalsFirst.NOBODY for rule in settings.policy.rules_for(LOCALS_FIRST))


def as_served(queue: Sequence[Waiting], copies: Iterable[Copy], at: Moment) -> list[Waiting]:
    """A queue that is in the order of ranks, in the order in which it is served."""
    supplies = {supply_for(copy, at) for copy in copies if copy.comes_back}
    return sorted(queue, key=lambda each: not is_any_local(supplies, each.pickup, each.home_branch))


def is_any_local(supplies: Iterable[Supply], pickup: BranchId, home: BranchId | None) -> bool:
    return any(is_local(supply, pickup, home) for supply in supplies)


async def places_in_line(tx: Transaction, holds: Iterable[Awaiting]) -> dict[HoldId, int]:
    """The places of those of `holds` that wait, from 1, where they are not those of their ranks."""
    wanted = {each.id: each.record for each in holds if each.state in WAITING}
    records = sorted(set(wanted.values()))
    if not records or not has_locals(await current_settings(tx)):
        return {}
    at = await present_moment(tx)
    return {
        waiting.id: place_in(served, before)
        for title in (await queue_store.read_titles(tx, records)).values()
        for served in (as_served(title.queue, title.copies, at),)
        for before, waiting in enumerate(served)
        if waiting.id in wanted
    }


def place_in(served: Sequence[Waiting], before: int) -> int:
    """The place, from 1, of whoever has `before` others before them, among those who could be given the same copies."""
    hold = served[before]
    if hold.issue is None and hold.wanted_item is None:
        return before + 1
    return 1 + sum(compete(each, hold) for each in served[:before])


async def with_places(tx: Transaction, counter: Counter, facts: PlacingFacts, home: BranchId, order: Order) -> Order:
    """What is about to be placed, with the places that locals really get; whoever is none is last."""
    if not order.grants or not has_locals(counter.settings):
        return order
    supplies = {title.record: _supplies(counter, title) for title in facts.titles}
    local = {each.id: each for each in order.grants if is_any_local(supplies[each.record], each.pickup, home)}
    if not local:
        return order
    others = [
        each
        for each in await queue_store.read_queues(tx, sorted(supplies))
        if is_any_local(supplies[each.record], each.pickup, each.home_branch)
    ]
    return replace(
        order,
        answers=tuple(_placed(each, local.get(each.hold) if each.hold else None, others) for each in order.answers),
    )


def _supplies(counter: Counter, title: TitleFacts) -> set[Supply]:
    return {
        supply_of(counter.settings, copy, counter.today, counter.terms_of) for copy in title.copies if copy.comes_back
    }


def _placed(answer: Placed, new: NewHold | None, others: Sequence[Waiting]) -> Placed:
    if new is None:
        return answer
    before = sum(each.record == new.record and each.rank < new.rank and compete(each, new) for each in others)
    return msgspec.structs.replace(answer, position=before + 1)
