"""The register of what is kept of people: its entries, their limits, and what is found over them."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from faelles.ground.i18n import Language


class Removed(StrEnum):
    """How what an entry speaks of goes."""

    NIGHT = "night"
    """By the job forget_personal_data."""
    JOB = "job"
    """By another job of the night, which the entry names."""
    ALONG = "along"
    """With what it belongs to."""
    OUTSIDE = "outside"
    """It lies outside the database; whoever runs the program, or receives it, deletes it."""


class Unit(StrEnum):
    DAYS = "days"
    YEARS = "years"


class Limit(Struct, frozen=True, forbid_unknown_fields=True):
    """How long: the agency's own `knob`, or so many days whatever the agency says."""

    knob: str | None = None
    unit: Unit = Unit.DAYS
    days: int | None = None


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place, or one kind of thing, that is kept of people. `basis`, `people` and `recipients` are message ids
    without their prefix.
    """

    id: str
    tables: tuple[str, ...]
    people: tuple[str, ...]
    basis: str
    removed: Removed
    title_da: str
    title_en: str
    purpose_da: str
    purpose_en: str
    from_da: str
    from_en: str
    limit: Limit | None = None
    job: str | None = None
    recipients: tuple[str, ...] = ()

    def title(self, language: Language) -> str:
        return self.title_da if language is Language.DANISH else self.title_en

    def purpose(self, language: Language) -> str:
        return self.purpose_da if language is Language.DANISH else self.purpose_en

    def counted_from(self, language: Language) -> str:
        return self.from_da if language is Language.DANISH else self.from_en


class Standing(Struct, frozen=True, kw_only=True):
    """What stands of one entry now. `limit` is a number of the entry's `unit`; `over` must be 0 after the night."""

    entry: str
    title: str
    limit: int | None
    unit: Unit | None
    removed: Removed
    rows: int
    oldest: datetime | None
    """The earliest moment from which a limit runs."""
    kept_since: datetime | None
    """Whatever began to run out before this is over its limit."""
    over: int
