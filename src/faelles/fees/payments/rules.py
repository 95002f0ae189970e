"""What follows from a provider's word. Pure: said once or ten times, in whatever order, it comes to the same."""

from collections.abc import Mapping, Sequence
from typing import Final

from faelles.fees.payments.model import Line, Order, OrderState, Told
from faelles.ground.ids import ChargeId
from faelles.ground.money import Ore

_OPEN: Final = frozenset({OrderState.CREATED, OrderState.STARTED})
_TAKING: Final = frozenset({OrderState.AUTHORIZED, OrderState.CAPTURED})
_GIVEN_UP: Final = frozenset({OrderState.CANCELLED, OrderState.CANCELLING})
UNFINISHED: Final = _OPEN | {OrderState.AUTHORIZED, OrderState.CANCELLING}


def after(state: OrderState, told: Told, to_capture: Ore) -> OrderState:
    """The state that an order comes to when its provider has spoken. `to_capture`: what is still owed of it.

    A second attempt may succeed where the first one failed. What was given up is cancelled again, and what is owed no
    more is not taken. But money that the provider has taken is in the books, whatever we thought.
    """
    if state is OrderState.CAPTURED or told is Told.CAPTURED:
        return OrderState.CAPTURED
    if told is Told.AUTHORIZED:
        if state in _GIVEN_UP:
            return OrderState.CANCELLING
        if state is OrderState.AUTHORIZED:
            return state
        return OrderState.AUTHORIZED if to_capture > 0 else OrderState.CANCELLING
    if state in _GIVEN_UP:
        return OrderState.CANCELLED
    return OrderState.CANCELLED if told is Told.CANCELLED else OrderState.FAILED


def to_capture(lines: Sequence[Line], owed: Mapping[ChargeId, Ore]) -> Ore:
    """What is still owed of what was ordered: something may have been paid at the desk meanwhile."""
    return Ore(sum(min(line.amount_ore, max(owed.get(line.charge, Ore(0)), 0)) for line in lines))


def expected(order: Order, told: Told) -> Ore:
    """The amount that a provider's word is about: all that was ordered, or, while we ask for that, what we asked it to
    take of it. After a capture that was refused the patron may pay all of it anew.
    """
    asked = order.capture_ore if told is Told.CAPTURED and order.state in _TAKING else None
    return asked or order.amount_ore


def may_cancel(state: OrderState) -> bool:
    """Whether a patron can still think better of it."""
    return state in _OPEN
