"""Blocks and absences."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from msgspec import Struct

from faelles.ground.fields import Id, ShortText
from faelles.ground.ids import DivisionId, PatronId


class BlockCode(StrEnum):
    """The codes of the national exchange format, and M for one that a librarian puts on by hand."""

    STOLEN_CARD = "O"
    EXCLUDED = "U"
    EXTENDED_EXCLUSION = "F"
    SELF_SERVICE = "S"
    SELF_CREATED = "W"
    DEBT = "E"
    DECEASED = "D"
    MANUAL = "M"


class SetBlock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`division` None: in the whole agency. `starts_on` defaults to today; `ends_on` None: until lifted."""

    code: BlockCode
    division: Id | None = None
    reason: ShortText | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    id: int
    patron: PatronId
    division: DivisionId | None
    code: BlockCode
    reason: str | None
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    id: int
    first_day: date
    last_day: date
