"""Who is excluded, and who must be written to. Pure.

An exclusion is not a state that somebody sets and somebody forgets to lift: it follows from what is owed.
Decision: docs/decisions/debt-export.md.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from faelles.fees.exclusion.model import Notice, Standing
from faelles.ground.ids import DivisionId

WRITE_ANEW_AFTER: Final = timedelta(days=30)
"""Whoever a letter has not reached by then is written to again: there may be an address now."""


def standing(notice: Notice, today: date) -> Standing:
    """What a notice does on `today`. It excludes when somebody was told of it and the limit was still reached as its
    time ran out, until everything it was about is paid: paying a part is too late then. What arose after it is for
    another notice.
    """
    if notice.owed_ore <= 0:
        return Standing.SETTLED
    if notice.excludes_on is not None and today < notice.excludes_on:
        return Standing.RUNNING
    if notice.standing_ore < notice.limit_ore:
        return Standing.SETTLED
    if notice.excludes_on is not None:
        return Standing.EXCLUDES
    return Standing.UNTOLD if today < notice.noticed_on + WRITE_ANEW_AFTER else Standing.SETTLED


def exclusion_in(notices: Iterable[Notice], division: DivisionId, today: date) -> Notice | None:
    """The notice that excludes from `division` on `today`, the oldest of them; None where nothing does."""
    standing_there = [
        each for each in notices if each.division == division and standing(each, today) is Standing.EXCLUDES
    ]
    return min(standing_there, key=lambda each: each.excludes_on or date.max, default=None)


def needs_notice(balance_ore: int, limit_ore: int | None, notices: Iterable[Notice], today: date) -> bool:
    """Whether a debtor must be written to: the limit is reached, and no notice is on its way, running or excludes."""
    if limit_ore is None or balance_ore < limit_ore:
        return False
    return all(standing(each, today) is Standing.SETTLED for each in notices)
