"""A municipality for a week: eight branches that close on different days, two vans, people, titles and copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from faelles.agencies.model import BranchKind, DivisionKind, FoundAgency, NewPlacement, Service
from faelles.agencies.opening.model import SetCalendarDays, WeekdayHours
from faelles.agencies.opening.operations import set_calendar_days
from faelles.agencies.planting import plant_agency
from faelles.agencies.seeds import AgencySeed, BranchSeed, DivisionSeed, WeekSeed
from faelles.agencies.store import next_agency_id
from faelles.catalog.model import NewRecord
from faelles.catalog.operations import create_record
from faelles.circulation.transit.model import NewVan, Round, VanStop
from faelles.circulation.transit.rounds import add_van
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import NATION, AgencyId, BranchId, PatronId, RecordId
from faelles.items.model import BulkItem
from faelles.items.store import copy_items
from faelles.patrons.bulk import PreparedMembership, PreparedPatron, load_patrons
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.model import Role
from faelles.people.model import Caller, system_caller
from faelles.policies.knobs import PICKUP_DAYS
from faelles.policies.model import Scope
from faelles.policies.operations import current_settings, set_rule
from faelles.policies.requests import SetRule
from faelles.policies.seeds import seed_agency, seed_nation
from faelles.simulation.week.model import BRANCHES, FIRST_DAY, Size

_NAMES: Final = ("Hovedbiblioteket", "Havnen", "Ådalen", "Øster", "Nørre", "Vester", "Syd", "Bakken")
_KEPT_DAYS: Final = 3
"""On the hold shelf: shorter than most, so that some of it is seen to expire within the week."""
_OFTEN: Final = 12
"""The larger, the less the most popular titles are wished for more than the others."""
_WEEKDAYS: Final = range(1, 7)
_LONG_AGO: Final = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Municipality:
    """`titles` by popularity, the most popular first; `home` of each copy, by its number."""

    agency: AgencyId
    branches: tuple[BranchId, ...]
    vans: tuple[int, ...]
    people: dict[PatronId, str]
    """Their cards."""
    titles: tuple[RecordId, ...]
    home: dict[str, BranchId]

    @property
    def librarian(self) -> Caller:
        return system_caller(self.agency)


async def found(database: Database, keyring: Keyring, size: Size) -> Municipality:
    await database.run(NATION, SYSTEM, seed_nation)
    agency = await next_agency_id(database)
    caller = system_caller(agency)
    await database.run(agency, SYSTEM, lambda tx: plant_agency(tx, caller, _seed(agency)))

    async def furnish(tx: Transaction) -> Municipality:
        await seed_agency(tx)
        directory = (await current_settings(tx)).directory
        branches = tuple(sorted(directory.branches, key=lambda branch: directory.branches[branch].code))
        day = FIRST_DAY + timedelta(days=3)
        closing = SetCalendarDays(branches=(branches[4],), first_day=day, last_day=day, reason="Personaledag")
        await set_calendar_days(tx, caller, closing)
        kept = SetRule(scope=Scope.AGENCY, scope_id=agency, knob=PICKUP_DAYS.name, value=_KEPT_DAYS)
        await set_rule(tx, caller, kept)
        vans = [(await add_van(tx, caller, van)).id for van in _vans(branches)]
        chance = Random(size.seed)  # noqa: S311 - a made-up town, the same each time
        people = await _settle(tx, keyring, branches, chance, size)
        titles = [(await create_record(tx, caller, _title(number))).id for number in range(size.titles)]
        home = await _shelve(tx, branches, titles, chance, size)
        return Municipality(agency, branches, tuple(vans), people, tuple(titles), home)

    return await database.run(agency, SYSTEM, furnish)


def popularity(titles: int) -> list[float]:
    """How likely each is wished for, summed up as `random.choices` wants it."""
    return list(accumulate(1 / (rank + _OFTEN) for rank in range(titles)))


def _seed(agency: AgencyId) -> AgencySeed:
    isil = f"DK-9{agency:05d}"
    return AgencySeed(
        founding=FoundAgency(isil=isil, name=f"Ugens Kommune {agency}"),
        inhabitants=60,
        divisions=(
            DivisionSeed(
                kind=DivisionKind.PUBLIC,
                name="Ugens Biblioteker",
                isil=isil,
                branches=tuple(_branch(isil, number) for number in range(BRANCHES)),
            ),
        ),
    )


def _branch(isil: str, number: int) -> BranchSeed:
    """The last branch is closed on Wednesdays too, the two before it on Saturdays."""
    closed = {7: {3}, 6: {6}, 5: {6}}.get(number, set())
    hours = tuple(WeekdayHours(weekday=day, opens=time(10), closes=time(19)) for day in _WEEKDAYS if day not in closed)
    return BranchSeed(
        code=f"{isil}{number:02d}",
        name=_NAMES[number],
        kind=BranchKind.PUBLIC,
        placements=(NewPlacement(department="Voksen"), NewPlacement(department="Børn")),
        weeks=(WeekSeed(service=Service.STAFFED, hours=hours),),
    )


def _vans(branches: Sequence[BranchId]) -> list[NewVan]:
    """One drives out from the main library every weekday and back to it; one the other way, three times a week."""
    there = (*branches, branches[0])
    back = tuple(reversed(there))
    return [
        NewVan(name="Bil 1", rounds=tuple(_round(day, there) for day in (1, 2, 3, 4, 5))),
        NewVan(name="Bil 2", rounds=tuple(_round(day, back) for day in (1, 3, 5))),
    ]


def _round(day: int, branches: Sequence[BranchId]) -> Round:
    return Round(weekday=day, stops=tuple(VanStop(branch=branch) for branch in branches))


async def _settle(
    tx: Transaction, keyring: Keyring, branches: Sequence[BranchId], chance: Random, size: Size
) -> dict[PatronId, str]:
    settings = await current_settings(tx)
    adult = next(group for group, known in settings.patron_groups.items() if known.code == "adult")
    division = settings.directory.branches[branches[0]].division
    member = PreparedMembership(division=division, role=Role.BORROWER, group=adult, starts_on=_LONG_AGO)
    people = [
        PreparedPatron(
            id=PatronId(10**12 + chance.getrandbits(48)),
            name=f"Prøve U{number:08d}",
            home_branch=chance.choice(branches),
            birth_date=date(1950, 1, 1) + timedelta(days=chance.randrange(18_000)),
            identifiers=((IdentifierKind.CARD, f"U{number:08d}"),),
            memberships=(member,),
        )
        for number in range(size.people)
    ]
    await load_patrons(tx, keyring, people, since=_LONG_AGO)
    return {person.id: person.identifiers[0][1] for person in people}


def _title(number: int) -> NewRecord:
    return NewRecord(title=f"Ugens bog {number:05d}", material_type="book", classification=f"{number % 100:02d}")


async def _shelve(
    tx: Transaction, branches: Sequence[BranchId], titles: Sequence[RecordId], chance: Random, size: Size
) -> dict[str, BranchId]:
    """Every title has a copy; the rest are bought by what is asked for."""
    settings = await current_settings(tx)
    group = next(group for group, known in settings.material_groups.items() if known.code == "book_adult")
    shelf = {place.branch: place.id for place in settings.directory.placements.values()}
    bought = [*titles, *chance.choices(titles, cum_weights=popularity(len(titles)), k=size.copies - len(titles))]
    items = [
        BulkItem(
            number=f"{number:010d}",
            record=record,
            owner_branch=branch,
            default_placement=shelf[branch],
            material_group=group,
            price_ore=19_900,
        )
        for number, record in enumerate(bought, start=1)
        for branch in [chance.choice(branches)]
    ]
    await copy_items(tx, items)
    return {item.number: item.owner_branch for item in items}
