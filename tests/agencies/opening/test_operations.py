import asyncio
from datetime import date, time

import pytest

from faelles.agencies.model import Service
from faelles.agencies.opening import operations
from faelles.agencies.opening.model import (
    CalendarPeriod,
    OpeningHours,
    SetCalendarDays,
    SetOpeningHours,
    WeekdayHours,
)
from faelles.ground import events
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ForbiddenError, InvalidRequestError, NotFoundError
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId
from faelles.people.model import Caller, Grant, Permission, system_caller
from faelles.simulation.store import until_readable
from town import Town

JUNE, AUGUST, CHRISTMAS = date(2027, 6, 28), date(2027, 8, 8), date(2026, 12, 25)


def week(opens: int, closes: int, first: date, last: date | None = None) -> SetOpeningHours:
    return SetOpeningHours(
        service=Service.STAFFED,
        hours=tuple(WeekdayHours(weekday=day, opens=time(opens), closes=time(closes)) for day in range(1, 6)),
        first_day=first,
        last_day=last,
    )


def closing(*branches: BranchId, first: date = CHRISTMAS, last: date = CHRISTMAS) -> SetCalendarDays:
    return SetCalendarDays(branches=branches, first_day=first, last_day=last, reason="Flytning")


def mondays(hours: list[OpeningHours]) -> list[tuple[int, date | None, date | None]]:
    return [(opening.opens.hour, opening.first_day, opening.ended) for opening in hours if opening.weekday == 1]


async def is_open(tx: Transaction, town: Town, day: date, branch: BranchId | None = None) -> bool:
    shown = await operations.show_calendar(
        tx, system_caller(town.agency), branch or town.main, Service.STAFFED, (day, day)
    )
    return shown[0].is_open


