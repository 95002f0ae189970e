"""Notices of exclusion as they stand."""

from datetime import date
from enum import StrEnum

import msgspec

from faelles.ground.ids import AccountId, DivisionId, PatronGroupId, PatronId, RuleId
from faelles.ground.money import Ore


class Standing(StrEnum):
    """What a notice does on a day."""

    RUNNING = "running"
    """Its time has not run out."""
    UNTOLD = "untold"
    """The letter has not gone yet, found no way, or came back: it excludes nobody before somebody is told."""
    EXCLUDES = "excludes"
    SETTLED = "settled"
    """The debt was paid, or brought below the limit before the time ran out; or the letter reached nobody for so long
    that another is written.
    """


class Notice(msgspec.Struct, frozen=True, array_like=True):
    """A written notice in one division, and what has become of the claims it was about."""

    division: DivisionId
    noticed_on: date
    excludes_on: date | None
    """The first day of the exclusion, as the letter says; None: the letter reached nobody."""
    limit_ore: Ore
    """As the letter says."""
    standing_ore: Ore
    """What was owed of those claims when the time ran out; before that, what is owed now."""
    owed_ore: Ore
    """What is owed of them now."""
    rule: RuleId | None


class UntoldNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice whose letter has reached nobody."""

    notice: int
    days_of_notice: int


class NoticeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as people see it."""

    notice: int
    division: DivisionId
    noticed_on: date
    excludes_on: date | None
    """None: the letter reached nobody (yet)."""
    debt_ore: Ore
    """When it was written."""
    limit_ore: Ore
    owed_ore: Ore
    """Of the claims it was about; all of it must be paid to lift an exclusion."""
    addressee: PatronId | None
    standing: Standing


class StandingNotice(NoticeLine, frozen=True, kw_only=True):
    """A notice that runs or excludes, with whom."""

    patron: PatronId


class Debtor(msgspec.Struct, frozen=True, kw_only=True):
    """A patron who owes something in a division, and what was written to them so far."""

    patron: PatronId
    division: DivisionId
    account: AccountId
    balance_ore: Ore
    group: PatronGroupId | None
    birth_date: date | None
    guardian: PatronId | None
    """The adult financially responsible today."""
    notices: tuple[Notice, ...]


class NewNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice to write."""

    account: AccountId
    division: DivisionId
    addressee: PatronId
    excludes_on: date
    debt_ore: Ore
    limit_ore: Ore
    rule: RuleId | None


class NoticesWritten(msgspec.Struct, frozen=True, kw_only=True):
    """One slice of the debtors."""

    written: int
    last: PatronId | None
    """Go on after this patron; None: there are no more."""
