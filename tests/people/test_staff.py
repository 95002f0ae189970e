"""Staff and roles: what holds where, who may give it, and that no one else's staff are in sight."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from faelles.ground.ids import NATION, AgencyId
from faelles.people.ending import revoke_all_tokens
from faelles.people.model import EVERY_PERMISSION, Caller, Permission, Place, Subject, SubjectKind, system_caller
from faelles.people.staff import operations
from faelles.people.staff.model import Assignment, NewPassword, NewRole, NewStaff, RoleChange, StaffChange
from people.colleagues import employ, event_kinds, sign_in
from town import Town

Result = TypeVar("Result")


async def acting(database: Database, caller: Caller, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    return await database.run(caller.agency, caller.actor, work)


async def test_a_role_at_a_branch_holds_there_and_nowhere_else(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "aase", Assignment(role="librarian", branch=town.main))
    caller = await sign_in(database, keyring, town, "aase")
    caller.require(Permission.CHECKOUT, Place(town.library, town.main))
    for place in (Place(town.library, town.suburb), Place(town.schools, town.school)):
        with pytest.raises(ForbiddenError):
            caller.require(Permission.CHECKOUT, place)
    assert caller.divisions(Permission.CHECKOUT) == frozenset({town.library})


async def test_a_role_in_a_division_holds_in_its_branches(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "aase", Assignment(role="school_librarian", division=town.schools))
    caller = await sign_in(database, keyring, town, "aase")
    caller.require(Permission.CHECKOUT, Place(town.schools, town.school))
    with pytest.raises(ForbiddenError):
        caller.require(Permission.CHECKOUT, Place(town.library, town.main))


async def test_a_role_in_the_agency_holds_everywhere(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "aase", Assignment(role="administrator"))
    caller = await sign_in(database, keyring, town, "aase")
    for place in (Place(town.library, town.main), Place(town.schools, town.school)):
        assert caller.permissions_at(place) == EVERY_PERMISSION
    assert caller.divisions(Permission.CHECKOUT) is None


async def test_roles_add_up_by_place(database: Database, keyring: Keyring, town: Town):
    await employ(
        database,
        town.agency,
        "aase",
        Assignment(role="desk_assistant", division=town.library),
        Assignment(role="librarian", branch=town.suburb),
    )
    caller = await sign_in(database, keyring, town, "aase")
    assert Permission.LOST in caller.permissions_at(Place(town.library, town.suburb))
    assert Permission.LOST not in caller.permissions_at(Place(town.library, town.main))


async def test_a_withdrawn_role_is_gone_at_the_next_request(database: Database, keyring: Keyring, town: Town):
    staff = await employ(database, town.agency, "aase", Assignment(role="librarian", branch=town.main))
    system = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        (held,) = (await operations.show_staff(tx, system, staff)).roles
        assert (held.role, held.division, held.branch) == ("librarian", town.library, town.main)
        await operations.withdraw_role(tx, system, staff, held.id)
        with pytest.raises(NotFoundError):
            await operations.withdraw_role(tx, system, staff, held.id)
    assert (await sign_in(database, keyring, town, "aase")).grants == ()


async def test_a_changed_role_changes_whoever_holds_it(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "aase", Assignment(role="auditor"))
    change = RoleChange(permissions=frozenset({Permission.EVENT_READ}))
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.change_role(tx, system_caller(town.agency), "auditor", change)
    (grant,) = (await sign_in(database, keyring, town, "aase")).grants
    assert grant.permissions == {Permission.EVENT_READ}


async def test_seeding_again_leaves_what_the_agency_has_changed(database: Database, town: Town):
    system = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.seed_roles(tx)
        await operations.change_role(tx, system, "auditor", RoleChange(name="Den strenge revisor"))
        await operations.seed_roles(tx)
        roles = {role.code: role for role in await operations.list_roles(tx, system)}
    assert roles["auditor"].name == "Den strenge revisor"
    assert set(roles["administrator"].permissions) == EVERY_PERMISSION
    assert "supporter" not in roles


async def manager(database: Database, keyring: Keyring, town: Town) -> Caller:
    await employ(database, town.agency, "leder", Assignment(role="manager", branch=town.main))
    return await sign_in(database, keyring, town, "leder")


async def test_a_branch_manager_staffs_their_own_branch(database: Database, keyring: Keyring, town: Town):
    caller = await manager(database, keyring, town)
    new = NewStaff(username="aase", name="Åse")
    staff = await acting(database, caller, lambda tx: operations.create_staff(tx, caller, new))
    wanted = Assignment(role="librarian", branch=town.main)
    await acting(database, caller, lambda tx: operations.assign_role(tx, caller, staff, wanted))


@pytest.mark.parametrize(
    "wanted",
    [
        lambda town: Assignment(role="librarian", branch=town.suburb),
        lambda town: Assignment(role="librarian", division=town.library),
        lambda _: Assignment(role="librarian"),
        lambda town: Assignment(role="administrator", branch=town.main),
    ],
)
async def test_nobody_gives_more_than_they_hold(
    database: Database, keyring: Keyring, town: Town, wanted: Callable[[Town], Assignment]
):
    caller = await manager(database, keyring, town)
    staff = await employ(database, town.agency, "aase")
    with pytest.raises(ForbiddenError, match="beyond_own_permissions"):
        await acting(database, caller, lambda tx: operations.assign_role(tx, caller, staff, wanted(town)))


async def test_nobody_takes_over_a_colleague_who_may_more(database: Database, keyring: Keyring, town: Town):
    caller = await manager(database, keyring, town)
    boss = await employ(database, town.agency, "boss", Assignment(role="administrator"))
    before = await event_kinds(database, town.agency)
    new_password = NewPassword(password="seven small ships")
    attacks: list[Callable[[Transaction], Awaitable[object]]] = [
        lambda tx: operations.set_password(tx, keyring, caller, boss, new_password),
        lambda tx: operations.change_staff(tx, caller, boss, StaffChange(is_disabled=True)),
        lambda tx: revoke_all_tokens(tx, caller, Subject(SubjectKind.STAFF, boss)),
        lambda tx: operations.change_role(tx, caller, "desk_assistant", RoleChange(permissions=EVERY_PERMISSION)),
        lambda tx: operations.create_role(
            tx, caller, NewRole(code="king", name="Konge", permissions=frozenset({Permission.CHECKOUT}))
        ),
    ]
    for attack in attacks:
        with pytest.raises(ForbiddenError, match="beyond_own_permissions"):
            await acting(database, caller, attack)
    assert await event_kinds(database, town.agency) == before
    await sign_in(database, keyring, town, "boss")


@pytest.mark.parametrize("permission", [Permission.OWN_ACCOUNT, Permission.SUPPORT])
async def test_what_is_not_the_agencys_to_give_cannot_be_in_its_roles(
    database: Database, town: Town, permission: Permission
):
    new = NewRole(code="x", name="x", permissions=frozenset({permission}))
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(ForbiddenError):
            await operations.create_role(tx, system_caller(town.agency), new)


async def test_whoever_lacks_the_permission_changes_nothing(database: Database, keyring: Keyring, town: Town):
    staff = await employ(database, town.agency, "aase", Assignment(role="librarian"))
    caller = await sign_in(database, keyring, town, "aase")
    for attempt in (
        lambda tx: operations.create_staff(tx, caller, NewStaff(username="bo", name="Bo")),
        lambda tx: operations.change_staff(tx, caller, staff, StaffChange(name="Dronning")),
        lambda tx: operations.assign_role(tx, caller, staff, Assignment(role="administrator")),
        lambda tx: operations.list_staff(tx, caller),
        lambda tx: operations.list_roles(tx, caller),
    ):
        with pytest.raises(ForbiddenError, match="permission_missing"):
            await acting(database, caller, attempt)


async def test_neighbours_staff_do_not_exist(database: Database, town: Town, neighbour: Town):
    theirs = await employ(database, neighbour.agency, "dorte", Assignment(role="librarian"))
    system = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        assert await operations.list_staff(tx, system) == []
        for attempt in (
            operations.show_staff(tx, system, theirs),
            operations.change_staff(tx, system, theirs, StaffChange(name="x")),
            operations.assign_role(tx, system, theirs, Assignment(role="librarian")),
        ):
            with pytest.raises(NotFoundError, match="staff_not_found"):
                await attempt


async def test_a_role_cannot_be_given_at_a_neighbours_branch(database: Database, town: Town, neighbour: Town):
    staff = await employ(database, town.agency, "aase")
    for wanted in (
        Assignment(role="librarian", branch=neighbour.main),
        Assignment(role="librarian", division=neighbour.library),
    ):
        with pytest.raises(NotFoundError):
            async with database.transaction(town.agency, SYSTEM) as tx:
                await operations.assign_role(tx, system_caller(town.agency), staff, wanted)


async def test_what_is_there_already_is_a_conflict(database: Database, town: Town):
    staff = await employ(database, town.agency, "aase", Assignment(role="librarian"))
    with pytest.raises(ConflictError, match="staff_username_taken"):
        await employ(database, town.agency, "aase")
    with pytest.raises(ConflictError, match="staff_role_held_once"):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await operations.assign_role(tx, system_caller(town.agency), staff, Assignment(role="librarian"))


async def test_two_agencies_may_have_the_same_username(database: Database, town: Town, neighbour: Town):
    await employ(database, town.agency, "aase")
    await employ(database, neighbour.agency, "aase")


async def test_nobody_locks_themselves_out(database: Database, keyring: Keyring, town: Town):
    staff = await employ(database, town.agency, "aase", Assignment(role="administrator"))
    caller = await sign_in(database, keyring, town, "aase")
    with pytest.raises(ConflictError, match="staff_cannot_disable_self"):
        await acting(
            database, caller, lambda tx: operations.change_staff(tx, caller, staff, StaffChange(is_disabled=True))
        )


async def test_a_weak_password_is_refused_with_the_reason(database: Database, town: Town):
    with pytest.raises(InvalidRequestError) as refusal:
        await employ(database, town.agency, "aase", password="Bibliotek2026!")
    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [("password", "password_common")]
    async with database.transaction(town.agency, SYSTEM) as tx:
        assert await operations.list_staff(tx, system_caller(town.agency)) == []


async def test_staff_are_listed_in_pages(database: Database, town: Town):
    for username in ("bo", "aase", "carl"):
        await employ(database, town.agency, username, password=None)
    system = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        first = await operations.list_staff(tx, system, limit=2)
        rest = await operations.list_staff(tx, system, after=first[-1].username, limit=2)
    assert [staff.username for staff in first + rest] == ["aase", "bo", "carl"]


async def test_the_nation_has_supporters(database: Database):
    async with database.transaction(NATION, SYSTEM) as tx:
        await operations.seed_roles(tx)
        roles = await operations.list_roles(tx, system_caller(AgencyId(0)))
    assert "supporter" in {role.code for role in roles}
