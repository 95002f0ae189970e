"""What a patron is recognised by: the forms, their check digits, and how they are looked up.

A civil registration number (CPR) is nowhere stored in clear: it is found by a keyed hash and kept encrypted, and no
function here puts one in an error. Everything else is found by its normalised form.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from faelles.ground.crypto import Keyring
from faelles.ground.ids import AgencyId


class IdentifierKind(StrEnum):
    CARD = "card"
    CPR = "cpr"
    UNI_LOGIN = "uni_login"
    EMAIL = "email"
    CVR = "cvr"
    EAN = "ean"


_PURPOSE = "cpr"
_CPR = re.compile(r"([0-9]{6})[- ]?([0-9]{4})")
_CARD = re.compile(r"[A-Z0-9]{4,32}")
_UNI_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,63}")
_EMAIL = re.compile(r"[^\s@\x00-\x20\x7f\"<>,;]{1,64}@(?=.{3,189}$)[a-z0-9æøåäöüé-]+(\.[a-z0-9æøåäöüé-]+)+")
_CVR = re.compile(r"[0-9]{8}")
_CVR_WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 1)
_EAN = re.compile(r"[0-9]{13}")
_REPLACEMENT_DAYS = 60
"""A replacement number, given to somebody who has no real one (and to test data), has this added to its day."""


@dataclass(frozen=True, slots=True)
class Cpr:
    """A plausible number. It never shows itself, so that no log or traceback can."""

    number: str = field(repr=False)
    birth_date: date
    is_replacement: bool
    """The day is 61-91: it belongs to nobody in the register."""


def read_cpr(text: str) -> Cpr | None:
    """The number in `ddmmyyXXXX` or `ddmmyy-XXXX`, or None where no birth date can be read from it.

    The century follows from the seventh digit and the year (the register's own table). The mod-11 check digit is not
    looked at: since 2007 numbers are given out that do not have it.
    """
    match = _CPR.fullmatch(text.strip())
    if match is None:
        return None
    number = match[1] + match[2]
    day, month, year = int(number[:2]), int(number[2:4]), int(number[4:6])
    is_replacement = day > _REPLACEMENT_DAYS
    try:
        born = date(_century(int(number[6]), year) + year, month, day - _REPLACEMENT_DAYS if is_replacement else day)
    except ValueError:
        return None
    return Cpr(number, born, is_replacement)


def _century(seventh: int, year: int) -> int:
    if seventh <= 3:  # noqa: PLR2004 - the register's table
        return 1900
    if seventh in {4, 9}:
        return 2000 if year <= 36 else 1900  # noqa: PLR2004 - the register's table
    return 2000 if year <= 57 else 1800  # noqa: PLR2004 - the register's table


_LATER_SEVENTH = {1800: 5, 1900: 0, 2000: 5}


def made_up_cpr(born: date, serial: int) -> str:
    """A number for demonstrations and tests that reads as `born` (1858-2057) and can belong to nobody: its day has 60
    added. `serial` (0-999) tells those born on one day apart.
    """
    century = born.year // 100 * 100
    return (
        f"{born.day + _REPLACEMENT_DAYS:02d}{born.month:02d}{born.year % 100:02d}{_LATER_SEVENTH[century]}{serial:03d}"
    )


def normalise(kind: IdentifierKind, text: str) -> str | None:
    """The one form in which an identifier is stored and sought, or None where `text` cannot be one of the kind."""
    return _NORMALISE[kind](text)


def _card(text: str) -> str | None:
    plain = text.replace(" ", "").replace("-", "").upper()
    return plain if _CARD.fullmatch(plain) else None


def _cpr(text: str) -> str | None:
    found = read_cpr(text)
    return found.number if found else None


def _uni_login(text: str) -> str | None:
    plain = text.strip().lower()
    return plain if _UNI_LOGIN.fullmatch(plain) else None


def _email(text: str) -> str | None:
    plain = text.strip().lower()
    return plain if _EMAIL.fullmatch(plain) else None


def _cvr(text: str) -> str | None:
    plain = text.replace(" ", "").upper().removeprefix("DK")
    if not _CVR.fullmatch(plain):
        return None
    total = sum(weight * int(digit) for weight, digit in zip(_CVR_WEIGHTS, plain, strict=True))
    return plain if total % 11 == 0 and int(plain) > 0 else None


def _ean(text: str) -> str | None:
    plain = text.replace(" ", "")
    if not _EAN.fullmatch(plain):
        return None
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(plain))
    return plain if total % 10 == 0 and int(plain) > 0 else None


_NORMALISE = {
    IdentifierKind.CARD: _card,
    IdentifierKind.CPR: _cpr,
    IdentifierKind.UNI_LOGIN: _uni_login,
    IdentifierKind.EMAIL: _email,
    IdentifierKind.CVR: _cvr,
    IdentifierKind.EAN: _ean,
}


def stored_lookup(keyring: Keyring, agency: AgencyId, kind: IdentifierKind, normalised: str) -> str:
    """What stands in `patron_identifier.lookup`: the value itself, for CPR the hex of its keyed hash."""
    if kind is IdentifierKind.CPR:
        return keyring.lookup_hash(_PURPOSE, agency, normalised).hex()
    return normalised


def sealed(keyring: Keyring, agency: AgencyId, kind: IdentifierKind, normalised: str) -> bytes | None:
    """What stands in `patron_identifier.sealed`: the CPR number encrypted; nothing for the other kinds."""
    return keyring.encrypt(_PURPOSE, agency, normalised) if kind is IdentifierKind.CPR else None


def unseal(keyring: Keyring, agency: AgencyId, kept: bytes) -> str:
    return keyring.decrypt(_PURPOSE, agency, kept)


def lookups(keyring: Keyring, agency: AgencyId, kind: IdentifierKind, normalised: str) -> list[str]:
    """Every value `lookup` may have for this identifier: one, or for CPR one for each key still in use."""
    if kind is IdentifierKind.CPR:
        return [digest.hex() for digest in keyring.lookup_hashes(_PURPOSE, agency, normalised)]
    return [normalised]


def lookup_keys(keyring: Keyring, agency: AgencyId, scan: str) -> list[str]:
    """The values of `patron_identifier.lookup` that a scan may stand for, without doubles; none for what can be no
    identifier at all. Ten digits may be a card and a health card's CPR number; the caller asks when two are found.
    """
    found: dict[str, None] = {}
    # Every scan of the country comes by here: to look a kind up by its name costs more than to test what it may be.
    for kind, as_kind in _NORMALISE.items():
        plain = as_kind(scan)
        if plain is not None:
            found.update(dict.fromkeys(lookups(keyring, agency, kind, plain)))
    return list(found)


def shown_of_unknown(scan: str) -> str:
    """What may be kept of a scan that led to nobody: of a civil registration number the birth date alone, which staff
    can search by.
    """
    cpr = read_cpr(counting_form(scan))
    return scan if cpr is None else f"{cpr.number[:6]}-****"


def counting_form(typed: str) -> str:
    """What failed attempts with a typed identifier are counted under: however a card is spaced, it is one card."""
    return re.sub(r"[\s-]", "", typed).casefold()
