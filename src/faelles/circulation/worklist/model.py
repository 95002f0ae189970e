"""Entries of the work list, and how they are settled."""

from datetime import datetime

import msgspec

from faelles.ground.fields import ShortText
from faelles.ground.ids import BranchId, DivisionId, ItemId, LoanId


class WorkEntry(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` says what happened (`offline_checkout`, `search_shelves`), `details` what stood against it, as codes."""

    id: int
    branch: BranchId
    division: DivisionId
    kind: str
    loan: LoanId | None
    item: ItemId | None
    scanned_item: str | None
    scanned_card: str | None
    details: dict[str, str | int | bool | None]
    happened_at: datetime
    recorded_at: datetime
    settled_at: datetime | None
    settled_how: str | None


class Settle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done about it, in a few words."""

    how: ShortText
