"""One-time passwords of staff: setting one up, checking a code, taking it away.

Guesses are counted by whoever asks for the code (people/sign_in.py, `prove_own` below), as passwords' are.
"""

import base64
from typing import Final

from faelles.ground.actor import ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ForbiddenError, NotFoundError, UnauthenticatedError, invalid_field
from faelles.ground.events import append
from faelles.ground.ids import StaffId
from faelles.people import attempts
from faelles.people.model import Caller
from faelles.people.one_time import events, rules, store
from faelles.people.one_time.model import Enrolment, OneTime, Standing
from faelles.people.staff.operations import lock_reachable

_PURPOSE: Final = "one_time"
_RECOVERY: Final = "recovery_code"


async def standing_of(tx: Transaction, staff: StaffId) -> Standing:
    row = await store.standing(tx, staff)
    return Standing(row["is_enrolled"], row["is_required"])


async def show_own(tx: Transaction, caller: Caller) -> OneTime:
    row = await store.standing(tx, own_id(caller))
    return OneTime(since=row["since"], recovery_codes=row["recovery_codes"], is_required=row["is_required"])


def new_enrolment(issuer: str, username: str) -> Enrolment:
    """Something for the telephone to take a picture of. Nothing is kept until a code of it has come back."""
    secret = rules.new_secret()
    return Enrolment(rules.base32(secret), rules.address_of(secret, issuer=issuer, username=username))


def enrolment_of(secret: str, issuer: str, username: str) -> Enrolment:
    """The same picture once more. Raises InvalidRequestError for a secret that is none."""
    return Enrolment(secret, rules.address_of(_secret(secret), issuer=issuer, username=username))


async def enrol(tx: Transaction, keyring: Keyring, staff: StaffId, secret: str, code: str) -> list[str]:
    """Keep the telephone's secret, now that a code proves it is there; the recovery codes, shown this once.

    For doors that know who it is: by their session, or because they are signing in. Raises InvalidRequestError.
    """
    plain = _secret(secret)
    step = rules.matching_step(plain, code, tx.now, last_step=0)
    if step is None:
        raise invalid_field("code", "one_time_code_wrong")
    codes = rules.new_recovery_codes()
    sealed = keyring.encrypt(_PURPOSE, tx.agency, rules.base32(plain))
    hashes = [keyring.lookup_hash(_RECOVERY, tx.agency, rules.recovery_typed(each)) for each in codes]
    await store.save(tx, staff, sealed, step, hashes)
    await append(tx, events.enrolled(staff))
    return codes


async def is_right(tx: Transaction, keyring: Keyring, staff: StaffId, code: str) -> bool:
    """Whether that is somebody's code just now, or a recovery code of theirs; either is good once. `tx` must commit."""
    row = await store.lock(tx, staff)
    if row is None:
        return False
    secret = _secret(keyring.decrypt(_PURPOSE, tx.agency, row["secret"]))
    step = rules.matching_step(secret, code, tx.now, row["last_step"])
    if step is not None:
        await store.note_step(tx, staff, step)
        return True
    hashes = keyring.lookup_hashes(_RECOVERY, tx.agency, rules.recovery_typed(code))
    if not await store.use_recovery_code(tx, staff, hashes):
        return False
    await append(tx, events.recovery_code_used(staff, await store.recovery_codes_left(tx, staff)))
    return True


async def prove_own(database: Database, keyring: Keyring, caller: Caller, code: str) -> None:
    """Whoever changes their telephone shows that they have it. Raises InvalidRequestError, counted as at sign-in."""
    own = own_id(caller)

    async def prove(tx: Transaction) -> bool | None:
        return await is_right(tx, keyring, own, code) or None

    try:
        await attempts.attempt(database, caller.agency, counted_under(keyring, caller, own), prove)
    except UnauthenticatedError:
        raise invalid_field("code", "one_time_code_wrong") from None


def counted_under(keyring: Keyring, caller: Caller, staff: StaffId) -> bytes:
    return attempts.identifier_hash(keyring, caller.agency, attempts.Realm.ONE_TIME, str(staff))


async def remove_own(tx: Transaction, caller: Caller) -> None:
    """Raises ForbiddenError where one of their roles asks for it."""
    own = own_id(caller)
    if (await standing_of(tx, own)).is_required:
        raise ForbiddenError("one_time_required_by_role")
    if await store.remove(tx, own):
        await append(tx, events.removed(own))


async def reset(tx: Transaction, caller: Caller, staff: StaffId) -> None:
    """Let a colleague, whose telephone and paper are gone, set up anew. Raises NotFoundError where there is nothing."""
    await lock_reachable(tx, caller, staff)
    if not await store.remove(tx, staff):
        raise NotFoundError("one_time_not_set_up")
    await append(tx, events.removed(staff))


def own_id(caller: Caller) -> StaffId:
    if caller.actor.kind is not ActorKind.STAFF:
        raise ForbiddenError("only_staff_have_passwords")
    return StaffId(caller.actor.id)


def _secret(base32: str) -> bytes:
    try:
        plain = base64.b32decode(base32 + "=" * (-len(base32) % 8))
    except ValueError:
        raise invalid_field("secret", "one_time_secret_unreadable") from None
    if len(plain) < rules.SHORTEST_SECRET_BYTES:
        raise invalid_field("secret", "one_time_secret_unreadable")
    return plain
