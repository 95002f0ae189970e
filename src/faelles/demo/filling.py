"""Filling an empty installation. Safe to run again: an agency has all of its demonstration or none of it, and what a
start that was broken off did not come to is done by the next one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from faelles.agencies.planting import plant_agency
from faelles.agencies.seeds import AgencySeed, agency_seeds
from faelles.agencies.store import next_agency_id
from faelles.catalog.loading import LoadProgress, demo_records, load_records
from faelles.circulation.loans import bulk_store as loans
from faelles.circulation.loans.model import ReturnRequest
from faelles.circulation.loans.operations import return_item
from faelles.demo import money, store, vans
from faelles.demo.borrowing import Borrowing, LateReturn, borrow
from faelles.demo.model import RECORD_UNITS, Advance, Scale, Step
from faelles.demo.population import Population, populate
from faelles.demo.samples import main_branch
from faelles.demo.shares import shares
from faelles.demo.stock import Title, stock
from faelles.fees.desk.model import Means, Pay
from faelles.fees.desk.operations import pay
from faelles.ground.actor import SYSTEM
from faelles.ground.clock import local_date
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import NATION, AgencyId, ItemNumber
from faelles.items import store as item_store
from faelles.items.model import BulkItem, NumberSeries
from faelles.items.operations import set_number_series
from faelles.items.rules import default_series
from faelles.patrons.blocks.model import SetBlock
from faelles.patrons.blocks.operations import set_block
from faelles.patrons.bulk import load_patrons
from faelles.patrons.classes import store as class_store
from faelles.patrons.classes.model import Enrolment, StartClass
from faelles.patrons.classes.operations import start_class
from faelles.people.model import Caller, system_caller
from faelles.people.staff.operations import seed_roles
from faelles.people.store import agency_behind_isil
from faelles.policies.compiled import Settings
from faelles.policies.operations import current_settings
from faelles.policies.seeds import seed_agency, seed_nation

_FEWEST_TITLES = 9000
"""So many say that the records have been loaded."""
_AT_ONCE = 3
"""Agencies filled at the same time: while one waits for the database the next is made up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An agency to be filled: its number in the country, and its share of it."""

    seed: AgencySeed
    place: int
    patrons: int
    items: int


def plans(scale: Scale) -> list[Plan]:
    """The agencies of a country of that size, in the order of their ISILs."""
    country = agency_seeds()
    wanted = [each for each in country if scale.isils is None or each.founding.isil in scale.isils]
    weights = {each.founding.isil: each.inhabitants for each in wanted}
    patrons = shares(scale.patrons, weights, fewest=scale.fewest_patrons)
    items = shares(scale.items, weights, fewest=scale.fewest_items)
    return [Plan(seed, country.index(seed), patrons[seed.founding.isil], items[seed.founding.isil]) for seed in wanted]


async def fill(database: Database, keyring: Keyring, scale: Scale, advance: Advance) -> bool:
    """Make what is missing of a demonstration; whether anything was."""
    await database.run(NATION, SYSTEM, _found_nation)
    country = plans(scale)
    agencies = [await _planted(database, plan, advance) for plan in country]
    titles = await database.run(NATION, SYSTEM, lambda tx: _titles(tx, advance))
    filler = _Filler(database, keyring, titles, advance, asyncio.Semaphore(_AT_ONCE))
    async with asyncio.TaskGroup() as group:
        largest_first = sorted(zip(agencies, country, strict=True), key=lambda each: -each[1].items)
        tasks = [group.create_task(filler.fill(agency, plan)) for agency, plan in largest_first]
    return any(task.result() for task in tasks)


async def _found_nation(tx: Transaction) -> None:
    await seed_nation(tx)
    await seed_roles(tx)


async def _planted(database: Database, plan: Plan, advance: Advance) -> AgencyId:
    """The agency of a plan, founded where it is missing: one after the other, so that ids are the same everywhere."""
    agency = await agency_behind_isil(database, plan.seed.founding.isil)
    if agency is None:
        agency = await next_agency_id(database)
        await database.run(agency, SYSTEM, lambda tx: _plant(tx, plan.seed))
    advance(Step.AGENCIES, 1)
    return agency


async def _plant(tx: Transaction, seed: AgencySeed) -> None:
    await plant_agency(tx, system_caller(tx.agency), seed)
    await seed_agency(tx)
    await seed_roles(tx)


async def _titles(tx: Transaction, advance: Advance) -> Sequence[Title]:
    done = 0

    def tell(progress: LoadProgress) -> None:
        nonlocal done
        units = RECORD_UNITS * progress.bytes_read // progress.bytes_in_all
        advance(Step.RECORDS, units - done)
        done = units

    if await store.count_titles(tx) < _FEWEST_TITLES:
        await load_records(tx, system_caller(NATION), demo_records(), tell=tell)
    advance(Step.RECORDS, RECORD_UNITS - done)
    return await store.titles(tx)


@dataclass(frozen=True, slots=True)
class _Filler:
    """What is the same for every agency that is filled."""

    database: Database
    keyring: Keyring
    titles: Sequence[Title]
    advance: Advance
    room: asyncio.Semaphore

    async def fill(self, agency: AgencyId, plan: Plan) -> bool:
        """Give the agency everything in one transaction, unless it has it; whether it had not."""
        async with self.room:
            return await self.database.run(agency, SYSTEM, lambda tx: self._fill(tx, plan))

    async def _fill(self, tx: Transaction, plan: Plan) -> bool:
        is_filled = await store.is_filled(tx)
        if not is_filled:
            settings = await current_settings(tx)
            population = await self._add_patrons(tx, settings, plan)
            items = await self._add_items(tx, settings, plan)
            await _add_loans(tx, borrow(settings, population, items, tx.now), settings.directory.agency.currency)
            await money.furnish(tx, self.keyring, main_branch(settings).id)
            await vans.furnish(tx, settings)
        else:
            self.advance(Step.PATRONS, plan.patrons)
            self.advance(Step.ITEMS, plan.items)
        self.advance(Step.LOANS, 1)
        return not is_filled

    async def _add_patrons(self, tx: Transaction, settings: Settings, plan: Plan) -> Population:
        today = local_date(tx.now, settings.directory.agency.time_zone)
        population = populate(settings, place=plan.place, count=plan.patrons, today=today)
        await load_patrons(tx, self.keyring, population.patrons, since=today)
        caller = system_caller(tx.agency)
        await _start_classes(tx, caller, settings, population)
        for patron, code in population.blocks:
            await set_block(tx, caller, patron, SetBlock(code=code))
        self.advance(Step.PATRONS, plan.patrons)
        return population

    async def _add_items(self, tx: Transaction, settings: Settings, plan: Plan) -> list[BulkItem]:
        today = local_date(tx.now, settings.directory.agency.time_zone)
        # By its place in the country, not by its id: a start that was broken off has used up ids.
        series = default_series(AgencyId(plan.place))
        items = stock(settings, self.titles, count=plan.items, series=series, today=today)
        await item_store.copy_items(tx, items)
        following = NumberSeries(next=ItemNumber(f"{int(series.next) + len(items):010d}"), last=series.last)
        await set_number_series(tx, system_caller(tx.agency), following)
        self.advance(Step.ITEMS, plan.items)
        return items


async def _start_classes(tx: Transaction, caller: Caller, settings: Settings, population: Population) -> None:
    group = next(id_ for id_, each in settings.patron_groups.items() if each.code == "class")
    for planned in population.classes:
        wanted = StartClass(
            branch=planned.branch, starting_year=planned.starting_year, track=planned.track, group=group
        )
        class_id = await start_class(tx, caller, wanted)
        enrolments = [Enrolment(class_id=class_id, patron=pupil, role="pupil") for pupil in planned.pupils]
        if planned.teacher is not None:
            enrolments.append(Enrolment(class_id=class_id, patron=planned.teacher, role="teacher"))
        await class_store.enrol(tx, enrolments, population.school_year_began)


async def _add_loans(tx: Transaction, drawn: Borrowing, currency: str) -> None:
    """Loans in bulk; late returns one by one through the desk, which raises what they cost."""
    await loans.insert_loans(tx, drawn.loans)
    caller = system_caller(tx.agency)
    for late in sorted(drawn.late, key=lambda each: each.returned_at):
        await _return_late(tx, caller, late, currency)


async def _return_late(tx: Transaction, caller: Caller, late: LateReturn, currency: str) -> None:
    request = ReturnRequest(item=late.item, branch=late.branch, returned_at=late.returned_at)
    answer = await return_item(tx, caller, request)
    if late.is_paid and answer.charged_ore:
        payment = Pay(
            branch=late.branch,
            amount_ore=answer.charged_ore,
            currency=currency,
            means=Means.MOBILE,
            reference=f"demo-{late.item}",
        )
        await pay(tx, caller, late.borrower, payment)
