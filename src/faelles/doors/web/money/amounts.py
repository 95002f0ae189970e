"""Amounts as people type them: `12`, `12,50`, `1.250,00 kr.`."""

import re
from typing import Annotated, Final

import msgspec

from faelles.ground.errors import invalid_field

_KRONER: Final = re.compile(r"(\d{1,3}(?:[. ]\d{3})+|\d{1,7})(?:[,.](\d{1,2}))?(?: ?(?:kr\.?|,-))?")

AmountText = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


def ore_of(text: str, field: str) -> int:
    """Øre of an amount in kroner. Raises InvalidRequestError for `field` where it is none."""
    match = _KRONER.fullmatch(text.strip().replace("\N{NO-BREAK SPACE}", " "))
    if match is None:
        raise invalid_field(field, "amount_malformed")
    kroner, rest = match[1].replace(".", "").replace(" ", ""), (match[2] or "").ljust(2, "0")
    return int(kroner) * 100 + int(rest)


def above_nothing(text: str, field: str = "amount") -> int:
    """As `ore_of`, and no amount of nothing."""
    ore = ore_of(text, field)
    if ore == 0:
        raise invalid_field(field, "amount_is_nothing")
    return ore


def kroner_text(ore: int) -> str:
    """As it stands in a field: `12,50`."""
    return f"{ore // 100},{ore % 100:02}"
