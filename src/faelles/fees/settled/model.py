"""What a claim ended with."""

from datetime import datetime

from msgspec import Struct


class Settlement(Struct, frozen=True, kw_only=True):
    """The last thing that was entered on a claim. `payment` and `reference` are None where it was let go."""

    at: datetime
    payment: int | None
    reference: str | None
