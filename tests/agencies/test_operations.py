from datetime import date

import pytest

from faelles.agencies import operations, store
from faelles.agencies.directory import load_directory
from faelles.agencies.model import (
    AddBranch,
    AddDivision,
    BranchKind,
    ChangeBranch,
    ChangeIsil,
    DivisionKind,
    FoundAgency,
    NewPlacement,
)
from faelles.agencies.placements import operations as placing
from faelles.ground import events
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, BranchId, DivisionId
from faelles.people.model import Caller, Grant, Permission, system_caller
from faelles.simulation.store import until_readable
from town import Town

EDITS = frozenset({Permission.AGENCY_EDIT, Permission.AGENCY_VIEW})
SHELF = NewPlacement(department="Voksen", location="Musik")


def staff_of(town: Town, **where: DivisionId | BranchId) -> Caller:
    return Caller(agency=town.agency, actor=SYSTEM, language=Language.DANISH, grants=(Grant(EDITS, **where),))


async def told(database: Database, town: Town) -> list[tuple[str, int | None]]:
    await until_readable(database)
    async with database.transaction(town.agency, SYSTEM) as tx:
        return [(event.kind, event.subject) for event in await events.read_next(tx, "test")]


async def test_an_agency_is_founded_in_a_transaction_of_its_own(database: Database, town: Town):
    agency = await store.next_agency_id(database)
    async with database.transaction(agency, SYSTEM) as tx:
        founded = await operations.found_agency(
            tx, system_caller(agency), FoundAgency(isil=f"{town.isil}X", name="Ærø", holiday_calendar="DE-SH")
        )
        assert (founded.id, founded.name, founded.holiday_calendar) == (agency, "Ærø", "DE-SH")
        assert await store.find_agency(tx, agency) == founded


async def test_an_isil_belongs_to_one_agency(database: Database, town: Town):
    agency = await store.next_agency_id(database)
    with pytest.raises(ConflictError, match="agency_isil_taken"):
        async with database.transaction(agency, SYSTEM) as tx:
            await operations.found_agency(tx, system_caller(agency), FoundAgency(isil=town.isil, name="Kopi"))
    async with database.transaction(agency, SYSTEM) as tx:
        assert await store.find_agency(tx, agency) is None


async def test_an_agency_is_founded_once(database: Database, town: Town):
    with pytest.raises(ConflictError, match="agency_already_founded"):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await operations.found_agency(
                tx, system_caller(town.agency), FoundAgency(isil=f"{town.isil}Y", name="Igen")
            )


