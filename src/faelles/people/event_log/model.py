"""Events as a reader outside sees them."""

from datetime import datetime

from msgspec import Struct

from faelles.ground.actor import ActorKind
from faelles.ground.events import Dimension, Position
from faelles.ground.ids import AccountId, EventId, HoldId, ItemId, LoanId

MOST = 500
"""Events looked through at once."""
LOOKED_THROUGH = 20_000
"""How far back one search goes."""


class ShownEvent(Struct, frozen=True, kw_only=True):
    """A fact. It names nobody: `actor` is what kind of one acted, and what statistics need to know of a patron stands
    in `dimensions`.
    """

    id: EventId
    at: datetime
    actor: ActorKind
    kind: str
    loan: LoanId | None
    hold: HoldId | None
    item: ItemId | None
    account: AccountId | None
    subject: int | None
    dimensions: dict[str, Dimension]


class EventsRead(Struct, frozen=True, kw_only=True):
    """Those of the wanted kind among the next events, in order; `reached` is past all that were looked through."""

    events: list[ShownEvent]
    reached: Position
    is_end: bool
    """Nothing more is there yet."""


class EventsSearched(Struct, frozen=True, kw_only=True):
    """The latest first. `reached`: where the search can be gone on with; None where nothing is left."""

    events: list[ShownEvent]
    reached: Position | None
    reached_at: datetime | None
