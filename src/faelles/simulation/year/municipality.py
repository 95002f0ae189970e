"""A municipality to live in: founded as any other, with people in families of three and books that nobody waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from faelles.agencies.model import DivisionKind, Service
from faelles.agencies.opening.operations import show_calendar
from faelles.agencies.planting import plant_agency
from faelles.agencies.seeds import AgencySeed, agency_seeds
from faelles.agencies.store import next_agency_id
from faelles.catalog.model import NewRecord
from faelles.catalog.operations import create_record
from faelles.fees.neighbours.model import Adapter, Role, SetNeighbour
from faelles.fees.neighbours.operations import set_neighbour
from faelles.fees.payments.model import Outside
from faelles.ground.actor import SYSTEM
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import NATION, AgencyId, BranchId, DivisionId, PatronId, PlacementId
from faelles.ground.jobs import Home
from faelles.items.model import BulkItem
from faelles.items.store import copy_items
from faelles.patrons.bulk import PreparedMembership, PreparedPatron, load_patrons
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.model import Contact
from faelles.patrons.model import Role as Membership
from faelles.people.model import Caller, system_caller
from faelles.people.store import agency_behind_isil
from faelles.policies.model import Scope
from faelles.policies.operations import current_settings, set_rule
from faelles.policies.requests import SetRule
from faelles.policies.seeds import seed_agency, seed_nation
from faelles.simulation.year.model import Size
from faelles.simulation.year.reference import HANDOVER_DAYS, PROCESSING, Person

PRICE: Final = 19_900
_DEFAULT_PRICE: Final = 30_000
"""Of a book whose price nobody entered: one in five."""
_OWN_RULES: Final = {"replacement_processing_fee_ore": PROCESSING, "debt_handover_after_days": HANDOVER_DAYS}
"""Beside those that every municipality begins with."""
_SPARE: Final = timedelta(days=120)
_ASKED_AT_ONCE: Final = timedelta(days=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    home: Home
    division: DivisionId
    branch: BranchId
    other_branch: BranchId
    outside: Outside

    @property
    def agency(self) -> AgencyId:
        return self.home.agency

    @property
    def librarian(self) -> Caller:
        return system_caller(self.agency)

    @property
    def debtor_memory(self) -> Path:
        return self.outside.installation.exchange_directory / self.home.isil / "built-in"


@dataclass(frozen=True, slots=True)
class Population:
    people: dict[int, Person]
    cards: dict[int, str]
    books: dict[str, int]
    """Numbers and what each costs if it is lost."""


async def found(database: Database, keyring: Keyring, directory: Path) -> Town:
    """Found a municipality with a debtor system that takes files under `directory`."""
    await database.run(NATION, SYSTEM, seed_nation)
    agency = await next_agency_id(database)
    seed = await _not_yet_founded(database)
    await database.run(agency, SYSTEM, lambda tx: plant_agency(tx, system_caller(agency), seed))
    installation = Installation(is_production=False, public_url="http://127.0.0.1", exchange_directory=directory)
    outside = Outside(keyring, installation)

    async def furnish(tx: Transaction) -> Town:
        await seed_agency(tx)
        caller = system_caller(agency)
        choice = SetNeighbour(adapter=Adapter.BUILT_IN)
        await set_neighbour(tx, caller, keyring, installation, Role.DEBTS, choice)
        for knob, value in _OWN_RULES.items():
            await set_rule(tx, caller, SetRule(scope=Scope.AGENCY, scope_id=agency, knob=knob, value=value))
        directory_ = (await current_settings(tx)).directory
        division = next(each for each in directory_.divisions.values() if each.kind is DivisionKind.PUBLIC)
        branch, other, *_ = sorted(each.id for each in directory_.branches.values() if each.division == division.id)
        home = Home(agency, directory_.agency.isil, directory_.agency.time_zone)
        return Town(home=home, division=division.id, branch=branch, other_branch=other, outside=outside)

    return await database.run(agency, SYSTEM, furnish)


async def _not_yet_founded(database: Database) -> AgencySeed:
    """Of those with kroner and several branches, the last of the list."""
    for seed in reversed(agency_seeds()):
        is_fit = seed.founding.currency == "DKK" and len(seed.divisions[0].branches) > 1
        if is_fit and await agency_behind_isil(database, seed.founding.isil) is None:
            return seed
    raise LookupError


async def populate(database: Database, keyring: Keyring, town: Town, size: Size) -> Population:
    """Families of two adults and a child whom the first answers for; five books a person."""
    chance = Random(size.seed)  # noqa: S311 - made-up people, the same each time
    people = _families(chance, size)
    cards = {person.id: f"K{number:09d}" for number, person in enumerate(people, start=1)}

    async def settle(tx: Transaction) -> dict[str, int]:
        settings = await current_settings(tx)
        groups = {known.code: group for group, known in settings.patron_groups.items()}
        adult, child = groups["adult"], groups["child"]
        prepared = [
            PreparedPatron(
                id=PatronId(person.id),
                name=f"Prøve {cards[person.id]}",
                home_branch=town.branch,
                birth_date=person.born,
                contact=Contact(email=f"{cards[person.id].lower()}@example.invalid"),
                identifiers=((IdentifierKind.CARD, cards[person.id]),),
                memberships=(
                    PreparedMembership(
                        division=town.division,
                        role=Membership.BORROWER,
                        group=child if person.guardian else adult,
                        starts_on=date(2020, 1, 1),
                    ),
                ),
                guardian=PatronId(person.guardian.id) if person.guardian else None,
            )
            for person in people
        ]
        await load_patrons(tx, keyring, prepared, since=date(2020, 1, 1))
        return await _shelve(tx, town, size)

    books = await database.run(town.agency, SYSTEM, settle)
    return Population({person.id: person for person in people}, cards, books)


async def open_days(database: Database, town: Town, size: Size) -> dict[date, bool]:
    """On which days the library is open this year and a while after, as its calendar says."""
    last = size.first_day + timedelta(days=size.days) + _SPARE
    found: dict[date, bool] = {}
    first = size.first_day
    while first < last:
        until = min(first + _ASKED_AT_ONCE, last)
        show = partial(
            show_calendar, caller=town.librarian, branch=town.branch, service=Service.STAFFED, period=(first, until)
        )
        found |= {day.day: day.is_open for day in await database.run(town.agency, SYSTEM, show, read_only=True)}
        first = until + timedelta(days=1)
    return found


def _families(chance: Random, size: Size) -> Sequence[Person]:
    """One child in three comes of age within the year."""
    people: list[Person] = []
    for number in range(size.people):
        born = date(1960, 1, 1) + timedelta(days=chance.randrange(12_000))
        guardian = None
        if number % 3 == 2:  # noqa: PLR2004 - the third of a family
            guardian = people[-2]
            years = 18 if chance.random() < 1 / 3 else chance.randint(6, 16)
            born = date(size.first_day.year - years, 1, 1) + timedelta(days=chance.randrange(365))
        people.append(Person(10**12 + chance.getrandbits(48), born, guardian))
    return people


async def _shelve(tx: Transaction, town: Town, size: Size) -> dict[str, int]:
    settings = await current_settings(tx)
    group = next(group for group, known in settings.material_groups.items() if known.code == "book_adult")
    placement = next(place.id for place in settings.directory.placements.values() if place.branch == town.branch)
    title = NewRecord(title="Året der gik", material_type="book")
    record = (await create_record(tx, town.librarian, title)).id
    books = {f"{number:010d}": PRICE if number % 5 else _DEFAULT_PRICE for number in range(1, size.people * 5 + 1)}
    await copy_items(
        tx,
        [
            BulkItem(
                number=number,
                record=record,
                owner_branch=town.branch,
                default_placement=PlacementId(placement),
                material_group=group,
                price_ore=price if price == PRICE else None,
            )
            for number, price in books.items()
        ],
    )
    return books
