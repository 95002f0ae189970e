"""Crates: packed at one branch, sent, received at another. What is in one is on its way until it is scanned."""

from faelles.circulation.transit import crate_store, events
from faelles.circulation.transit.model import Crate, PackCrate, Put, PutInCrate
from faelles.circulation.transit.operations import place_of
from faelles.ground import idempotency
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.ground.events import append
from faelles.ground.ids import BranchId
from faelles.people.model import Caller, Permission
from faelles.policies.operations import current_settings


async def list_crates(
    tx: Transaction, caller: Caller, *, branch: BranchId | None = None, after: int = 0, limit: int = 50
) -> list[Crate]:
    """Crates being packed or on their way, from or to `branch`."""
    caller.require(Permission.LOGISTICS)
    return await crate_store.list_crates(tx, branch=branch, after=after, limit=limit)


async def show_crate(tx: Transaction, caller: Caller, crate: int) -> Crate:
    """One crate, also after it was received."""
    caller.require(Permission.LOGISTICS)
    return await _found(tx, crate)


async def pack_crate(tx: Transaction, caller: Caller, request: PackCrate, key: str | None = None) -> Crate:
    """Raises ConflictError where the label is on a crate that nobody has received yet."""
    caller.require(Permission.LOGISTICS)
    earlier = await idempotency.recall(tx, "pack_crate", key, request, int)
    if earlier is not None:
        return await _found(tx, earlier)
    settings = await current_settings(tx)
    here, there = place_of(settings, request.branch), place_of(settings, request.to)
    caller.require(Permission.LOGISTICS, here)
    if here.branch == there.branch:
        raise invalid_field("to", "branches_alike")
    crate = await crate_store.pack(tx, request.label, here.branch, there.branch)
    await append(tx, events.crate_packed(crate, here.branch, there.branch))
    await idempotency.remember(tx, "pack_crate", key, request, crate)
    return await _found(tx, crate)


async def put_in_crate(tx: Transaction, caller: Caller, crate: int, request: PutInCrate) -> list[Put]:
    """Each copy is answered by itself. Raises ConflictError for a crate that has left."""
    await _packing(tx, caller, crate)
    return await crate_store.put(tx, crate, request.items)


async def send_crate(tx: Transaction, caller: Caller, crate: int) -> Crate:
    """The crate leaves. One that has left already stays as it is."""
    found = await _lock(tx, caller, crate, at_end=False)
    if await crate_store.mark_sent(tx, crate):
        await append(tx, events.crate_sent(crate, found.copies))
    return await _found(tx, crate)


async def receive_crate(tx: Transaction, caller: Caller, crate: int) -> Crate:
    """The crate is there, its label is free again, and each copy in it waits to be scanned.

    Raises ConflictError for one that has not left.
    """
    found = await _lock(tx, caller, crate, at_end=True)
    if found.sent_at is None:
        raise ConflictError("crate_not_sent")
    if await crate_store.mark_received(tx, crate):
        await append(tx, events.crate_received(crate, found.copies))
    return await _found(tx, crate)


async def _packing(tx: Transaction, caller: Caller, crate: int) -> Crate:
    found = await _lock(tx, caller, crate, at_end=False)
    if found.sent_at is not None:
        raise ConflictError("crate_has_left")
    return found


async def _lock(tx: Transaction, caller: Caller, crate: int, *, at_end: bool) -> Crate:
    """The crate, locked, for a caller who works at the branch it is to be changed at."""
    caller.require(Permission.LOGISTICS)
    found = await crate_store.lock(tx, crate)
    if found is None:
        raise NotFoundError("crate_unknown")
    branch = found.to_branch if at_end else found.from_branch
    caller.require(Permission.LOGISTICS, place_of(await current_settings(tx), branch))
    return found


async def _found(tx: Transaction, crate: int) -> Crate:
    found = await crate_store.find(tx, crate)
    if found is None:
        raise NotFoundError("crate_unknown")
    return found
