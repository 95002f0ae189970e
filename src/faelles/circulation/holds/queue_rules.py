"""Places in a queue. Pure: ranks are whole numbers far apart; between two of them there is most often room."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from faelles.circulation.holds.facts import AlsoWaiting, Later, Wished, compete
from faelles.circulation.holds.model import MoveTo
from faelles.ground.ids import HoldId

RANK_STEP = 2**20
"""Between two holds placed one after the other: room for twenty moves into the same gap."""
_FAR = 2**40
"""Before a hold that lets others go first: room for a million of them."""


class Ranked(NamedTuple):
    hold: HoldId
    rank: int


def new_place(queue: Sequence[HoldId], moving: HoldId, to: MoveTo | None, before: HoldId | None) -> int | None:
    """Where `moving` will stand in the queue without it, from 0; None where `before` is not in the queue."""
    at, others = queue.index(moving), [hold for hold in queue if hold != moving]
    if before is not None:
        return others.index(before) if before in others else None
    places = {
        MoveTo.TOP: 0,
        MoveTo.UP: max(at - 1, 0),
        MoveTo.DOWN: min(at + 1, len(others)),
        MoveTo.BOTTOM: len(others),
    }
    return places[to] if to is not None else None


def rank_at(place: int, others: Sequence[Ranked]) -> int | None:
    """A rank for that place among `others`, which are in order; None where two stand too close."""
    after = others[place - 1].rank if place > 0 else None
    before = others[place].rank if place < len(others) else None
    if before is None:
        return (after or 0) + RANK_STEP
    if after is None:
        return before - RANK_STEP
    return (after + before) // 2 if before - after > 1 else None


class PlaceInLine(NamedTuple):
    """A place at the end of a queue. `position` counts those who wait for the same copies, from 1."""

    rank: int
    position: int


@dataclass(frozen=True, slots=True)
class QueueEnd:
    """A queue as somebody joins it: the last rank of those who want a copy now, how many wait for what, and who begins
    later.
    """

    last_rank: int
    waiting: tuple[AlsoWaiting, ...]
    later: tuple[Later, ...]

    def place(self, wished: Wished, begins: date, today: date, *, slots_in: bool) -> PlaceInLine | None:
        """Behind everybody. `slots_in`: only behind those who want it no later than on the day `begins`. None where two
        stand too close.
        """
        last = 1 + sum(each.holds for each in self.waiting if compete(each, wished))
        earlier = (each.rank for each in self.later if not slots_in or each.active_from <= begins)
        after = max([self.last_rank, *earlier])
        behind = [each for each in self.later if each.rank > after]
        if not behind:
            rank = after + (_FAR if slots_in and begins > today else RANK_STEP)
            return PlaceInLine(rank, last)
        first = min(each.rank for each in behind)
        if first - after <= 1:
            return None
        rank = min(after + RANK_STEP, (after + first) // 2)
        return PlaceInLine(rank, last - sum(each.waits and compete(each, wished) for each in behind))

    def joined(self, wished: Wished, rank: int, begins: date, today: date) -> "QueueEnd":
        """The queue with one more in it."""
        issue, item = wished.issue, wished.wanted_item
        waiting = (*self.waiting, AlsoWaiting(issue, item, 1))
        if begins > today:
            later = Later(rank, begins, waits=True, issue=issue, wanted_item=item)
            return replace(self, waiting=waiting, later=(*self.later, later))
        return replace(self, waiting=waiting, last_rank=max(self.last_rank, rank))
