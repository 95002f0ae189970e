"""Letters to those who owe too much, and what follows from them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from faelles.fees.desk import operations as desk
from faelles.fees.desk.model import ManualCharge, ManualKind, Means, Pay
from faelles.fees.exclusion.model import NoticeLine, Standing
from faelles.fees.exclusion.operations import came_back, list_standing, notices, told, write_notices
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import ForbiddenError
from faelles.ground.ids import PatronId
from faelles.people.model import Permission, system_caller
from fees.accounts import Household, loan_number, move_in, staff
from town import Town

MONDAY = datetime(2027, 3, 1, 11, tzinfo=UTC)


@dataclass
class Office:
    """Where debts are looked after, with a clock that can be turned."""

    household: Household
    database: Database
    days: int = 0

    def __call__(self) -> datetime:
        return MONDAY + timedelta(days=self.days)

    async def run(self, work, *arguments, **named):
        caller = system_caller(self.household.town.agency)
        async with self.database.transaction(caller.agency, SYSTEM) as tx:
            return await work(tx, caller, *arguments, **named)

    async def charge(self, amount: int, *, school: bool = False, patron: PatronId | None = None) -> int:
        town = self.household.town
        branch = town.school if school else town.main
        charge = ManualCharge(branch=branch, kind=ManualKind.MANUAL, amount_ore=amount, reason="Kaffe")
        return (await self.run(desk.charge_manually, patron or self.household.patron, charge)).charge

    async def pay(self, amount: int) -> None:
        request = Pay(
            branch=self.household.town.main, amount_ore=amount, means=Means.CASH, reference=f"k/{loan_number()}"
        )
        await self.run(desk.pay, self.household.patron, request)

    async def write(self, *, is_told: bool = True) -> int:
        """And tell it at once, unless something else is said."""
        written = (await self.run(write_notices)).written
        if is_told:
            await self.letters(told)
        return written

    async def letters(self, fate: Callable[..., Awaitable[None]]) -> None:
        found = [each.notice for each in await self.written()]
        async with self.database.transaction(self.household.town.agency, SYSTEM) as tx:
            await fate(tx, found)

    async def written(self) -> list[NoticeLine]:
        return await self.run(notices, self.household.patron)

    async def standing(self) -> list[Standing]:
        return [each.standing for each in await self.written()]


@pytest.fixture
async def office(database: Database, household: Household) -> Office:
    office = Office(household, database)
    office.database = Database(database._pool, office)
    return office


async def test_a_debt_at_the_limit_is_written_to_once_and_excludes_when_the_time_has_run_out(office: Office):
    await office.charge(19_999)
    assert await office.write() == 0
    await office.charge(1)
    assert [await office.write(), await office.write()] == [1, 0]
    (letter,) = await office.written()
    assert (letter.noticed_on, letter.excludes_on) == (date(2027, 3, 1), date(2027, 3, 9))
    assert (letter.debt_ore, letter.limit_ore, letter.standing) == (20_000, 20_000, Standing.RUNNING)
    office.days = 7
    assert await office.standing() == [Standing.RUNNING]
    office.days = 8
    assert await office.standing() == [Standing.EXCLUDES]
    assert await office.write() == 0


async def test_who_is_excluded_and_who_is_about_to_be_is_listed_until_they_have_paid(office: Office):
    await office.charge(20_000)
    await office.write()
    (running,) = await office.run(list_standing, after=0, limit=50)
    assert (running.patron, running.standing) == (office.household.patron, Standing.RUNNING)
    office.days = 8
    assert [each.standing for each in await office.run(list_standing, after=0, limit=1)] == [Standing.EXCLUDES]
    assert await office.run(list_standing, after=running.notice, limit=50) == []
    await office.pay(20_000)
    assert await office.run(list_standing, after=0, limit=50) == []


async def test_paying_in_full_lifts_it_at_once_and_paying_a_part_does_not(office: Office):
    await office.charge(25_000)
    await office.write()
    office.days = 10
    await office.pay(24_900)
    assert await office.standing() == [Standing.EXCLUDES]
    await office.pay(100)
    assert await office.standing() == [Standing.SETTLED]


async def test_paying_below_the_limit_in_time_averts_it(office: Office):
    await office.charge(25_000)
    await office.write()
    office.days = 5
    await office.pay(10_000)
    office.days = 10
    assert await office.standing() == [Standing.SETTLED]


async def test_a_letter_that_reached_nobody_excludes_nobody_until_somebody_is_told(office: Office):
    await office.charge(25_000)
    await office.write(is_told=False)
    office.days = 20
    (listed,) = await office.run(list_standing, after=0, limit=50)
    assert (listed.standing, listed.excludes_on) == (Standing.UNTOLD, None)
    for _ in range(2):
        await office.letters(told)
    office.days = 27
    assert await office.standing() == [Standing.RUNNING]
    office.days = 28
    assert await office.standing() == [Standing.EXCLUDES]
    for _ in range(2):
        await office.letters(came_back)
    assert await office.standing() == [Standing.UNTOLD]
    office.days = 30
    assert await office.write(is_told=False) == 1


async def test_what_arises_after_the_letter_needs_a_letter_of_its_own(office: Office):
    await office.charge(25_000)
    await office.write()
    office.days = 20
    await office.pay(25_000)
    await office.charge(30_000)
    assert await office.standing() == [Standing.SETTLED]
    assert await office.write() == 1
    assert await office.standing() == [Standing.RUNNING, Standing.SETTLED]


async def test_each_division_writes_for_itself(office: Office):
    await office.charge(15_000)
    await office.charge(15_000, school=True)
    assert await office.write() == 0
    await office.charge(15_000, school=True)
    assert await office.write() == 1
    assert [each.division for each in await office.written()] == [office.household.town.schools]


async def test_the_letter_goes_to_the_adult_responsible_when_it_is_written(office: Office):
    household = office.household
    async with office.database.transaction(household.town.agency, SYSTEM) as tx:
        await tx.execute(
            "UPDATE patron SET birth_date = '2015-05-01' WHERE agency_id = $1 AND id = $2", tx.agency, household.patron
        )
        await tx.execute(
            "INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)"
            " VALUES ($1, $2, $3, true, daterange('2020-01-01', '2027-03-05'))",
            tx.agency,
            household.patron,
            household.parent,
        )
    await office.charge(25_000)
    await office.write()
    office.days = 10
    (letter,) = await office.written()
    assert (letter.addressee, letter.standing) == (household.parent, Standing.EXCLUDES)


async def test_two_runs_at_once_write_one_letter(office: Office):
    await office.charge(25_000)
    assert sorted(await asyncio.gather(*(office.write() for _ in range(4)))) == [0, 0, 0, 1]


async def test_every_debtor_is_reached_slice_by_slice(office: Office):
    town, debtors = office.household.town, []
    for _ in range(5):
        debtors.append((await move_in(office.database, town)).patron)
        await office.charge(21_000, patron=debtors[-1])
        await office.charge(100, patron=debtors[-1], school=True)
    written, after = 0, 0
    while True:
        slice_ = await office.run(write_notices, after=after, limit=3)
        written += slice_.written
        if slice_.last is None:
            break
        after = slice_.last
    assert written == 5


async def test_two_patrons_who_are_one_keep_the_letter(office: Office):
    await office.charge(25_000)
    await office.write()
    office.days = 9
    household = office.household
    async with office.database.transaction(household.town.agency, SYSTEM) as tx:
        await tx.execute(
            "UPDATE patron_account SET patron_id = $3 WHERE agency_id = $1 AND patron_id = $2",
            tx.agency,
            household.patron,
            household.parent,
        )
    assert [each.standing for each in await office.run(notices, household.parent)] == [Standing.EXCLUDES]


async def test_writing_needs_its_permission(office: Office, town: Town):
    async with office.database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(ForbiddenError):
            await write_notices(tx, staff(town, Permission.FEE_VIEW))


async def test_the_letter_is_an_event_that_names_nobody(office: Office):
    await office.charge(25_000)
    await office.write()
    async with office.database.transaction(office.household.town.agency, SYSTEM) as tx:
        told = await tx.row(
            "SELECT account_id, dimensions::text AS said FROM event WHERE agency_id = $1 AND kind = $2",
            tx.agency,
            "exclusion_noticed",
        )
    assert told is not None
    assert str(office.household.patron) not in told["said"]
    assert '"excludes_on": "2027-03-09"' in told["said"]
