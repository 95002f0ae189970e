"""What our words are called in SIP2, as `data/codes.toml` says."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.facts import ItemFacts, ItemState
from faelles.fees.desk.model import Means
from faelles.ground.i18n import Language
from faelles.items.model import IN_THE_WORKSHOP
from faelles.people.model import Permission

_DATA: Mapping[str, Any] = tomllib.loads(
    (resources.files("faelles.doors.sip2") / "data" / "codes.toml").read_text(encoding="utf-8")
)
REFUSALS: Mapping[str, Mapping[str, str]] = _DATA["refusal"]
PERMISSIONS = {code: Permission(name) for code, name in _DATA["permission"].items()}
MEANS = {code: Means(name) for code, name in _DATA["payment_type"].items()}
LANGUAGE_CODES: Mapping[str, str] = _DATA["language"]
SUPPORTED: tuple[str, ...] = tuple(_DATA["supported"]["messages"])

_STATES: Mapping[str, str] = _DATA["circulation_status"]
_MEDIA: Mapping[str, str] = _DATA["media_type"]
_FEES: Mapping[str, str] = _DATA["fee_type"]
_FLAGS: Mapping[str, list[int]] = _DATA["patron_status"]
_ALWAYS = frozenset(_DATA["supported"]["always"])
_SPOKEN = {code: Language(name) for code, name in _DATA["spoken"].items()}
_MAGNETIC = frozenset({"004", "005"})
_STATUS_LENGTH = 14
_STOLEN_CARD, _CARD_LOST = "O", 4
_HIGHEST_COUNT = 9999


def circulation_status(copy: ItemFacts, *, set_aside: bool) -> str:
    if copy.withdrawn:
        return _STATES["other"]
    if copy.state is ItemState.AVAILABLE and set_aside:
        return _STATES["set_aside"]
    if copy.state is ItemState.AVAILABLE and copy.condition in IN_THE_WORKSHOP:
        return _STATES["in_process"]
    return _STATES.get(copy.state.value, _STATES["other"])


def media_type(material_type: str) -> str:
    return _MEDIA.get(material_type, _MEDIA["other"])


def is_magnetic(material_type: str) -> bool:
    """Whether desensitizing could wipe it."""
    return media_type(material_type) in _MAGNETIC


def fee_type(kind: str) -> str:
    return _FEES.get(kind, _FEES["manual"])


def patron_status(blocks: Iterable[Block]) -> str:
    """The fourteen flags: `Y` where something stands in the way, blank elsewhere, never `N`."""
    flags = [" "] * _STATUS_LENGTH
    for block in blocks:
        for position in _FLAGS.get(block.code.value, ()):
            flags[position] = "Y"
        if block.parameters.get("code") == _STOLEN_CARD:
            flags[_CARD_LOST] = "Y"
    return "".join(flags)


def spoken(code: str, otherwise: Language) -> Language:
    """The language a machine asked for, where we speak it."""
    return _SPOKEN.get(code, otherwise)


def count(number: int) -> str:
    return f"{min(number, _HIGHEST_COUNT):04d}"


@lru_cache
def supported(held: frozenset[Permission]) -> str:
    """BX: which messages are served for whoever holds these permissions."""
    return "".join("Y" if code in _ALWAYS or PERMISSIONS.get(code) in held else "N" for code in SUPPORTED)


def yes_no(*, is_so: bool) -> str:
    return "Y" if is_so else "N"
