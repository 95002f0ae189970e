"""Who is excluded, and who must be written to. Pure.

An exclusion is not a state that somebody sets and somebody forgets to lift: it follows from what is owed.
Decision: docs/decisions/debt-export.md.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from faelles.fees.exclusion.model import Notice, Standing
from faelles.ground.ids import DivisionId


def standing(notice: Notice, today: date) -> Standing:
    """What a notice does on `today`. It excludes when the limit was still reached as its time ran out, until everything
    it was about is paid: paying a part is too late then. What arose after it is for another notice.
    """
    if notice.owed_ore <= 0:
        return Standing.SETTLED
    if today < notice.excludes_on:
        return Standing.RUNNING
    return Standing.EXCLUDES if notice.standing_ore >= notice.limit_ore else Standing.SETTLED


def put_off(excludes_on: date, days_of_notice: int, told_on: date) -> date:
    """The first day of the exclusion where the letter goes out on `told_on`: nobody has fewer days to pay in than the
    notice gives. Written notice is what an exclusion rests on, and is given when it is sent.
    """
    return max(excludes_on, told_on + timedelta(days=days_of_notice))


def exclusion_in(notices: Iterable[Notice], division: DivisionId, today: date) -> Notice | None:
    """The notice that excludes from `division` on `today`, the oldest of them; None where nothing does."""
    standing_there = [
        each for each in notices if each.division == division and standing(each, today) is Standing.EXCLUDES
    ]
    return min(standing_there, key=lambda each: each.excludes_on, default=None)


def needs_notice(balance_ore: int, limit_ore: int | None, notices: Iterable[Notice], today: date) -> bool:
    """Whether a debtor must be written to: the limit is reached, and no notice is running or excludes already."""
    if limit_ore is None or balance_ore < limit_ore:
        return False
    return all(standing(each, today) is Standing.SETTLED for each in notices)
