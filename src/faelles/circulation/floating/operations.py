"""Setting up float groups, and keeping count of the copies that float."""

from datetime import date

from faelles.circulation.floating import events, store
from faelles.circulation.floating.model import FloatGroup, NewFloatGroup
from faelles.circulation.transit.operations import require_at_all
from faelles.ground import idempotency
from faelles.ground.database import Transaction
from faelles.ground.errors import FieldProblem, InvalidRequestError, NotFoundError, invalid_field
from faelles.ground.events import append
from faelles.ground.jobs import Slice
from faelles.people.model import Caller, Permission
from faelles.policies.operations import current_settings


async def list_groups(tx: Transaction, caller: Caller) -> list[FloatGroup]:
    """Every group with the room there is and the copies that have their place there."""
    caller.require(Permission.LOGISTICS)
    return await store.list_groups(tx)


async def add_group(tx: Transaction, caller: Caller, new: NewFloatGroup, key: str | None = None) -> FloatGroup:
    """Raises ConflictError for a taken name, and for a branch that floats in another group."""
    caller.require(Permission.AGENCY_EDIT)
    earlier = await idempotency.recall(tx, "add_float_group", key, new, int)
    if earlier is not None:
        return await _found(tx, earlier)
    await _check(tx, caller, new)
    group = await store.insert_group(tx, new)
    await idempotency.remember(tx, "add_float_group", key, new, group)
    return await _changed(tx, group)


async def change_group(tx: Transaction, caller: Caller, group: int, new: NewFloatGroup) -> FloatGroup:
    """The group as it is to be from now on, all of it. Copies float by the new room from their next return."""
    caller.require(Permission.AGENCY_EDIT)
    await _lock(tx, caller, group)
    await _check(tx, caller, new)
    await store.replace_group(tx, group, new)
    return await _changed(tx, group)


async def dissolve_group(tx: Transaction, caller: Caller, group: int) -> None:
    caller.require(Permission.AGENCY_EDIT)
    await _lock(tx, caller, group)
    await store.drop_group(tx, group)
    await append(tx, events.group_dissolved(group))


async def refresh(tx: Transaction, _day: date, _cursor: str | None) -> Slice:
    """Count anew: copies are bought, withdrawn and moved without being returned. For every night."""
    return Slice(counts={"floating_copies_changed": await store.refresh(tx)})


async def _lock(tx: Transaction, caller: Caller, group: int) -> None:
    if not await store.lock_group(tx, group):
        raise NotFoundError("float_group_unknown")
    now = await _found(tx, group)
    require_at_all(caller, Permission.AGENCY_EDIT, await current_settings(tx), now.branches)


async def _changed(tx: Transaction, group: int) -> FloatGroup:
    await store.refresh(tx)
    await append(tx, events.group_changed(group))
    return await _found(tx, group)


async def _found(tx: Transaction, group: int) -> FloatGroup:
    found = await store.list_groups(tx, group)
    if not found:
        raise NotFoundError("float_group_unknown")
    return found[0]


async def _check(tx: Transaction, caller: Caller, new: NewFloatGroup) -> None:
    """Refuse branches and groups that are not there, and room outside the group."""
    if len(set(new.branches)) < len(new.branches):
        raise invalid_field("branches", "branch_named_twice")
    require_at_all(caller, Permission.AGENCY_EDIT, await current_settings(tx), new.branches)
    wanted = [subject.material_group for subject in new.subjects]
    if not await store.known_material_groups(tx, wanted) >= set(wanted):
        raise NotFoundError("material_group_unknown")
    problems = [
        FieldProblem(f"subjects.{number}.room.{place}.branch", "room_outside_group", {})
        for number, subject in enumerate(new.subjects)
        for place, room in enumerate(subject.room)
        if room.branch not in new.branches or room.branch in [other.branch for other in subject.room[:place]]
    ]
    if problems:
        raise InvalidRequestError(problems=problems)
