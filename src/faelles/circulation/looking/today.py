"""A branch's day in numbers: what was lent hour by hour, who waits how long, what is late. Nobody is named."""

from datetime import datetime, time
from enum import IntEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from faelles.circulation.looking import today_store as store
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId
from faelles.people.model import Caller, Permission
from faelles.policies.operations import current_settings

_FIRST_HOUR: Final = 8
_LAST_HOUR: Final = 20
"""Shown also where nothing was lent, so that one day looks like another."""


class WaitedFor(IntEnum):
    """How long a hold has waited."""

    UNDER_A_WEEK = 0
    UNDER_A_MONTH = 1
    UNDER_A_QUARTER = 2
    LONGER = 3


class LateFor(IntEnum):
    """How long a copy has been missed on its way."""

    UNDER_A_DAY = 0
    UNDER_THREE_DAYS = 1
    UNDER_A_WEEK = 2
    LONGER = 3


class BranchDay(msgspec.Struct, frozen=True, kw_only=True):
    """`loans`: by the hour of the branch's clock, without gaps. What is None is not for the caller."""

    loans: dict[int, int] | None
    now_hour: int
    holds: dict[WaitedFor, int] | None
    late: dict[LateFor, int] | None


async def branch_day(tx: Transaction, caller: Caller, branch: BranchId) -> BranchDay:
    """Today at a branch, for whoever works there: each number by the permission that opens what is behind it."""
    zone = (await current_settings(tx)).directory.agency.time_zone
    today = local_date(tx.now, zone)
    since = datetime.combine(today, time(), ZoneInfo(zone))
    loans = holds = late = None
    if caller.may(Permission.CHECKOUT):
        loans = _without_gaps(await store.loans_by_hour(tx, branch, since, zone))
    if caller.may(Permission.HOLD_VIEW):
        waiting = await store.holds_by_age(tx, branch, today)
        holds = {age: waiting.get(age, 0) for age in WaitedFor}
    if caller.may(Permission.LOGISTICS):
        missed = await store.late_by_age(tx, branch)
        late = {age: missed.get(age, 0) for age in LateFor}
    return BranchDay(loans=loans, now_hour=tx.now.astimezone(ZoneInfo(zone)).hour, holds=holds, late=late)


def _without_gaps(loans: dict[int, int]) -> dict[int, int]:
    hours = range(min([_FIRST_HOUR, *loans]), max([_LAST_HOUR, *loans]) + 1)
    return {hour: loans.get(hour, 0) for hour in hours}
