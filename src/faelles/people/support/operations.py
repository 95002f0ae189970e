"""Support access: an agency lets the operator's supporters in, for a time; they look, and everything is logged.

A supporter's token stands on the grant and is held against it at every use, so that a revocation works at once.
"""

from datetime import timedelta

from faelles.ground.actor import Actor, ActorKind
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ForbiddenError, NotFoundError
from faelles.ground.events import append
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import NATION, StaffId
from faelles.people.model import Caller, Grant, IssuedToken, NewToken, Permission, Subject, SubjectKind
from faelles.people.operations import issue_token
from faelles.people.rules import covers
from faelles.people.staff.store import username_of
from faelles.people.store import agency_behind_isil
from faelles.people.support import events, store
from faelles.people.support.model import NewSupportGrant, SupportGrant, SupportGranted


async def grant_support(
    tx: Transaction, caller: Caller, new: NewSupportGrant, *, key: str | None = None
) -> SupportGranted:
    """Let supporters in from now on, for so many hours.

    Raises ForbiddenError without the permission in the whole agency: a supporter sees the whole agency.
    """
    _require_whole_agency(caller)
    if before := await recall(tx, "grant_support", key, new, SupportGranted):
        return before
    expires_at = tx.now + timedelta(hours=new.hours)
    granted = SupportGranted(id=await store.insert(tx, new, expires_at), expires_at=expires_at)
    await append(tx, events.support_granted(granted.id, new.hours))
    await remember(tx, "grant_support", key, new, granted)
    return granted


async def revoke_support(tx: Transaction, caller: Caller, grant: int) -> None:
    """End a grant at once, and with it every session that stands on it. Twice is once. Raises NotFoundError."""
    _require_whole_agency(caller)
    row = await store.lock(tx, grant)
    if row is None:
        raise NotFoundError("support_grant_not_found")
    if row["revoked_at"] is None:
        await store.revoke(tx, grant)
        await append(tx, events.support_revoked(grant))


async def list_support_grants(
    tx: Transaction, caller: Caller, *, after: int = 0, limit: int = 50
) -> list[SupportGrant]:
    """All grants the agency has ever made, in that order, from the one after `after` on."""
    caller.require(Permission.PEOPLE_VIEW)
    return [
        SupportGrant(
            id=row["id"],
            operator=row["operator"],
            reason=row["reason"],
            granted_by=row["granted_by"],
            granted_at=row["granted_at"],
            expires_at=row["expires_at"],
            revoked_at=row["revoked_at"],
        )
        for row in await store.page(tx, after, limit)
    ]


async def enter_agency(database: Database, caller: Caller, agency_isil: str) -> IssuedToken:
    """A session inside the agency with that ISIL, for a supporter of the operator's whom it lets in.

    Opens its own transactions, since it leads from the nation into the agency. Raises ForbiddenError, the same whether
    the agency is unknown or lets nobody in.
    """
    caller.require(Permission.SUPPORT)
    if caller.agency != NATION or caller.actor.kind is not ActorKind.STAFF:
        raise ForbiddenError("support_not_granted")
    supporter = StaffId(caller.actor.id)
    operator = await database.run(NATION, caller.actor, lambda tx: username_of(tx, supporter), read_only=True)
    agency = await agency_behind_isil(database, agency_isil.strip())
    if operator is None or agency is None or agency == NATION:
        raise ForbiddenError("support_not_granted")

    async def enter(tx: Transaction) -> IssuedToken:
        grant = await store.valid_for(tx, operator)
        if grant is None:
            raise ForbiddenError("support_not_granted")
        await append(tx, events.support_entered(grant["id"], supporter))
        return await issue_token(
            tx,
            NewToken(
                subject=Subject(SubjectKind.SUPPORT, supporter),
                language=caller.language,
                support_grant=grant["id"],
                not_after=grant["expires_at"],
            ),
        )

    return await database.run(agency, Actor(ActorKind.SUPPORT, supporter), enter)


def _require_whole_agency(caller: Caller) -> None:
    caller.require(Permission.SUPPORT_GRANT)
    if not covers(caller.grants, Grant(frozenset({Permission.SUPPORT_GRANT}))):
        raise ForbiddenError("beyond_own_permissions")
