"""Changing places at a desk that several share: whoever takes over gives their name and a short PIN of their own.

The PIN is good for nothing else: only where a colleague of the same agency is signed in just now, whose session ends
with it. It is counted as a password is, not taken from those whose role asks for a one-time password, and taken from
those who sign in through a provider only while that has let them in within a session's length.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from faelles.ground.actor import ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ForbiddenError, invalid_field
from faelles.ground.events import append
from faelles.ground.i18n import Language
from faelles.ground.ids import StaffId
from faelles.people import attempts, rules
from faelles.people.attempts import Realm
from faelles.people.federation.store import is_vouched_for
from faelles.people.model import Caller, IssuedToken, Subject, SubjectKind
from faelles.people.one_time.operations import own_id, standing_of
from faelles.people.operations import begin_session_of, sign_out
from faelles.people.sign_in import prove_own_password
from faelles.people.staff import events
from faelles.people.staff import store as staff
from faelles.people.staff.model import Typed
from faelles.people.staff.operations import show_self

_FEWEST_DIFFERENT: Final = 3

DeskPin = Annotated[str, Meta(min_length=6, max_length=12, pattern=r"^[0-9]+$(?!\n)")]


class SetDeskPin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`pin`: None takes it away. `password`: of whoever has one, to set a PIN."""

    pin: DeskPin | None = None
    password: Typed | None = None

    def __repr__(self) -> str:
        return "SetDeskPin()"


async def set_own_desk_pin(database: Database, keyring: Keyring, caller: Caller, wanted: SetDeskPin) -> None:
    """Raises InvalidRequestError for one that is guessed first and for a wrong password (counted as at sign-in),
    ForbiddenError where a role asks for more.
    """
    own = own_id(caller)
    if wanted.pin is None:
        await database.run(caller.agency, caller.actor, lambda tx: _keep(tx, own, None))
        return
    if len(set(wanted.pin)) < _FEWEST_DIFFERENT or wanted.pin in "01234567890123456789 98765432109876543210":
        raise invalid_field("pin", "desk_pin_guessable")
    pin_hash = keyring.hash_pin(caller.agency, wanted.pin)
    me = await database.run(caller.agency, caller.actor, lambda tx: show_self(tx, caller), read_only=True)
    if me.has_password:
        await prove_own_password(database, keyring, caller, wanted.password or "")
    await database.run(caller.agency, caller.actor, lambda tx: _keep(tx, own, pin_hash))


async def _keep(tx: Transaction, own: StaffId, pin_hash: bytes | None) -> None:
    if pin_hash is not None and (await standing_of(tx, own)).is_required:
        raise ForbiddenError("desk_pin_not_enough")
    await staff.set_desk_pin_hash(tx, own, pin_hash)
    await append(tx, events.desk_pin_removed(own) if pin_hash is None else events.desk_pin_set(own))


async def switch_user(
    database: Database, keyring: Keyring, caller: Caller, session: str, *, username: str, pin: str
) -> IssuedToken:
    """A session for a colleague in place of the caller's `session`, which ends.

    Raises UnauthenticatedError or TooManyAttemptsError as signing in does; the caller then stays who they are.
    """
    if caller.actor.kind is not ActorKind.STAFF:
        raise ForbiddenError("only_staff_have_passwords")
    counted = attempts.identifier_hash(keyring, caller.agency, Realm.DESK_PIN, username)

    async def prove(tx: Transaction) -> IssuedToken | None:
        known = await staff.desk_credential(tx, username.strip().lower())
        stored = None if known is None else known["desk_pin_hash"]
        if not keyring.pin_matches(tx.agency, pin, stored) or known is None:
            return None
        if (await standing_of(tx, StaffId(known["id"]))).is_required:
            return None
        if not await is_vouched_for(tx, StaffId(known["id"]), tx.now - rules.SESSION_LENGTH[SubjectKind.STAFF]):
            return None
        await sign_out(tx, caller, session)
        subject = Subject(SubjectKind.STAFF, known["id"])
        idle = rules.IDLE_AT_MOST[SubjectKind.STAFF]
        return await begin_session_of(tx, subject, Language(known["language"]), idle)

    return await attempts.attempt(database, caller.agency, counted, prove)
