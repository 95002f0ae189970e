"""The only way to a patron: through the caller's permission, the caller's divisions, and the log of looks."""

from collections.abc import Sequence

from faelles.ground.access import record_access
from faelles.ground.actor import ActorKind
from faelles.ground.database.reads import Read
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ConflictError, ForbiddenError, NotFoundError
from faelles.ground.ids import BranchId, DivisionId, PatronId
from faelles.patrons import store
from faelles.patrons.model import Patron
from faelles.people.model import Caller, Permission, Place

Divisions = frozenset[DivisionId] | None
"""A reach: some divisions, or None for the whole agency."""


async def patron_for(
    tx: Transaction, caller: Caller, patron: PatronId, permission: Permission, operation: str
) -> Patron:
    """The patron, if the caller has `permission` and the patron is within its reach; the look is recorded. A signed-in
    patron reaches themselves alone.

    Raises ForbiddenError without the permission, NotFoundError for whoever the caller may not see as for nobody.
    """
    return there(await tx.ask(asked_for(tx, caller, patron, permission, operation)))


def asked_for(
    tx: Transaction,
    caller: Caller,
    patron: PatronId,
    permission: Permission,
    operation: str,
    *,
    with_merged: bool = True,
) -> Read[Patron | None]:
    """As `patron_for`, together with more that is asked: the look is recorded with the answer, and nothing of the rest
    may be shown unless there is one (`there`). Without `with_merged`, who became another is nobody.
    """
    caller.require(permission)
    is_reached = caller.patron in {None, patron}
    divisions = caller.divisions(permission) if is_reached else frozenset[DivisionId]()
    noted = operation if _is_noted(caller, patron) else None
    return store.shown_asked_for(tx, patron, divisions, noted, with_merged=with_merged)


def there(found: Patron | None) -> Patron:
    """Raises NotFoundError for whoever the caller may not see as for nobody."""
    if found is None:
        raise NotFoundError("patron_unknown")
    return found


async def patron_to_change(
    tx: Transaction, caller: Caller, patron: PatronId, permission: Permission, operation: str
) -> Patron:
    """As `patron_for`, with the patron locked for the rest of the transaction. A merged one is changed no more."""
    caller.require(permission)
    await store.lock(tx, [patron])
    return still_themselves(await patron_for(tx, caller, patron, permission, operation))


def still_themselves(found: Patron) -> Patron:
    """Raises ConflictError for who became another."""
    if found.merged_into is not None:
        raise ConflictError("patron_merged", patron=found.merged_into)
    return found


async def reached(tx: Transaction, patron: PatronId) -> Patron:
    """Whoever was reached or registered before in this transaction, as they are by now: the same look still."""
    return (await store.load(tx, [patron]))[0]


async def reached_to_change(tx: Transaction, patron: PatronId) -> Patron:
    """As `reached`, locked for the rest of the transaction."""
    await store.lock(tx, [patron])
    return await reached(tx, patron)


def visible(caller: Caller, loaded: Sequence[Patron]) -> list[Patron]:
    """Those whom the caller may see, in the order given. Whoever shows them records it (`looked_at`)."""
    divisions = caller.divisions(Permission.PATRON_VIEW)
    return [each for each in loaded if within(each, divisions)]


def within(patron: Patron, divisions: Divisions) -> bool:
    return divisions is None or not divisions.isdisjoint(patron.divisions)


def may_see_contact(caller: Caller, patron: Patron) -> bool:
    """Whether a protected address, with telephone and e-mail, is for the caller: for PATRON_PROTECTED where the patron
    belongs, and for the patron.
    """
    if not patron.address_protected or caller.patron == patron.id:
        return True
    return caller.may(Permission.PATRON_PROTECTED) and within(patron, caller.divisions(Permission.PATRON_PROTECTED))


def require_division(caller: Caller, permission: Permission, division: DivisionId | None) -> None:
    """Raise ForbiddenError unless `permission` is held in `division`; None asks for the whole agency."""
    caller.require(permission)
    held = caller.divisions(permission)
    if held is not None and (division is None or division not in held):
        raise ForbiddenError("permission_missing", permission=permission.value)


def require_branch(caller: Caller, permission: Permission, division: DivisionId, branch: BranchId) -> None:
    caller.require(permission, Place(division, branch))


async def looked_at(tx: Transaction, caller: Caller, operation: str, patrons: Sequence[PatronId]) -> None:
    """Record that the caller saw `patrons`."""
    await record_access(tx, operation, [each for each in patrons if _is_noted(caller, each)])


def _is_noted(caller: Caller, patron: PatronId) -> bool:
    """People looking at themselves are nobody's business, nor is the system's own work."""
    return caller.actor.kind is not ActorKind.SYSTEM and patron != caller.patron
