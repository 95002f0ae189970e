"""Numbers of records, and what may replace what. Nothing here asks anybody."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import cycle

from faelles.catalog.model import Record
from faelles.ground.ids import AgencyId, RecordId

NATIONAL_BASE = "870970-basis"
"""The national bibliographic base; its records are known by FAUST number."""
LOCAL_BASE = "katalog"

_FAUST = re.compile(r"[0-9]{8,9}")
_FAUST_WEIGHTS = (2, 3, 4, 5, 6, 7)
_ISBN_10 = re.compile(r"[0-9]{9}[0-9X]")
_ISBN_13 = re.compile(r"97[89][0-9]{10}")
_DK5 = re.compile(r"[0-9]{2}(\.[0-9]+)*(:[0-9.]+)?")
_FICTION = "sk"


def faust_check_digit(stem: str) -> int | None:
    """The last digit of the FAUST number that begins with `stem` (7 or 8 digits); None: no such number exists.

    Modulus 11 with weights 2, 3, ... 7 repeating from the right (danMARC2 field 001).
    """
    total = sum(int(digit) * weight for digit, weight in zip(reversed(stem), cycle(_FAUST_WEIGHTS), strict=False))
    check = -total % 11
    return check if check <= 9 else None  # noqa: PLR2004 - ten is no digit


def is_faust(number: str) -> bool:
    """Whether `number` is a FAUST number: 8 or 9 digits, the last of them the check digit."""
    return _FAUST.fullmatch(number) is not None and faust_check_digit(number[:-1]) == int(number[-1])


def national_identifier(faust: str) -> str:
    return f"{NATIONAL_BASE}:{faust}"


def owner_code(isil: str) -> str:
    """How an agency is named in identifiers: its ISIL without the country, `DK-715100` as `715100`."""
    return isil.partition("-")[2] or isil


def normal_isbn(text: str) -> str | None:
    """The 13 digits of an ISBN written in any way (ISO 2108), or None where its check digit is wrong."""
    plain = text.replace("-", "").replace(" ", "").upper()
    if _ISBN_10.fullmatch(plain):
        digits = [10 if digit == "X" else int(digit) for digit in plain]
        if sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11:
            return None
        stem = "978" + plain[:9]
        return stem + str(_ean_check_digit(stem))
    if _ISBN_13.fullmatch(plain) and _ean_check_digit(plain[:12]) == int(plain[12]):
        return plain
    return None


def _ean_check_digit(stem: str) -> int:
    return -sum(int(digit) * weight for digit, weight in zip(stem, cycle((1, 3)), strict=False)) % 10


@dataclass(frozen=True, slots=True)
class NumberWanted:
    """Everything a typed or scanned number may be looked up as."""

    names: tuple[str, ...]
    isbn: str | None


def number_wanted(typed: str) -> NumberWanted:
    """Read a number as people write it: FAUST in groups (`2 949 494 0`), ISBN with hyphens, an identifier, an alias."""
    plain = "".join(typed.split())
    names = [plain]
    if is_faust(plain):
        names.append(national_identifier(plain))
    return NumberWanted(tuple(names), normal_isbn(plain))


def classification_among(subjects: tuple[str, ...]) -> str | None:
    """The DK5 mark that stands among a record's subjects: the first decimal one, else `sk` for fiction."""
    decimal = next((subject for subject in subjects if _DK5.fullmatch(subject)), None)
    return decimal or (_FICTION if _FICTION in subjects else None)


def why_not_succeeded_by(
    record: Record, successor: Record, leads_to: AbstractSet[RecordId], agency: AgencyId
) -> str | None:
    """The code of what forbids `successor` to take the place of `record`; None: nothing does.

    `leads_to` are the records that following `successor` comes by, itself included.
    """
    if record.agency != agency:
        return "record_not_yours"
    if record.successor is not None:
        return "record_succeeded_already"
    if record.id == successor.id:
        return "record_succeeds_itself"
    if record.id in leads_to:
        return "record_succession_circular"
    return None
