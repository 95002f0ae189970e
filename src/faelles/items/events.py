"""The facts that the stock emits, with what statistics need to know of the item."""

from faelles.ground.events import Dimension, Event
from faelles.ground.ids import ItemId, RecordId
from faelles.items.model import HeldItem


def item_registered(item: HeldItem) -> Event:
    """A new copy of the agency's own."""
    return Event(kind="item_registered", item=item.id, dimensions=_about(item))


def placeholder_expected(item: HeldItem, lender_isil: str) -> Event:
    return Event(kind="placeholder_expected", item=item.id, dimensions={**_about(item), "lender": lender_isil})


def placeholder_received(item: HeldItem) -> Event:
    return Event(kind="placeholder_received", item=item.id, dimensions=_about(item))


def placeholder_sent_home(item: HeldItem) -> Event:
    return Event(kind="placeholder_sent_home", item=item.id, dimensions=_about(item))


def item_changed(item: HeldItem, fields: list[str]) -> Event:
    """`fields` are the names of those that the request gave."""
    return Event(kind="item_changed", item=item.id, dimensions={**_about(item), "fields": " ".join(fields)})


def item_withdrawn(item: HeldItem, reason: str) -> Event:
    return Event(kind="item_withdrawn", item=item.id, dimensions={**_about(item), "reason": reason})


def item_restored(item: HeldItem) -> Event:
    return Event(kind="item_restored", item=item.id, dimensions=_about(item))


def item_parts_described(item: ItemId, parts: int) -> Event:
    return Event(kind="item_parts_described", item=item, dimensions={"parts": parts})


def item_part_marked(item: ItemId, part: int, *, is_present: bool) -> Event:
    return Event(kind="item_part_marked", item=item, dimensions={"part": part, "is_present": is_present})


def item_note_written(item: ItemId, note: int) -> Event:
    return Event(kind="item_note_written", item=item, subject=note)


def item_note_dismissed(item: ItemId, note: int) -> Event:
    return Event(kind="item_note_dismissed", item=item, subject=note)


def items_refiled(record: RecordId, successor: RecordId, count: int) -> Event:
    """`count` copies of a record belong to its successor now."""
    return Event(kind="items_refiled", subject=record, dimensions={"successor": successor, "count": count})


def number_series_set(following: str, last: str) -> Event:
    return Event(kind="number_series_set", dimensions={"next": following, "last": last})


def _about(item: HeldItem) -> dict[str, Dimension]:
    return {
        "branch": item.place.branch,
        "division": item.place.division,
        "material_group": item.material_group,
        "record": item.record,
        "material_type": item.material_type,
        "language": item.language,
        "classification": item.classification,
        "price_ore": item.price_ore,
    }


def item_tag_noted(item: ItemId) -> Event:
    return Event(kind="item.tag_noted", item=item)
