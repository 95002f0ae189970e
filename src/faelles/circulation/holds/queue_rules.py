"""Places in a queue. Pure: ranks are whole numbers far apart; between two of them there is most often room."""

from collections.abc import Sequence
from typing import NamedTuple

from faelles.circulation.holds.model import MoveTo
from faelles.ground.ids import HoldId

RANK_STEP = 2**20
"""Between two holds placed one after the other: room for twenty moves into the same gap."""


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
