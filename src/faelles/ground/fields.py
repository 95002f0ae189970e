"""Kinds of request fields, with their bounds. What does not fit is refused by the door before anything is opened."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

# Python takes $ to stand before a last newline too; what follows it here says no, and says nothing in JSON Schema.
PRINTABLE = r"^[^\x00-\x1f\x7f]*$(?!\n)"
_PRINTABLE_LINES = r"^[^\x00-\x08\x0b-\x1f\x7f]*$(?!\n)"
_UNSEEN = r" \xa0\xad\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0"
"""Blanks of every width, none among them, and what turns the direction of writing."""
_WORDED = rf"^[{_UNSEEN}]*[^\x00-\x1f\x7f{_UNSEEN}][^\x00-\x1f\x7f]*$(?!\n)"
HIGHEST_ID = 2**53 - 1

LongText = Annotated[str, Meta(max_length=4000, pattern=_PRINTABLE_LINES)]
"""A note; lines are allowed."""
Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$(?!\n)")]
MISFIT = "misfit"
"""Under this name a kind of field keeps, in its `extra`, the code of what a person is told of another form."""
ShortText = Annotated[str, Meta(min_length=1, max_length=200, pattern=_WORDED, extra={MISFIT: "text_not_seen"})]
"""A name, a code, a reason on one line; what nobody can see is none."""
ItemNumberText = Annotated[str, Meta(pattern=r"^[0-9]{10}$(?!\n)", extra={MISFIT: "item_number_malformed"})]
"""Ten digits, as in the barcode."""
ScannedItem = Annotated[str, Meta(pattern=r"^ *[0-9]{10} *$(?!\n)", extra={MISFIT: "item_number_malformed"})]
"""An item number as readers and people send it, with blanks around it; the request takes them off (`trim`)."""
Scan = Annotated[str, Meta(min_length=1, max_length=100, pattern=PRINTABLE)]
"""Whatever a reader sends: a card, an item, a health card."""
Id = Annotated[int, Meta(ge=1, le=HIGHEST_ID)]
AmountOre = Annotated[int, Meta(ge=1, le=100_000_000)]
"""An amount of money above nothing and below a million kroner."""
PageSize = Annotated[int, Meta(ge=1, le=200)]

EARLIEST_DAY = date(1880, 1, 1)
LATEST_DAY = date(2200, 12, 31)
_DATELESS = (str, int, float)
"""What most of a request is, and no day is hidden in."""


def trim(request: Struct, *fields: str) -> None:
    """Take the blanks off what was scanned. For a request's `__post_init__`: from then on it never changes."""
    for field in fields:
        scanned = getattr(request, field)
        if scanned is not None:
            force_setattr(request, field, scanned.strip())


def is_plausible(day: date) -> bool:
    """Whether a day can belong to a living library; 9999-12-31 cannot, and PostgreSQL would take it for infinity."""
    return EARLIEST_DAY <= day <= LATEST_DAY


def implausible_days(value: object, place: str = "") -> Iterator[str]:
    """The dotted paths of the days and moments in a decoded request, at any depth, that are not plausible."""
    if isinstance(value, date):
        if not is_plausible(value.date() if isinstance(value, datetime) else value):
            yield place
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            if inner is not None and not isinstance(inner, _DATELESS):
                yield from implausible_days(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from implausible_days(inner, f"{place}.{number}" if place else str(number))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from implausible_days(inner, f"{place}.{name}" if place else str(name))
