"""Machines and API clients: registering them, their secrets, and taking them out of service.

What a machine may do follows from its kind (people/rules.py) and holds at the branch it stands in. A client may do
what it was given, and nobody gives it more than they have.
"""

from faelles.ground.crypto import new_secret, secret_hash
from faelles.ground.database import Row, Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.events import append
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, ClientId, DivisionId, MachineId
from faelles.people.machines import events, store
from faelles.people.machines.model import (
    Client,
    ClientChange,
    ClientSecret,
    Machine,
    MachineChange,
    MachineSecret,
    NewClient,
    NewMachine,
)
from faelles.people.model import Caller, Grant, MachineKind, Permission, Place, Subject, SubjectKind
from faelles.people.operations import end_sessions, known_permissions
from faelles.people.reach import require_covering
from faelles.people.staff.store import division_of_branch


async def create_machine(tx: Transaction, caller: Caller, new: NewMachine) -> MachineSecret:
    """Raises NotFoundError for an unknown branch, ConflictError for a taken name."""
    await _require_edit_at(tx, caller, BranchId(new.branch))
    username, secret = await store.username_prefix(tx) + new.username, new_secret()
    machine = await store.insert_machine(tx, new, username, secret_hash(secret))
    await append(tx, events.machine_created(machine, new.kind, BranchId(new.branch)))
    return MachineSecret(id=machine, username=username, secret=secret)


async def change_machine(tx: Transaction, caller: Caller, machine: MachineId, change: MachineChange) -> None:
    """Rename, move, disable, enable. Where it is moved or disabled, its sessions end.

    Raises NotFoundError for an unknown machine or branch.
    """
    before = await machine_to_change(tx, caller, machine)
    if change.branch is not None:
        await _require_edit_at(tx, caller, BranchId(change.branch))
    await store.update_machine(tx, machine, change)
    await append(tx, events.machine_changed(machine))
    if change.is_disabled is True and before["disabled_at"] is None:
        await append(tx, events.machine_disabled(machine))
    if change.is_disabled is True or change.branch not in {None, before["branch_id"]}:
        await end_sessions(tx, Subject(SubjectKind.MACHINE, machine))


async def replace_machine_secret(tx: Transaction, caller: Caller, machine: MachineId) -> MachineSecret:
    """A new secret; the old one and every session end at once."""
    row = await machine_to_change(tx, caller, machine)
    secret = new_secret()
    await store.replace_machine_secret(tx, machine, secret_hash(secret))
    await append(tx, events.machine_secret_replaced(machine))
    await end_sessions(tx, Subject(SubjectKind.MACHINE, machine))
    return MachineSecret(id=machine, username=row["username"], secret=secret)


async def list_machines(tx: Transaction, caller: Caller, *, after: int = 0, limit: int = 50) -> list[Machine]:
    """The agency's machines in the order they were registered, from the one after `after` on."""
    caller.require(Permission.PEOPLE_VIEW)
    return [_machine(row) for row in await store.machines(tx, after, limit)]


async def create_client(tx: Transaction, caller: Caller, new: NewClient) -> ClientSecret:
    """Raises ForbiddenError for permissions the caller lacks, NotFoundError for an unknown division, ConflictError for
    a taken name.
    """
    division = None if new.division is None else DivisionId(new.division)
    require_covering(caller, Grant(new.permissions, division))
    username, secret = await store.username_prefix(tx) + new.username, new_secret()
    client = await store.insert_client(tx, new, username, secret_hash(secret))
    await append(tx, events.client_created(client))
    return ClientSecret(id=client, username=username, secret=secret)


async def change_client(tx: Transaction, caller: Caller, client: ClientId, change: ClientChange) -> None:
    """Rename, change what it may do, disable, enable. A disabled client's sessions end."""
    before = await client_to_change(tx, caller, client)
    require_covering(caller, Grant(change.permissions or frozenset(), before["division_id"]))
    await store.update_client(tx, client, change)
    await append(tx, events.client_changed(client))
    if change.is_disabled is True and before["disabled_at"] is None:
        await append(tx, events.client_disabled(client))
        await end_sessions(tx, Subject(SubjectKind.CLIENT, client))


async def replace_client_secret(tx: Transaction, caller: Caller, client: ClientId) -> ClientSecret:
    """A new secret; the old one and every session end at once."""
    row = await client_to_change(tx, caller, client)
    secret = new_secret()
    await store.replace_client_secret(tx, client, secret_hash(secret))
    await append(tx, events.client_secret_replaced(client))
    await end_sessions(tx, Subject(SubjectKind.CLIENT, client))
    return ClientSecret(id=client, username=row["username"], secret=secret)


async def list_clients(tx: Transaction, caller: Caller, *, after: int = 0, limit: int = 50) -> list[Client]:
    """The agency's API clients in the order they were registered, from the one after `after` on."""
    caller.require(Permission.PEOPLE_VIEW)
    return [_client(row) for row in await store.clients(tx, after, limit)]


async def _require_edit_at(tx: Transaction, caller: Caller, branch: BranchId) -> None:
    caller.require(Permission.PEOPLE_EDIT)
    division = await division_of_branch(tx, branch)
    caller.require(Permission.PEOPLE_EDIT, Place(division, branch))


async def machine_to_change(tx: Transaction, caller: Caller, machine: MachineId) -> Row:
    """The machine's row, locked, for a caller who may change it where it stands. Raises NotFoundError."""
    caller.require(Permission.PEOPLE_EDIT)
    row = await store.lock_machine(tx, machine)
    if row is None:
        raise NotFoundError("machine_not_found")
    caller.require(Permission.PEOPLE_EDIT, Place(DivisionId(row["division_id"]), BranchId(row["branch_id"])))
    return row


async def client_to_change(tx: Transaction, caller: Caller, client: ClientId) -> Row:
    """The client's row, locked, for a caller who holds all that it may do. Raises NotFoundError."""
    caller.require(Permission.PEOPLE_EDIT)
    row = await store.lock_client(tx, client)
    if row is None:
        raise NotFoundError("client_not_found")
    require_covering(caller, Grant(known_permissions(row["permissions"]), row["division_id"]))
    return row


def _machine(row: Row) -> Machine:
    return Machine(
        id=MachineId(row["id"]),
        username=row["username"],
        kind=MachineKind(row["kind"]),
        name=row["name"],
        branch=BranchId(row["branch_id"]),
        division=DivisionId(row["division_id"]),
        language=Language(row["language"]),
        renews_on_checkout=row["renews_on_checkout"],
        disabled_at=row["disabled_at"],
    )


def _client(row: Row) -> Client:
    return Client(
        id=ClientId(row["id"]),
        username=row["username"],
        name=row["name"],
        permissions=row["permissions"],
        division=row["division_id"],
        language=Language(row["language"]),
        disabled_at=row["disabled_at"],
    )
