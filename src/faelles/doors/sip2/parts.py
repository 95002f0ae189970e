"""Values with `%` between their parts, as SIP2 in XML has them."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from faelles.circulation.self_service.model import TitleTold
from faelles.doors.sip2.text import tidy
from faelles.patrons.model import Contact

_SEPARATOR: Final = "%"
_NOTHING: Final = ("",) * 5
_KINDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "article": ("a", "xx"),
        "audiobook": ("r", ""),
        "book": ("a", "xx"),
        "ebook": ("a", "xe"),
        "image": ("g", "xx"),
        "map": ("e", "xx"),
        "movie": ("m", ""),
        "music": ("s", ""),
        "periodica": ("a", "xx"),
        "sheetmusic": ("c", "xx"),
        "software": ("t", ""),
        "thing": ("u", "xx"),
    }
)
"""danMARC2 009 a and g by material type; g is empty where one type comes on several carriers."""


def joined(parts: Iterable[str | None]) -> str:
    """Parts of one value; an empty one keeps its place."""
    return _SEPARATOR.join(tidy(part or "").replace(_SEPARATOR, " ") for part in parts)


def address(name: str, contact: Contact) -> str:
    """BD: name, street, postal code, city, country."""
    return joined((name, contact.street, contact.postal_code, contact.city, contact.country))


def described(told: TitleTold | None) -> tuple[str | None, ...]:
    """Title, author, kind of material, carrier, DK5."""
    if told is None:
        return _NOTHING
    kind, carrier = _KINDS.get(told.material_type, ("", ""))
    return told.title, next(iter(told.creators), ""), kind, carrier, told.classification


def day(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""