async def test_a_new_week_holds_from_its_day_on(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        hours = await operations.set_opening_hours(tx, system_caller(town.agency), town.main, week(8, 20, JUNE))
    assert mondays(hours) == [(10, None, JUNE), (8, JUNE, None)]


async def test_after_the_summer_hours_the_old_ones_come_back(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        hours = await operations.set_opening_hours(
            tx, system_caller(town.agency), town.main, week(12, 16, JUNE, AUGUST)
        )
    after = date(2027, 8, 9)
    assert mondays(hours) == [(10, None, JUNE), (12, JUNE, after), (10, after, None)]


async def test_the_same_week_sent_twice_stands_once(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        caller = system_caller(town.agency)
        once = await operations.set_opening_hours(tx, caller, town.main, week(12, 16, JUNE, AUGUST))
        assert await operations.set_opening_hours(tx, caller, town.main, week(12, 16, JUNE, AUGUST)) == once


async def test_other_services_keep_their_hours(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        hours = await operations.set_opening_hours(
            tx,
            system_caller(town.agency),
            town.main,
            SetOpeningHours(
                service=Service.UNSTAFFED,
                hours=(WeekdayHours(weekday=7, opens=time(7), closes=time(22)),),
                first_day=JUNE,
            ),
        )
    assert [opening.service for opening in hours].count(Service.STAFFED) == 6
    assert [opening.service for opening in hours].count(Service.UNSTAFFED) == 1


async def test_two_desks_setting_the_same_week_at_once_leave_one(database: Database, town: Town):
    async def set_week() -> list[OpeningHours]:
        async def work(tx: Transaction) -> list[OpeningHours]:
            return await operations.set_opening_hours(tx, system_caller(town.agency), town.main, week(9, 17, JUNE))

        return await database.run(town.agency, SYSTEM, work)

    first, *others = await asyncio.gather(*(set_week() for _ in range(4)))
    assert all(other == first for other in others)


async def test_overlapping_hours_change_nothing(database: Database, town: Town):
    overlapping = SetOpeningHours(
        service=Service.STAFFED,
        hours=(
            WeekdayHours(weekday=1, opens=time(8), closes=time(12)),
            WeekdayHours(weekday=1, opens=time(11), closes=time(14)),
        ),
        first_day=JUNE,
    )
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        before = await operations.list_opening_hours(tx, caller, town.main)
        with pytest.raises(InvalidRequestError):
            await operations.set_opening_hours(tx, caller, town.main, overlapping)
        assert await operations.list_opening_hours(tx, caller, town.main) == before


async def test_several_branches_close_for_a_period(database: Database, town: Town):
    first, last = date(2026, 11, 23), date(2026, 11, 25)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.set_calendar_days(
            tx, system_caller(town.agency), closing(town.main, town.suburb, first=first, last=last)
        )
        assert not await is_open(tx, town, last, town.main)
        assert not await is_open(tx, town, first, town.suburb)
        assert await is_open(tx, town, last, town.school)
        assert await is_open(tx, town, date(2026, 11, 26), town.main)


async def test_a_branch_opens_on_a_holiday_and_shuts_again(database: Database, town: Town):
    caller = system_caller(town.agency)
    opening = SetCalendarDays(
        branches=(town.main,),
        first_day=CHRISTMAS,
        last_day=CHRISTMAS,
        reason="Juletræ",
        is_open=True,
        opens=time(12),
        closes=time(15),
    )
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.set_calendar_days(tx, caller, opening)
        shown = await operations.show_calendar(tx, caller, town.main, Service.STAFFED, (CHRISTMAS, CHRISTMAS))
        assert (shown[0].reason, shown[0].hours[0].closes) == ("Juletræ", time(15))
        assert await operations.clear_calendar_days(tx, caller, opening) == 1
        shown = await operations.show_calendar(tx, caller, town.main, Service.STAFFED, (CHRISTMAS, CHRISTMAS))
        assert (shown[0].is_open, shown[0].reason) == (False, "Juledag")


async def test_a_day_set_again_is_set_anew(database: Database, town: Town):
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.set_calendar_days(tx, caller, closing(town.main))
        await operations.set_calendar_days(tx, caller, closing(town.main))
        assert len(await operations.list_calendar_exceptions(tx, caller, town.main, (CHRISTMAS, CHRISTMAS))) == 1


async def test_a_service_without_hours_is_never_open(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        shown = await operations.show_calendar(
            tx, system_caller(town.agency), town.main, Service.BOOK_DROP, (JUNE, AUGUST)
        )
    assert not any(day.is_open for day in shown)


async def test_one_unknown_branch_among_several_changes_none(database: Database, town: Town, neighbour: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(NotFoundError, match="branch_unknown"):
            await operations.set_calendar_days(tx, system_caller(town.agency), closing(town.main, neighbour.main))
        assert (
            await operations.list_calendar_exceptions(tx, system_caller(town.agency), town.main, (JUNE, AUGUST)) == []
        )


async def test_staff_close_their_own_branch_only(database: Database, town: Town):
    caller = Caller(
        agency=town.agency,
        actor=SYSTEM,
        language=Language.DANISH,
        grants=(Grant(frozenset({Permission.AGENCY_EDIT}), branch=town.suburb),),
    )
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.set_calendar_days(tx, caller, closing(town.suburb))
        with pytest.raises(ForbiddenError):
            await operations.set_calendar_days(tx, caller, closing(town.suburb, town.main))
        with pytest.raises(ForbiddenError):
            await operations.clear_calendar_days(
                tx, caller, CalendarPeriod(branches=(town.main,), first_day=CHRISTMAS, last_day=CHRISTMAS)
            )


async def test_every_branch_tells_of_its_own_change(database: Database, town: Town):
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.set_opening_hours(tx, caller, town.main, week(9, 17, JUNE))
        await operations.set_calendar_days(tx, caller, closing(town.main, town.suburb))
        await operations.clear_calendar_days(tx, caller, closing(town.suburb))
        await operations.clear_calendar_days(tx, caller, closing(town.suburb))
    await until_readable(database)
    async with database.transaction(town.agency, SYSTEM) as tx:
        told = [(event.kind, event.subject) for event in await events.read_next(tx, "test")]
    assert told == [
        ("opening_hours_set", town.main),
        ("calendar_days_set", town.main),
        ("calendar_days_set", town.suburb),
        ("calendar_days_cleared", town.suburb),
    ]
