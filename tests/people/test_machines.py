"""Machines and API clients: bound to their place, with secrets that are shown once."""

import msgspec
import pytest

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooManyAttemptsError,
    UnauthenticatedError,
)
from faelles.ground.i18n import Language
from faelles.people.ending import revoke_all_tokens, revoke_token
from faelles.people.machines import operations
from faelles.people.machines.model import (
    ClientChange,
    ClientSecret,
    MachineChange,
    MachineSecret,
    NewClient,
    NewMachine,
)
from faelles.people.model import Grant, MachineKind, Permission, Subject, SubjectKind, system_caller
from faelles.people.operations import caller_by_token, list_tokens
from faelles.people.rules import MACHINE_PERMISSIONS
from faelles.people.sign_in import sign_in_client, sign_in_machine
from faelles.people.staff.model import Assignment
from people.colleagues import employ, sign_in
from town import Town


async def self_check(database: Database, town: Town, username: str = "hall-2") -> MachineSecret:
    new = NewMachine(
        username=username,
        kind=MachineKind.SELF_CHECK,
        name="Automaten i hallen",
        branch=town.main,
        language=Language.ENGLISH,
    )
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await operations.create_machine(tx, system_caller(town.agency), new)


async def web_site(database: Database, town: Town) -> ClientSecret:
    new = NewClient(
        username="web",
        name="Hjemmesiden",
        permissions=frozenset({Permission.CATALOG_VIEW, Permission.ITEM_VIEW}),
        division=town.library,
    )
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await operations.create_client(tx, system_caller(town.agency), new)


async def test_a_machine_is_bound_to_its_branch_division_language_and_kind(
    database: Database, keyring: Keyring, town: Town
):
    machine = await self_check(database, town)
    token = await sign_in_machine(database, keyring, username=machine.username.upper(), secret=machine.secret)
    caller = await caller_by_token(database, token.secret)
    assert caller.agency == town.agency
    assert caller.actor == Actor(ActorKind.MACHINE, machine.id)
    assert caller.language is Language.ENGLISH
    assert caller.stands_in == town.main
    assert caller.grants == (Grant(MACHINE_PERMISSIONS[MachineKind.SELF_CHECK], town.library, town.main),)


async def test_a_machines_name_starts_with_the_agencys_isil(database: Database, town: Town, neighbour: Town):
    ours, theirs = await self_check(database, town), await self_check(database, neighbour)
    assert ours.username == f"{town.isil.lower()}.hall-2"
    assert theirs.username != ours.username
    with pytest.raises(ConflictError, match="machine_username_taken"):
        await self_check(database, town)


async def test_unknown_name_wrong_secret_and_disabled_are_answered_alike(
    database: Database, keyring: Keyring, town: Town
):
    machine, gone = await self_check(database, town), await self_check(database, town, "old")
    async with database.transaction(town.agency, SYSTEM) as tx:
        change = MachineChange(is_disabled=True)
        await operations.change_machine(tx, system_caller(town.agency), gone.id, change)
    answers = set()
    for username, secret in [
        (machine.username, "wrong"),
        (f"{town.isil}.nobody", machine.secret),
        (gone.username, gone.secret),
    ]:
        with pytest.raises(UnauthenticatedError) as refusal:
            await sign_in_machine(database, keyring, username=username, secret=secret)
        answers.add((refusal.value.code, str(refusal.value.parameters)))
    assert answers == {("sign_in_refused", "{}")}


@pytest.mark.parametrize("own_name", ["hall-2", "nobody"])
async def test_guessing_at_a_machines_secret_is_locked_out(
    database: Database, keyring: Keyring, town: Town, own_name: str
):
    machine = await self_check(database, town)
    username = f"{town.isil}.{own_name}"
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            await sign_in_machine(database, keyring, username=username, secret="wrong")
    with pytest.raises(TooManyAttemptsError):
        await sign_in_machine(database, keyring, username=username, secret=machine.secret)


async def test_a_new_secret_ends_the_old_one_and_its_sessions(database: Database, keyring: Keyring, town: Town):
    machine = await self_check(database, town)
    token = await sign_in_machine(database, keyring, username=machine.username, secret=machine.secret)
    async with database.transaction(town.agency, SYSTEM) as tx:
        fresh = await operations.replace_machine_secret(tx, system_caller(town.agency), machine.id)
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(database, token.secret)
    with pytest.raises(UnauthenticatedError):
        await sign_in_machine(database, keyring, username=machine.username, secret=machine.secret)
    await sign_in_machine(database, keyring, username=machine.username, secret=fresh.secret)


async def test_moving_a_machine_ends_its_sessions(database: Database, keyring: Keyring, town: Town):
    machine = await self_check(database, town)
    token = await sign_in_machine(database, keyring, username=machine.username, secret=machine.secret)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.change_machine(tx, system_caller(town.agency), machine.id, MachineChange(branch=town.school))
        (listed,) = await operations.list_machines(tx, system_caller(town.agency))
    assert (listed.branch, listed.division) == (town.school, town.schools)
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(database, token.secret)


