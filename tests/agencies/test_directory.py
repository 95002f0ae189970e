from collections.abc import Awaitable, Callable
from datetime import date, time

import pytest

from faelles.agencies import operations, store
from faelles.agencies.directory import load_directory
from faelles.agencies.model import AddBranch, AddDivision, BranchKind, ChangeIsil, DivisionKind, NewPlacement, Service
from faelles.agencies.opening import operations as opening
from faelles.agencies.opening.model import CalendarPeriod, SetCalendarDays, SetOpeningHours, WeekdayHours
from faelles.agencies.placements import operations as placing
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import NotFoundError
from faelles.people.model import Caller, system_caller
from town import Town

SOME_DAY, SOME_SUNDAY = date(2026, 11, 25), date(2026, 11, 29)

Change = Callable[[Transaction, Caller, Town], Awaitable[object]]


def closed(town: Town, service: Service | None = None) -> SetCalendarDays:
    return SetCalendarDays(
        branches=(town.main,), first_day=SOME_DAY, last_day=SOME_DAY, service=service, reason="Maling"
    )


def sundays(service: Service) -> SetOpeningHours:
    return SetOpeningHours(
        service=service,
        hours=(WeekdayHours(weekday=7, opens=time(7), closes=time(22)),),
        first_day=date(2026, 1, 1),
    )


async def revision(tx: Transaction) -> int:
    number: int = await tx.value("SELECT number FROM settings_revision WHERE agency_id = $1", tx.agency)
    return number


async def test_everything_is_found_by_id_and_branches_by_code_too(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        directory = await load_directory(tx)
    assert directory.agency.time_zone == "Europe/Copenhagen"
    assert directory.agency.currency == "DKK"
    assert [each.isil for each in directory.divisions[town.library].isils] == [town.isil]
    assert directory.branches_by_code[f"{town.isil}01"].id == town.suburb
    assert directory.placements[town.main_shelf].branch == town.main
    assert set(directory.branches) == {town.main, town.suburb, town.school}


async def test_an_agency_never_founded_has_none(database: Database):
    async with database.transaction(await store.next_agency_id(database), SYSTEM) as tx:
        with pytest.raises(NotFoundError, match="agency_unknown"):
            await load_directory(tx)


async def test_a_branch_without_a_service_goes_by_its_staffed_hours(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        await opening.set_opening_hours(tx, system_caller(town.agency), town.main, sundays(Service.UNSTAFFED))
        directory = await load_directory(tx)
    assert directory.calendar(town.main, Service.UNSTAFFED).is_open_on(SOME_SUNDAY)
    assert not directory.calendar(town.main, Service.STAFFED).is_open_on(SOME_SUNDAY)
    assert not directory.calendar(town.suburb, Service.UNSTAFFED).is_open_on(SOME_SUNDAY)
    assert directory.calendar(town.suburb, Service.UNSTAFFED).is_open_on(SOME_DAY)


async def test_the_book_drop_keeps_no_holidays_and_the_desk_keeps_customs(database: Database, town: Town):
    every_day = SetOpeningHours(
        service=Service.BOOK_DROP,
        hours=tuple(WeekdayHours(weekday=day, opens=time(0), closes=time(23, 59)) for day in range(1, 8)),
        first_day=date(2026, 1, 1),
    )
    async with database.transaction(town.agency, SYSTEM) as tx:
        await opening.set_opening_hours(tx, system_caller(town.agency), town.main, every_day)
        directory = await load_directory(tx)
    assert directory.calendar(town.main, Service.BOOK_DROP).is_open_on(date(2026, 12, 25))
    assert not directory.calendar(town.main, Service.STAFFED).is_open_on(date(2026, 12, 24))


async def test_an_exception_of_the_service_goes_before_one_for_all(database: Database, town: Town):
    caller = system_caller(town.agency)
    desk_open = SetCalendarDays(
        branches=(town.main,),
        first_day=SOME_DAY,
        last_day=SOME_DAY,
        service=Service.STAFFED,
        is_open=True,
        reason="Åbent",
    )
    async with database.transaction(town.agency, SYSTEM) as tx:
        await opening.set_calendar_days(tx, caller, desk_open)
        await opening.set_calendar_days(tx, caller, closed(town))
        directory = await load_directory(tx)
    assert directory.calendar(town.main, Service.STAFFED).is_open_on(SOME_DAY)


async def _add_branch(tx: Transaction, caller: Caller, town: Town) -> object:
    request = AddBranch(division=town.library, code=f"{town.isil}09", name="Ny", kind=BranchKind.PUBLIC)
    return await operations.add_branch(tx, caller, request)


async def _clear(tx: Transaction, caller: Caller, town: Town) -> object:
    await opening.set_calendar_days(tx, caller, closed(town))
    before = await revision(tx)
    cleared = await opening.clear_calendar_days(
        tx, caller, CalendarPeriod(branches=(town.main,), first_day=SOME_DAY, last_day=SOME_DAY)
    )
    assert await revision(tx) != before
    return cleared


CHANGES: dict[str, Change] = {
    "a name": lambda tx, caller, town: operations.rename_agency(tx, caller, f"By {town.agency} II"),
    "a division": lambda tx, caller, town: operations.add_division(
        tx, caller, AddDivision(kind=DivisionKind.SCHOOL, name="Ny", isil=f"{town.isil}R")
    ),
    "an ISIL": lambda tx, caller, town: operations.change_isil(
        tx, caller, town.library, ChangeIsil(isil=f"{town.isil}R", first_day=SOME_DAY)
    ),
    "a branch": _add_branch,
    "a closed branch": lambda tx, caller, town: operations.close_branch(tx, caller, town.main, SOME_DAY),
    "a placement": lambda tx, caller, town: placing.add_placements(
        tx, caller, town.main, [NewPlacement(department="Børn")]
    ),
    "opening hours": lambda tx, caller, town: opening.set_opening_hours(
        tx, caller, town.main, sundays(Service.STAFFED)
    ),
    "a closing day": lambda tx, caller, town: opening.set_calendar_days(tx, caller, closed(town)),
    "a closing day taken back": _clear,
}


async def test_the_revision_of_one_agency_is_never_that_of_another(database: Database, town: Town, neighbour: Town):
    revisions = set()
    for agency in (town.agency, neighbour.agency):
        async with database.transaction(agency, SYSTEM) as tx:
            revisions.add(await revision(tx))
    assert len(revisions) == 2


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_every_change_makes_a_new_revision_of_this_agencys_settings_alone(
    database: Database, town: Town, neighbour: Town, change: Change
):
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        theirs = await revision(tx)
    async with database.transaction(town.agency, SYSTEM) as tx:
        before = await revision(tx)
        await change(tx, system_caller(town.agency), town)
        assert await revision(tx) != before
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        assert await revision(tx) == theirs
