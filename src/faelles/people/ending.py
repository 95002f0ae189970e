"""Ending the sessions of others: for whoever may change them."""

from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.events import append
from faelles.ground.ids import ClientId, MachineId, StaffId
from faelles.people import events, store
from faelles.people.machines.operations import client_to_change, machine_to_change
from faelles.people.model import Caller, Permission, Subject, SubjectKind
from faelles.people.operations import end_sessions, require_known
from faelles.people.staff.operations import lock_reachable


async def revoke_token(tx: Transaction, caller: Caller, token: int) -> None:
    """End one token of staff, a machine, a client or a supporter.

    Raises NotFoundError, and ForbiddenError for the token of somebody the caller may not change.
    """
    caller.require(Permission.PEOPLE_EDIT)
    row = await store.token_subject(tx, token)
    if row is None or row["subject"] == SubjectKind.PATRON:
        raise NotFoundError("token_not_found")
    subject = Subject(SubjectKind(row["subject"]), row["subject_id"])
    await _require_reach(tx, caller, subject)
    if await store.revoke_token(tx, token):
        await append(tx, events.token_revoked(subject))


async def revoke_all_tokens(tx: Transaction, caller: Caller, subject: Subject) -> int:
    """End every token of staff, a machine, a client or a supporter, and tell how many there were. Raises as
    `revoke_token` does.
    """
    caller.require(Permission.PEOPLE_EDIT)
    await require_known(tx, subject)
    await _require_reach(tx, caller, subject)
    return await end_sessions(tx, subject)


async def _require_reach(tx: Transaction, caller: Caller, subject: Subject) -> None:
    match subject.kind:
        case SubjectKind.STAFF:
            await lock_reachable(tx, caller, StaffId(subject.id))
        case SubjectKind.MACHINE:
            await machine_to_change(tx, caller, MachineId(subject.id))
        case SubjectKind.CLIENT:
            await client_to_change(tx, caller, ClientId(subject.id))
        case _:
            caller.require_throughout(Permission.PEOPLE_EDIT)
