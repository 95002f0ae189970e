"""What is done to the opening hours and calendars of branches. Errors are as in the operations of the agencies."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from faelles.agencies.calendar import Calendar
from faelles.agencies.directory import compile_calendars
from faelles.agencies.model import Service
from faelles.agencies.opening import events, rules, store
from faelles.agencies.opening.model import (
    CalendarDay,
    CalendarException,
    CalendarPeriod,
    DayHours,
    OpeningHours,
    SetCalendarDays,
    SetOpeningHours,
)
from faelles.agencies.operations import lock_branches, refuse, show_agency, show_branch
from faelles.ground import events as log
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId
from faelles.people.model import Caller

Period = tuple[date, date]
"""The first and the last day."""


async def set_opening_hours(
    tx: Transaction, caller: Caller, branch: BranchId, request: SetOpeningHours
) -> list[OpeningHours]:
    """Replace a service's week from a day on, for good or for a period; all hours of the branch after that.

    What was valid before the period stays, and comes back after it. No hours at all ends the service.
    """
    refuse(rules.opening_hours_problems(request))
    await lock_branches(tx, caller, [branch])
    await store.replace_opening_hours(tx, branch, request)
    await log.append(tx, events.opening_hours_set(branch, request))
    return await store.list_opening_hours(tx, branch)


async def list_opening_hours(tx: Transaction, caller: Caller, branch: BranchId) -> list[OpeningHours]:
    """Past, present and future."""
    await show_branch(tx, caller, branch)
    return await store.list_opening_hours(tx, branch)


async def set_calendar_days(tx: Transaction, caller: Caller, request: SetCalendarDays) -> None:
    """Close (or open after all) a day or a period, at one branch or several. A day already set is set anew."""
    refuse(rules.calendar_problems(request))
    branches = [branch.id for branch in await lock_branches(tx, caller, request.branches)]
    await store.set_days(tx, branches, request)
    await log.append(tx, *(events.calendar_days_set(branch, request, is_open=request.is_open) for branch in branches))


async def foresee_calendars(
    tx: Transaction, caller: Caller, request: SetCalendarDays
) -> Mapping[tuple[BranchId, Service], Calendar]:
    """The calendars of the branches as `set_calendar_days` would make them. Nothing is written; errors as there."""
    refuse(rules.calendar_problems(request))
    agency = await show_agency(tx, caller)
    branches = await lock_branches(tx, caller, request.branches)
    wanted = {branch.id for branch in branches}
    drafts = rules.drafted_exceptions(request)
    replaced = {(draft.branch, draft.day, draft.service) for draft in drafts}
    standing = [each for each in await store.list_calendar_exceptions(tx) if each.branch in wanted]
    kept = [each for each in standing if (each.branch, each.day, each.service) not in replaced]
    hours = [each for each in await store.list_opening_hours(tx) if each.branch in wanted]
    return compile_calendars(agency, branches, hours, [*kept, *drafts])


async def clear_calendar_days(tx: Transaction, caller: Caller, period: CalendarPeriod) -> int:
    """Let the weekly hours and the holidays decide again; how many exceptions that took away."""
    refuse(rules.period_problems(period))
    branches = [branch.id for branch in await lock_branches(tx, caller, period.branches)]
    cleared = await store.clear_days(tx, branches, period)
    if cleared:
        await log.append(tx, *(events.calendar_days_cleared(branch, period) for branch in branches))
    return cleared


async def list_calendar_exceptions(
    tx: Transaction, caller: Caller, branch: BranchId, period: Period
) -> list[CalendarException]:
    """Those from the first to the last day of `period`."""
    _refuse_period(branch, period)
    await show_branch(tx, caller, branch)
    return await store.list_calendar_exceptions(tx, branch, period)


async def show_calendar(
    tx: Transaction, caller: Caller, branch: BranchId, service: Service, period: Period
) -> list[CalendarDay]:
    """What one service of a branch does on each day from the first to the last of `period`, all rules applied.

    A service the branch has no hours for is never open.
    """
    _refuse_period(branch, period)
    found = await show_branch(tx, caller, branch)
    agency = await show_agency(tx, caller)
    exceptions = await store.list_calendar_exceptions(tx, branch, period)
    calendars = compile_calendars(agency, [found], await store.list_opening_hours(tx, branch), exceptions)
    calendar = calendars.get((branch, service), Calendar(closed_from=date.min))
    first_day, last_day = period
    days = [first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)]
    return [_shown(day, calendar, _reason(day, calendar, service, exceptions)) for day in days]


def _refuse_period(branch: BranchId, period: Period) -> None:
    first_day, last_day = period
    refuse(rules.period_problems(CalendarPeriod(branches=(branch,), first_day=first_day, last_day=last_day)))


def _shown(day: date, calendar: Calendar, reason: str | None) -> CalendarDay:
    return CalendarDay(
        day=day,
        is_open=calendar.is_open_on(day),
        hours=tuple(DayHours(opens=span.opens, closes=span.closes) for span in calendar.intervals_on(day)),
        reason=reason,
    )


def _reason(day: date, calendar: Calendar, service: Service, exceptions: Sequence[CalendarException]) -> str | None:
    """Why `day` is not an ordinary one: the exception that holds (the service's own before all), or the holiday."""
    ours = [one for one in exceptions if one.day == day and one.service in {None, service}]
    if ours:
        return max(ours, key=lambda one: one.service is not None).reason
    return calendar.holiday_on(day)
