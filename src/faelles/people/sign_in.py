"""Signing in with a name and a secret. It comes before the agency's transaction, and opens its own.

Whatever is wrong (agency, name, secret, a disabled account), the answer is one, `sign_in_refused`, after the same
statements and the same hashing. Patrons sign in by card and PIN in the patrons' room, with `attempts.attempt` and
`operations.issue_patron_token`.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.crypto import Keyring, secret_hash
from faelles.ground.database import Database, Row, Transaction
from faelles.ground.errors import ForbiddenError, UnauthenticatedError, invalid_field
from faelles.ground.events import append
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION, AgencyId, StaffId
from faelles.people import attempts, events, passwords, rules, store
from faelles.people.attempts import REFUSED, Realm
from faelles.people.machines import store as machines
from faelles.people.model import Caller, IssuedToken, Subject, SubjectKind
from faelles.people.one_time import halfway
from faelles.people.one_time.halfway import Halfway
from faelles.people.one_time.operations import standing_of
from faelles.people.operations import begin_session_of, refresh, session_by_token, sign_out
from faelles.people.staff import store as staff
from faelles.people.staff.operations import replace_password
from faelles.people.staff.rules import check_password

Result = TypeVar("Result")

_NOBODYS_SECRET_HASH = bytes(32)

_turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
"""Who types the right password in six windows at once waits for each; counted in parallel, they would lock the name."""


async def sign_in_staff(
    database: Database, keyring: Keyring, *, agency_isil: str, username: str, password: str, code: str | None = None
) -> IssuedToken:
    """A session for a staff user of the agency with that ISIL, in one step.

    Raises UnauthenticatedError, also where a one-time password is needed and none is given; TooManyAttemptsError while
    the username is locked; ForbiddenError for one who must set up one-time passwords first, in a browser.
    """
    begun = await begin_staff_sign_in(
        database, keyring, agency_isil=agency_isil, username=username, password=password, is_in_browser=False
    )
    if isinstance(begun, IssuedToken):
        return begun
    if not begun.is_enrolled:
        raise ForbiddenError("one_time_setup_needed")
    if code is None:
        raise UnauthenticatedError("one_time_code_needed")
    return await halfway.finish(database, keyring, begun, code)


async def begin_staff_sign_in(
    database: Database, keyring: Keyring, *, agency_isil: str, username: str, password: str, is_in_browser: bool
) -> IssuedToken | Halfway:
    """A session, or (where the user has set up one-time passwords, or must) half of the way there.

    Raises UnauthenticatedError, or TooManyAttemptsError while the username is locked.
    """
    # Which agencies there are is public: a wrong ISIL need not take as long as a wrong password.
    agency = await store.agency_behind_isil(database, agency_isil.strip())
    if agency is None:
        raise UnauthenticatedError(REFUSED)

    async def begin_session(tx: Transaction, known: Row) -> IssuedToken | Halfway:
        if passwords.is_outdated(known["password_hash"]):
            await staff.set_password_hash(tx, known["id"], await passwords.hash_password(password))
        standing = await standing_of(tx, StaffId(known["id"]))
        if standing.is_enrolled or standing.is_required:
            return halfway.begin(tx, known, standing, is_in_browser=is_in_browser)
        subject = Subject(SubjectKind.STAFF, known["id"])
        idle = rules.IDLE_AT_MOST[SubjectKind.STAFF] if is_in_browser else None
        return await begin_session_of(tx, subject, Language(known["language"]), idle)

    return await _with_password(database, keyring, agency, (username, password), begin_session)


async def change_own_password(database: Database, keyring: Keyring, caller: Caller, *, old: str, new: str) -> None:
    """Staff change their own password, and every session of theirs ends: somebody else may have had the old one.

    Raises InvalidRequestError where `old` is wrong (counted as a failed sign-in is; whoever asks stays signed in) or
    `new` too weak, ForbiddenError for a caller who is not staff.
    """
    username = await _own_username(database, caller)
    check_password(new, username)

    async def change(tx: Transaction, known: Row) -> None:
        await replace_password(tx, known["id"], new)

    try:
        await _with_password(database, keyring, caller.agency, (username, old), change)
    except UnauthenticatedError:
        raise invalid_field("old", "old_password_wrong") from None


async def prove_own_password(database: Database, keyring: Keyring, caller: Caller, password: str) -> None:
    """Whoever is about to open another way in shows that the account is theirs and not just left open.

    Raises InvalidRequestError where it is wrong, counted as a failed sign-in is.
    """

    async def nothing(_: Transaction, __: Row) -> None:
        return None

    username = await _own_username(database, caller)
    try:
        await _with_password(database, keyring, caller.agency, (username, password), nothing)
    except UnauthenticatedError:
        raise invalid_field("password", "old_password_wrong") from None


async def _own_username(database: Database, caller: Caller) -> str:
    """Raises ForbiddenError for a caller who is not staff."""
    if caller.actor.kind is not ActorKind.STAFF:
        raise ForbiddenError("only_staff_have_passwords")
    own = StaffId(caller.actor.id)
    found = await database.run(caller.agency, caller.actor, lambda tx: staff.username_of(tx, own), read_only=True)
    return found or ""


async def _with_password(
    database: Database,
    keyring: Keyring,
    agency: AgencyId,
    typed: tuple[str, str],
    work: Callable[[Transaction, Row], Awaitable[Result]],
) -> Result:
    """Do `work` for the staff user whose name and password were typed.

    Counted first and verified after, with no transaction open in between: argon2 takes its time, and neither a
    connection nor a lock is to be held by somebody guessing.
    """
    username, password = typed
    counted_under = attempts.identifier_hash(keyring, agency, Realm.STAFF, username)

    async def count_and_load(tx: Transaction) -> tuple[int, Row | None]:
        await attempts.check_not_locked(tx, counted_under)
        failures = await attempts.count(tx, counted_under)
        return failures, await staff.credential(tx, username.strip().lower())

    async def proven(tx: Transaction, known: Row) -> Result:
        # Changed or disabled meanwhile: then the password typed is no longer the password.
        if await staff.lock_password_hash(tx, known["id"]) != known["password_hash"]:
            raise UnauthenticatedError(REFUSED)
        await attempts.note_success(tx, counted_under)
        return await work(tx, known)

    async with _turns.setdefault(counted_under, asyncio.Lock()):
        failures, known = await database.run(agency, SYSTEM, count_and_load)
        stored = None if known is None else known["password_hash"]
        if not await passwords.password_matches(stored, password) or known is None:
            await _tell_if_locked(database, agency, failures)
            raise UnauthenticatedError(REFUSED)
        found = known
        return await database.run(agency, Actor(ActorKind.STAFF, found["id"]), lambda tx: proven(tx, found))


async def _tell_if_locked(database: Database, agency: AgencyId, failures: int) -> None:
    if failures >= rules.FREE_FAILURES:
        await database.run(agency, SYSTEM, lambda tx: append(tx, events.sign_in_locked(failures)))


async def sign_in_machine(database: Database, keyring: Keyring, *, username: str, secret: str) -> IssuedToken:
    """A session for a machine, whose name says where it belongs. Raises as `sign_in_staff` does."""
    # Guesses at a name that nobody has are counted at the nation.
    agency = await machines.home_of_machine(database, username) or NATION

    async def prove(tx: Transaction) -> IssuedToken | None:
        known = await machines.machine_credential(tx, username)
        return await _with_secret(tx, SubjectKind.MACHINE, known, secret)

    counted_under = attempts.identifier_hash(keyring, agency, Realm.MACHINE, username)
    return await attempts.attempt(database, agency, counted_under, prove)


async def sign_in_client(database: Database, keyring: Keyring, *, username: str, secret: str) -> IssuedToken:
    """A session for an API client, whose name says where it belongs. Raises as `sign_in_staff` does."""
    agency = await machines.home_of_client(database, username) or NATION

    async def prove(tx: Transaction) -> IssuedToken | None:
        known = await machines.client_credential(tx, username)
        return await _with_secret(tx, SubjectKind.CLIENT, known, secret)

    counted_under = attempts.identifier_hash(keyring, agency, Realm.CLIENT, username)
    return await attempts.attempt(database, agency, counted_under, prove)


async def _with_secret(tx: Transaction, kind: SubjectKind, known: Row | None, secret: str) -> IssuedToken | None:
    stored = _NOBODYS_SECRET_HASH if known is None else known["secret_hash"]
    if not hmac.compare_digest(stored, secret_hash(secret)) or known is None:
        return None
    return await begin_session_of(tx, Subject(kind, known["id"]), Language(known["language"]))


async def refresh_session(database: Database, token: str) -> IssuedToken:
    """A fresh token in place of `token`. Raises UnauthenticatedError."""
    caller = (await session_by_token(database, token)).caller
    return await database.run(caller.agency, caller.actor, lambda tx: refresh(tx, caller, token))


async def end_session(database: Database, token: str) -> None:
    """Sign out. A token that is not good (any longer) is signed out already (as RFC 7009, 2.2)."""
    try:
        caller = (await session_by_token(database, token)).caller
    except UnauthenticatedError:
        return
    await database.run(caller.agency, caller.actor, lambda tx: sign_out(tx, caller, token))
