"""What may be done with a copy. Nothing here asks anybody."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from faelles.ground.errors import FieldProblem
from faelles.ground.fields import is_plausible
from faelles.ground.ids import AgencyId, ItemId
from faelles.items.model import HeldItem, ItemKind, ItemOutcome, NewItem, NumberSeries, Part, RfidFacts

_SERIES = 1_000_000
_OWN_SERIES_FROM = 5_000_000_000
_AGENCIES_WITH_OWN_SERIES = 1000


def default_series(agency: AgencyId) -> NumberSeries:
    """The million numbers an agency draws from until it is given others: 5, three digits of the agency, six that count.

    They begin with 50-59, which no day of a date does, nor a day raised by 60: no such number is ever read as the CPR
    number on a health card.
    """
    first = _OWN_SERIES_FROM + agency % _AGENCIES_WITH_OWN_SERIES * _SERIES
    return NumberSeries(next=f"{first + 1:010}", last=f"{first + _SERIES - 1:010}")


def new_item_problems(new: NewItem) -> list[FieldProblem]:
    """What is wrong with a new item that its fields one by one do not show."""
    problems = parts_problems(new.parts)
    if new.rfid is not None:
        problems += rfid_problems(new.rfid)
    if new.acquired_on is not None and not is_plausible(new.acquired_on):
        problems.append(FieldProblem("acquired_on", "date_out_of_range", {}))
    return problems


def parts_problems(parts: Iterable[Part]) -> list[FieldProblem]:
    numbers = [part.number for part in parts]
    return [] if len(set(numbers)) == len(numbers) else [FieldProblem("parts", "part_number_twice", {})]


def rfid_problems(rfid: RfidFacts) -> list[FieldProblem]:
    """Every tag is its own, in a part of its own, and no part lies beyond the last."""
    problems = []
    if any(tag.part > rfid.parts for tag in rfid.tags):
        problems.append(FieldProblem("rfid.tags", "rfid_part_beyond_last", {"parts": rfid.parts}))
    if len({tag.uid for tag in rfid.tags}) < len(rfid.tags) or len({tag.part for tag in rfid.tags}) < len(rfid.tags):
        problems.append(FieldProblem("rfid.tags", "rfid_tag_twice", {}))
    return problems


def withdrawals(
    asked: Iterable[ItemId], held: Mapping[ItemId, HeldItem], out: AbstractSet[ItemId]
) -> list[ItemOutcome]:
    """Which of the items asked for can be withdrawn, each once, in the order asked.

    `out` are those that circulation has out of the house's hands: on loan, claimed returned, on their way.
    """
    return [ItemOutcome(item=item, refused=_why_not_withdrawn(held.get(item), out)) for item in dict.fromkeys(asked)]


def _why_not_withdrawn(item: HeldItem | None, out: AbstractSet[ItemId]) -> str | None:
    if item is None:
        return "item_unknown"
    if item.is_withdrawn:
        return "item_withdrawn_already"
    return "item_is_out" if item.id in out else None


def restorations(asked: Iterable[ItemId], held: Mapping[ItemId, HeldItem]) -> list[ItemOutcome]:
    """Which of the items asked for can be taken back into stock, each once, in the order asked."""
    return [ItemOutcome(item=item, refused=_why_not_restored(held.get(item))) for item in dict.fromkeys(asked)]


def _why_not_restored(item: HeldItem | None) -> str | None:
    if item is None:
        return "item_unknown"
    return None if item.is_withdrawn else "item_not_withdrawn"


def why_not_received(item: HeldItem) -> str | None:
    """A placeholder arrives once, and not after it went home."""
    if item.kind is not ItemKind.PLACEHOLDER:
        return "item_is_no_placeholder"
    if item.is_sent_home:
        return "placeholder_sent_home_already"
    return "placeholder_received_already" if item.is_received else None


def why_not_sent_home(item: HeldItem, *, is_out: bool) -> str | None:
    """A placeholder goes home from the house's own hands: received, and neither lent nor gone before."""
    if item.kind is not ItemKind.PLACEHOLDER:
        return "item_is_no_placeholder"
    if item.is_sent_home:
        return "placeholder_sent_home_already"
    if not item.is_received:
        return "placeholder_not_received"
    return "item_is_out" if is_out else None