async def test_a_new_name_is_seen_by_the_whole_country(database: Database, town: Town, neighbour: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.rename_agency(tx, system_caller(town.agency), "Ny Ålborg")
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        seen = await store.find_agency(tx, town.agency)
    assert seen is not None
    assert seen.name == "Ny Ålborg"
    assert ("agency_renamed", None) in await told(database, town)


async def test_the_directory_is_paged_by_id(database: Database, town: Town, neighbour: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        following = await operations.list_agencies(
            tx, system_caller(town.agency), after=AgencyId(town.agency - 1), limit=1
        )
    assert [agency.id for agency in following] == [town.agency]


async def test_a_division_keeps_the_isils_it_had(database: Database, town: Town):
    first, second = town.isil, f"{town.isil}B"
    async with database.transaction(town.agency, SYSTEM) as tx:
        division = await operations.change_isil(
            tx, system_caller(town.agency), town.library, ChangeIsil(isil=second, first_day=date(2027, 1, 1))
        )
    assert [(each.isil, each.given_up, each.successor) for each in division.isils] == [
        (first, date(2027, 1, 1), second),
        (second, None, None),
    ]
    assert division.isils[1].first_day == date(2027, 1, 1)


async def test_an_isil_cannot_change_before_the_last_change(database: Database, town: Town):
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.change_isil(
            tx, caller, town.library, ChangeIsil(isil=f"{town.isil}C", first_day=date(2027, 1, 1))
        )
        with pytest.raises(ConflictError, match="isil_begins_later"):
            await operations.change_isil(
                tx, caller, town.library, ChangeIsil(isil=f"{town.isil}D", first_day=date(2026, 6, 1))
            )


async def test_two_divisions_never_share_an_isil(database: Database, town: Town):
    with pytest.raises(ConflictError, match="division_isil_taken"):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await operations.add_division(
                tx, system_caller(town.agency), AddDivision(kind=DivisionKind.SCHOOL, name="To", isil=town.isil)
            )


async def test_a_division_is_added_and_renamed(database: Database, town: Town):
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        added = await operations.add_division(
            tx, caller, AddDivision(kind=DivisionKind.SCHOOL, name="Specialskoler", isil=f"{town.isil}Q")
        )
        renamed = await operations.rename_division(tx, caller, added.id, "Specialområdet")
        assert renamed in await operations.list_divisions(tx, caller)
    assert renamed.name == "Specialområdet"
    assert await told(database, town) == [("division_added", added.id), ("division_renamed", added.id)]


async def test_a_branch_is_added_changed_and_closed(database: Database, town: Town):
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        request = AddBranch(division=town.library, code=f"{town.isil}02", name="Havnen", kind=BranchKind.PUBLIC)
        branch = await operations.add_branch(tx, caller, request)
        change = ChangeBranch(name="Fjernlager", kind=BranchKind.INTERNAL, is_pickup=False)
        await operations.change_branch(tx, caller, branch.id, change)
        closed = await operations.close_branch(tx, caller, branch.id, date(2027, 1, 1))
    assert (closed.name, closed.kind, closed.is_pickup) == ("Fjernlager", BranchKind.INTERNAL, False)
    assert closed.closed_from == date(2027, 1, 1)
    assert await told(database, town) == [
        ("branch_added", branch.id),
        ("branch_changed", branch.id),
        ("branch_closed", branch.id),
    ]


async def test_two_branches_never_share_a_code(database: Database, town: Town):
    with pytest.raises(ConflictError, match="branch_code_taken"):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await operations.add_branch(
                tx,
                system_caller(town.agency),
                AddBranch(division=town.library, code=f"{town.isil}00", name="Igen", kind=BranchKind.PUBLIC),
            )


async def test_branches_are_paged_by_code(database: Database, town: Town):
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        first = await operations.list_branches(tx, caller, limit=2)
        rest = await operations.list_branches(tx, caller, after=first[-1].code, limit=2)
    assert [branch.id for branch in first + rest] == [town.main, town.suburb, town.school]


async def test_placements_sent_twice_are_added_once(database: Database, town: Town):
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        once = await placing.add_placements(tx, caller, town.main, [SHELF])
        assert await placing.add_placements(tx, caller, town.main, [SHELF]) == once
        everything = await placing.list_placements(tx, caller, town.main)
    assert [placement.location for placement in everything] == [None, "Musik"]
    assert once == everything[1:]
    assert await told(database, town) == [("placements_added", town.main)]


async def test_a_placement_without_a_department_changes_nothing(database: Database, town: Town):
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(InvalidRequestError):
            await placing.add_placements(tx, caller, town.main, [SHELF, NewPlacement(location="Musik")])
        assert len(await placing.list_placements(tx, caller, town.main)) == 1


@pytest.mark.parametrize("unknown", [BranchId(2**31 - 1), BranchId(2**53 - 1)])
async def test_an_unknown_branch_is_not_found(database: Database, town: Town, unknown: BranchId):
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(NotFoundError, match="branch_unknown"):
            await operations.close_branch(tx, caller, unknown, None)
        with pytest.raises(NotFoundError, match="branch_unknown"):
            await placing.list_placements(tx, caller, unknown)
        with pytest.raises(NotFoundError, match="division_unknown"):
            await operations.rename_division(tx, caller, DivisionId(unknown), "x")


async def test_another_agencys_branch_is_no_branch_of_ours(database: Database, town: Town, neighbour: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(NotFoundError, match="branch_unknown"):
            await operations.close_branch(tx, system_caller(town.agency), neighbour.main, date(2027, 1, 1))
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        assert (await load_directory(tx)).branches[neighbour.main].closed_from is None


async def test_staff_of_one_branch_edit_that_branch_alone(database: Database, town: Town):
    caller = staff_of(town, branch=town.suburb, division=town.library)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await placing.add_placements(tx, caller, town.suburb, [SHELF])
        with pytest.raises(ForbiddenError):
            await placing.add_placements(tx, caller, town.main, [SHELF])
        with pytest.raises(ForbiddenError):
            await operations.rename_division(tx, caller, town.library, "Mit")


async def test_staff_of_the_school_service_edit_its_division_alone(database: Database, town: Town):
    caller = staff_of(town, division=town.schools)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.rename_division(tx, caller, town.schools, "Skolerne")
        with pytest.raises(ForbiddenError):
            await operations.rename_division(tx, caller, town.library, "Biblioteket")
        with pytest.raises(ForbiddenError):
            await operations.rename_agency(tx, caller, "Skoleby")


async def test_nobody_looks_without_the_permission(database: Database, town: Town):
    nobody = Caller(agency=town.agency, actor=SYSTEM, language=Language.DANISH, grants=())
    async with database.transaction(town.agency, SYSTEM) as tx:
        for look in (operations.list_agencies, operations.list_divisions, operations.show_agency):
            with pytest.raises(ForbiddenError):
                await look(tx, nobody)
