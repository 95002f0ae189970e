import secrets
from collections import Counter
from datetime import date

from msgspec.structs import replace as replace_fields

from faelles.agencies import seeds, store
from faelles.agencies.model import BranchKind, DivisionKind, Service
from faelles.agencies.planting import plant_agency
from faelles.agencies.seeds import AgencySeed, agency_seeds
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.people.model import system_caller


def seed_of(name: str) -> AgencySeed:
    return next(seed for seed in agency_seeds() if seed.founding.name == name)


def test_the_country_has_98_municipalities_and_a_few_neighbours():
    kinds = Counter(seed.founding.kind for seed in agency_seeds())
    assert kinds == {"municipality": 98, "other": 5, "test": 1}


def test_the_same_variant_makes_the_same_country():
    assert agency_seeds("a") == agency_seeds("a")
    assert agency_seeds("a") != agency_seeds("b")


def test_no_two_places_of_the_country_share_a_code():
    divisions = [division for seed in agency_seeds() for division in seed.divisions]
    isils = Counter(division.isil for division in divisions)
    codes = Counter(branch.code for division in divisions for branch in division.branches)
    assert isils.most_common(1)[0][1] == 1
    assert codes.most_common(1)[0][1] == 1


def test_no_two_branches_of_an_agency_share_a_name():
    for seed in agency_seeds():
        names = Counter(branch.name for division in seed.divisions for branch in division.branches)
        assert names.most_common(1)[0][1] == 1, seed.founding.name


def test_known_branches_are_the_real_ones():
    library = seed_of("København").divisions[0]
    assert library.branches[0].name == "Hovedbiblioteket"
    assert library.branches[0].code == library.isil == "DK-710100"
    assert {"Blågården", "Tingbjerg"} <= {branch.name for branch in library.branches}
    assert Counter(branch.kind for branch in library.branches) == {BranchKind.PUBLIC: 20, BranchKind.INTERNAL: 7}


def test_every_municipality_has_a_main_library_and_a_school():
    for seed in agency_seeds():
        assert seed.divisions[0].branches[0].code == seed.founding.isil
        if seed.founding.municipality_code:
            schools = seed.divisions[1]
            assert schools.kind is DivisionKind.SCHOOL
            assert all(branch.code.startswith("DK-6") for branch in schools.branches)


def test_a_larger_municipality_has_more_branches_and_schools():
    large, small = seed_of("Aalborg"), seed_of("Samsø")
    for ours, theirs in zip(large.divisions, small.divisions, strict=True):
        assert len(ours.branches) > len(theirs.branches)


def test_south_schleswig_has_euros_and_german_holidays():
    founding = seed_of("Sydslesvig").founding
    assert (founding.currency, founding.holiday_calendar) == ("EUR", "DE-SH")


async def test_a_seed_planted_is_a_library_with_opening_hours(database: Database):
    seed = _renamed(seed_of("Ærø"))
    agency = await store.next_agency_id(database)
    async with database.transaction(agency, SYSTEM) as tx:
        directory = await plant_agency(tx, system_caller(agency), seed)
    main = directory.branches_by_code[seed.divisions[0].branches[0].code].id
    new_years_day, sunday = date(2026, 1, 1), date(2026, 11, 22)
    assert directory.calendar(main, Service.UNSTAFFED).is_open_on(sunday)
    assert not directory.calendar(main, Service.STAFFED).is_open_on(sunday)
    assert directory.calendar(main, Service.BOOK_DROP).is_open_on(new_years_day)
    assert len(directory.branches) == sum(len(division.branches) for division in seed.divisions)
    assert {placement.department for placement in directory.placements.values()} == {
        "Voksen",
        "Børn",
        "Læringscenter",
    }


def _renamed(seed: AgencySeed) -> AgencySeed:
    """The seed under an ISIL of its own: the database of the test run is shared, and ISILs are the country's."""
    founding = replace_fields(seed.founding, isil=f"DK-S{secrets.token_hex(4)}")
    return seeds.AgencySeed(founding=founding, inhabitants=seed.inhabitants, divisions=seed.divisions)