async def test_a_machine_stands_in_no_neighbours_branch(database: Database, town: Town, neighbour: Town):
    new = NewMachine(username="spy", kind=MachineKind.SORTER, name="Spion", branch=neighbour.main)
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(NotFoundError, match="branch_unknown"):
            await operations.create_machine(tx, system_caller(town.agency), new)
        machine = await operations.create_machine(
            tx,
            system_caller(town.agency),
            NewMachine(username="m", kind=MachineKind.DOOR, name="Dør", branch=town.main),
        )
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        with pytest.raises(NotFoundError, match="machine_not_found"):
            await operations.replace_machine_secret(tx, system_caller(neighbour.agency), machine.id)
        assert await operations.list_machines(tx, system_caller(neighbour.agency)) == []


async def test_a_branch_manager_sets_up_machines_at_that_branch_alone(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "leder", Assignment(role="manager", branch=town.main))
    caller = await sign_in(database, keyring, town, "leder")
    async with database.transaction(town.agency, caller.actor) as tx:
        await operations.create_machine(
            tx, caller, NewMachine(username="a", kind=MachineKind.READER, name="Læser", branch=town.main)
        )
        with pytest.raises(ForbiddenError):
            await operations.create_machine(
                tx, caller, NewMachine(username="b", kind=MachineKind.READER, name="Læser", branch=town.suburb)
            )


async def test_a_client_may_what_it_was_given_in_its_division(database: Database, keyring: Keyring, town: Town):
    client = await web_site(database, town)
    token = await sign_in_client(database, keyring, username=client.username, secret=client.secret)
    caller = await caller_by_token(database, token.secret)
    assert caller.actor == Actor(ActorKind.CLIENT, client.id)
    assert caller.grants == (Grant(frozenset({Permission.CATALOG_VIEW, Permission.ITEM_VIEW}), town.library),)


async def test_a_disabled_client_is_out_at_once(database: Database, keyring: Keyring, town: Town):
    client = await web_site(database, town)
    token = await sign_in_client(database, keyring, username=client.username, secret=client.secret)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await operations.change_client(tx, system_caller(town.agency), client.id, ClientChange(is_disabled=True))
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(database, token.secret)
    with pytest.raises(UnauthenticatedError):
        await sign_in_client(database, keyring, username=client.username, secret=client.secret)


async def test_nobody_gives_a_client_more_than_they_hold(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "leder", Assignment(role="manager", division=town.library))
    caller = await sign_in(database, keyring, town, "leder")
    client = await web_site(database, town)
    async with database.transaction(town.agency, caller.actor) as tx:
        for new in (
            NewClient(username="a", name="a", permissions=frozenset({Permission.ITEM_VIEW})),
            NewClient(username="b", name="b", permissions=frozenset({Permission.AGENCY_EDIT}), division=town.library),
        ):
            with pytest.raises(ForbiddenError):
                await operations.create_client(tx, caller, new)
        change = ClientChange(permissions=frozenset({Permission.SUPPORT_GRANT}))
        with pytest.raises(ForbiddenError):
            await operations.change_client(tx, caller, client.id, change)


async def test_whoever_may_change_a_school_ends_no_session_of_the_librarys_machines(
    database: Database, keyring: Keyring, town: Town
):
    machine = await self_check(database, town)
    token = await sign_in_machine(database, keyring, username=machine.username, secret=machine.secret)
    at_school = Grant(frozenset({Permission.PEOPLE_EDIT}), division=town.schools, branch=town.school)
    caller = msgspec.structs.replace(system_caller(town.agency), grants=(at_school,))
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(ForbiddenError):
            await revoke_all_tokens(tx, caller, Subject(SubjectKind.MACHINE, machine.id))
        with pytest.raises(ForbiddenError):
            await revoke_token(tx, caller, token.id)
    assert (await caller_by_token(database, token.secret)).actor.id == machine.id


async def test_the_sessions_of_a_machine_are_listed_without_their_secrets_and_ended_together(
    database: Database, keyring: Keyring, town: Town
):
    machine = await self_check(database, town)
    tokens = [
        await sign_in_machine(database, keyring, username=machine.username, secret=machine.secret) for _ in range(3)
    ]
    subject, system = Subject(SubjectKind.MACHINE, machine.id), system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        listed = await list_tokens(tx, system, subject, after=0, limit=10)
        assert [token.id for token in listed] == [token.id for token in tokens]
        assert not any(token.secret in str(listed) for token in tokens)
        assert await revoke_all_tokens(tx, system, subject) == 3
    for token in tokens:
        with pytest.raises(UnauthenticatedError):
            await caller_by_token(database, token.secret)
