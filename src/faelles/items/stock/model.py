"""Copies that are counted, not numbered."""

from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import Id
from faelles.ground.ids import MaterialGroupId, PlacementId, RecordId

Quantity = Annotated[int, Meta(ge=0, le=1_000_000)]
QuantityChange = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """Copies that are counted, not numbered: thirty identical readers."""

    id: int
    record: RecordId
    placement: PlacementId
    material_group: MaterialGroupId
    quantity: int


class StockCount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many there are now, whatever was thought before."""

    record: Id
    placement: Id
    material_group: Id
    quantity: Quantity


class StockChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many came (more than nothing) or went (less)."""

    difference: QuantityChange


class StockPage(msgspec.Struct, frozen=True, kw_only=True):
    stock: tuple[Stock, ...]
    next: int | None
