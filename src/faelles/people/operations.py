"""Who is calling: bearer tokens and the callers behind them.

Two kinds, told apart by their first letters. `ft_`: a session token, random, looked up in the database at every use,
so that revoking it works at once. `fa_`: an access token (`access_tokens.py`), signed and checked without the
database; a session is exchanged for one by whoever calls often.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring, new_secret, secret_hash
from faelles.ground.database import Database, Row, Transaction
from faelles.ground.errors import NotFoundError, UnauthenticatedError
from faelles.ground.events import append
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, MachineId, PatronId
from faelles.people import events, rules, store
from faelles.people.access_tokens import ACCESS_PREFIX, caller_by_access_token
from faelles.people.machines.terminal import PinRule
from faelles.people.model import (
    Caller,
    Grant,
    IssuedToken,
    KnownCaller,
    MachineKind,
    NewToken,
    Permission,
    Subject,
    SubjectKind,
    TokenSummary,
)
from faelles.people.terminals.store import profile as profile_of_machine

SESSION_PREFIX = "ft_"
_WORTH_REFRESHING = timedelta(minutes=1)
_NAMES_OF_PERMISSIONS = frozenset(permission.value for permission in Permission)


class _StoredGrant(msgspec.Struct):
    permissions: list[str]
    division: int | None = None
    branch: int | None = None


_stored_grants = msgspec.json.Decoder(list[_StoredGrant])


async def authenticate(database: Database, keyring: Keyring, token: str) -> Caller:
    """The caller behind a bearer token of either kind. Raises UnauthenticatedError."""
    if token.startswith(ACCESS_PREFIX):
        return caller_by_access_token(keyring, token, utc_now())
    return await caller_by_token(database, token)


async def caller_by_token(database: Database, token: str, *, now: datetime | None = None) -> Caller:
    """The caller behind a session token. Raises UnauthenticatedError, whatever is wrong with it."""
    return (await session_by_token(database, token, now=now)).caller


async def session_by_token(database: Database, token: str, *, now: datetime | None = None) -> KnownCaller:
    """As `caller_by_token`, with the limits of the session."""
    row = None
    if token.startswith(SESSION_PREFIX):
        row = await store.load_caller(database, secret_hash(token), now or utc_now())
    if row is None:
        raise UnauthenticatedError("token_not_valid")
    caller = _caller(row)
    if caller.actor.kind is ActorKind.MACHINE:
        caller = await _as_set_up(database, caller, MachineKind(row["machine_kind"]))
    return KnownCaller(caller, row["signed_in_at"], row["expires_at"], row["token_id"], row["used_at"])


async def agency_behind_isil(database: Database, isil: str) -> AgencyId | None:
    """The agency that an ISIL stands for, its own or one of its divisions'."""
    return await store.agency_behind_isil(database, isil)


async def note_use(database: Database, session: KnownCaller, now: datetime) -> None:
    """Somebody is still there: a session that may rest only so long begins to rest anew. Written now and then alone."""
    if session.used_at is not None and now - session.used_at >= rules.USE_NOTED_EVERY:
        caller = session.caller
        await database.run(caller.agency, caller.actor, lambda tx: store.note_use(tx, session.token))


async def _as_set_up(database: Database, caller: Caller, kind: MachineKind) -> Caller:
    """The machine with its own rule for PINs: in a session without connections each request brings its own."""
    machine = MachineId(caller.actor.id or 0)
    profile = await database.run(caller.agency, SYSTEM, lambda tx: profile_of_machine(tx, machine), read_only=True)
    asks_pin = profile is not None and profile.pin_rule(kind) is not PinRule.WHEN_GIVEN
    return msgspec.structs.replace(caller, asks_pin=asks_pin)


def _caller(row: Row) -> Caller:
    kind = SubjectKind(row["subject"])
    return Caller(
        agency=AgencyId(row["agency_id"]),
        actor=Actor(ActorKind(kind.value), row["subject_id"]),
        language=Language(row["language"]),
        grants=_grants(kind, row),
        patron=PatronId(row["subject_id"]) if kind is SubjectKind.PATRON else None,
        stands_in=row["branch_id"],
        support=row["operator"],
    )


def _grants(kind: SubjectKind, row: Row) -> tuple[Grant, ...]:
    if kind is SubjectKind.MACHINE:
        permissions = rules.MACHINE_PERMISSIONS[MachineKind(row["machine_kind"])]
        return (Grant(permissions, row["division_id"], row["branch_id"]),)
    if kind is SubjectKind.PATRON:
        return (Grant(frozenset({Permission.OWN_ACCOUNT})),)
    if kind is SubjectKind.SUPPORT:
        return (Grant(rules.SUPPORT_PERMISSIONS),)
    return grants_from_json(row["grants"])


def grants_from_json(text: str | None) -> tuple[Grant, ...]:
    """The grants as `caller_by_token` of the schema writes them."""
    return tuple(
        Grant(
            known_permissions(stored.permissions),
            stored.division,  # type: ignore[arg-type] # ids as the database has them
            stored.branch,  # type: ignore[arg-type] # as above
        )
        for stored in _stored_grants.decode(text or "[]")
    )


