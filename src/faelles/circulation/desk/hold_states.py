"""The life of a hold, as data: what follows what."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class HoldState(StrEnum):
    PENDING = "pending"
    """Waits; no copy is meant for it."""
    MATCHED = "matched"
    """A copy is planned for it and stands on a pick list; another may be planned tomorrow."""
    CAPTURED = "captured"
    """A copy is bound to it."""
    IN_TRANSIT = "in_transit"
    """The copy is on its way to the pickup branch."""
    READY = "ready"
    """Staff scanned the copy onto the hold shelf of the pickup branch."""
    COLLECTED = "collected"
    EXPIRED = "expired"
    """Interest ran out, or nobody picked it up."""
    CANCELLED = "cancelled"


TRANSITIONS: Final[Mapping[HoldState, frozenset[HoldState]]] = MappingProxyType(
    {
        HoldState.PENDING: frozenset(
            {HoldState.MATCHED, HoldState.CAPTURED, HoldState.COLLECTED, HoldState.EXPIRED, HoldState.CANCELLED}
        ),
        HoldState.MATCHED: frozenset(
            {HoldState.PENDING, HoldState.CAPTURED, HoldState.COLLECTED, HoldState.EXPIRED, HoldState.CANCELLED}
        ),
        HoldState.CAPTURED: frozenset(
            {HoldState.PENDING, HoldState.IN_TRANSIT, HoldState.READY, HoldState.COLLECTED, HoldState.CANCELLED}
        ),
        HoldState.IN_TRANSIT: frozenset(
            {HoldState.PENDING, HoldState.CAPTURED, HoldState.READY, HoldState.COLLECTED, HoldState.CANCELLED}
        ),
        HoldState.READY: frozenset(
            {HoldState.PENDING, HoldState.CAPTURED, HoldState.COLLECTED, HoldState.EXPIRED, HoldState.CANCELLED}
        ),
        HoldState.COLLECTED: frozenset(),
        HoldState.EXPIRED: frozenset(),
        HoldState.CANCELLED: frozenset(),
    }
)
"""What a hold may become. Back to PENDING: its copy is lost, or given back to the queue. From READY to CAPTURED: the
pickup branch was changed, or the copy was taken off the hold shelf. A check-out that is undone was never made, and so
collected nothing: the SQL function `reopen_holds` takes that back.
"""

CLOSED: Final = frozenset(state for state, following in TRANSITIONS.items() if not following)
OPEN: Final = frozenset(HoldState) - CLOSED
WAITING: Final = frozenset({HoldState.PENDING, HoldState.MATCHED})
"""No copy is bound yet: these are the queue."""
BOUND: Final = OPEN - WAITING
"""A copy is bound, and is nobody else's until the hold is over."""


def may_become(following: HoldState) -> frozenset[HoldState]:
    """The states from which `following` can be reached."""
    return frozenset(state for state, after in TRANSITIONS.items() if following in after)
