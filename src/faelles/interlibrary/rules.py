"""Which state may follow which. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from faelles.interlibrary.model import State

FOLLOWS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.REQUESTED: frozenset({State.ORDERED, State.DENIED, State.CANCELLED}),
        State.ORDERED: frozenset({State.RECEIVED, State.DENIED, State.CANCELLED}),
        State.RECEIVED: frozenset({State.LENT, State.CLOSED}),
        State.LENT: frozenset(),
        State.RETURNED: frozenset({State.CLOSED}),
        State.CLOSED: frozenset(),
        State.DENIED: frozenset(),
        State.CANCELLED: frozenset(),
    }
)
"""That it is back from the patron is circulation's to say: `returned` is read, never written."""


def may_follow(now: State, then: State) -> bool:
    return then in FOLLOWS[now]