def known_permissions(names: Iterable[str]) -> frozenset[Permission]:
    """A permission that only a newer release knows is passed over: both run while one replaces the other."""
    return frozenset(Permission(name) for name in names if name in _NAMES_OF_PERMISSIONS)


async def begin_session_of(
    tx: Transaction, subject: Subject, language: Language, idle: timedelta | None = None
) -> IssuedToken:
    """Somebody has just proved who they are."""
    await append(tx, events.signed_in(subject))
    return await issue_token(tx, NewToken(subject=subject, language=language, idle=idle))


async def issue_token(tx: Transaction, new: NewToken) -> IssuedToken:
    """A session token for somebody who has just proved who they are, or whom this program itself lets in."""
    secret = SESSION_PREFIX + new_secret()
    signed_in_at = new.signed_in_at or tx.now
    expires_at = rules.session_end(new.subject.kind, signed_in_at=signed_in_at, now=tx.now, not_after=new.not_after)
    token = await store.insert_token(tx, new, secret_hash(secret), expires_at)
    await append(tx, events.token_issued(new.subject))
    return IssuedToken(token, secret, expires_at)


async def issue_lasting_token(tx: Transaction, new: NewToken, expires_at: datetime) -> IssuedToken:
    """A token that outlives every session, for the scripts of a demonstration. No door issues one."""
    secret = SESSION_PREFIX + new_secret()
    token = await store.insert_token(tx, new, secret_hash(secret), expires_at)
    await append(tx, events.token_issued(new.subject))
    return IssuedToken(token, secret, expires_at)


async def issue_patron_token(
    tx: Transaction, patron: PatronId, language: Language, idle: timedelta | None = None
) -> IssuedToken:
    """A session token for a patron whose card and PIN have just been found right."""
    return await issue_token(tx, NewToken(subject=Subject(SubjectKind.PATRON, patron), language=language, idle=idle))


async def refresh(tx: Transaction, caller: Caller, token: str) -> IssuedToken:
    """A fresh token in place of `token`, which ends with it. Of two refreshes of one token the second is refused.

    Raises UnauthenticatedError, also when one signed in so long ago that one must do it again.
    """
    row = await store.lock_token(tx, secret_hash(token))
    if row is None or row["subject_id"] != caller.actor.id:
        raise UnauthenticatedError("token_not_valid")
    subject = Subject(SubjectKind(row["subject"]), row["subject_id"])
    if row["signed_in_at"] + rules.LONGEST_SESSION[subject.kind] - tx.now < _WORTH_REFRESHING:
        raise UnauthenticatedError("session_too_old")
    await store.revoke_token(tx, row["id"])
    return await issue_token(
        tx,
        NewToken(
            subject=subject,
            language=caller.language,
            label=row["label"],
            signed_in_at=row["signed_in_at"],
            support_grant=row["support_grant_id"],
            idle=row["idle"],
        ),
    )


async def sign_out(tx: Transaction, caller: Caller, token: str) -> None:
    """End the session of `token`. Signing out twice is signing out."""
    row = await store.lock_token(tx, secret_hash(token))
    if row is not None and row["subject_id"] == caller.actor.id:
        await store.revoke_token(tx, row["id"])
        await append(tx, events.signed_out(Subject(SubjectKind(row["subject"]), row["subject_id"])))


async def list_tokens(
    tx: Transaction, caller: Caller, subject: Subject, *, after: int, limit: int
) -> list[TokenSummary]:
    """The good tokens of staff, a machine, a client or a supporter in the order they were issued, never the secrets.

    Raises NotFoundError for a holder the agency does not have.
    """
    caller.require(Permission.PEOPLE_VIEW)
    await require_known(tx, subject)
    return [
        TokenSummary(
            id=row["id"],
            subject=SubjectKind(row["subject"]),
            subject_id=row["subject_id"],
            label=row["label"],
            signed_in_at=row["signed_in_at"],
            issued_at=row["issued_at"],
            expires_at=row["expires_at"],
        )
        for row in await store.tokens_of(tx, subject, after, limit)
    ]


async def end_sessions(tx: Transaction, subject: Subject) -> int:
    """End every session of `subject`, for an operation that has checked its own permission: a changed PIN, a patron
    merged or closed, a machine retired.
    """
    number = await store.revoke_tokens_of(tx, subject)
    if number:
        await append(tx, events.tokens_revoked(subject, number))
    return number


async def require_known(tx: Transaction, subject: Subject) -> None:
    """When a patron was signed in is the patron's own: no list of colleagues is the way to it."""
    if not await store.is_known(tx, subject):
        raise NotFoundError("token_holder_not_found")


async def forget_ended_tokens(tx: Transaction) -> int:
    """Delete tokens that ended a month ago, and tell how many; for a nightly job."""
    return await store.forget_tokens(tx, tx.now - rules.ENDED_TOKENS_KEPT)
