"""Failed attempts to sign in, counted per identifier, whether anybody is known by it or not.

What is counted is a keyed hash of what was typed, so that an unknown card is locked out exactly as a known one and the
table says nothing about who exists. Whoever checks a secret uses `attempt`, or the three verbs below it inside a
transaction that commits also when the answer is no: a count that is rolled back with the refusal is no count.
Figures: rules.py and docs/decisions/sign-in.md.
"""

import math
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import TooManyAttemptsError, UnauthenticatedError
from faelles.ground.events import append
from faelles.ground.ids import AgencyId
from faelles.people import events, rules, store

Proven = TypeVar("Proven")

_BETWEEN = re.compile(r"[\s-]")

REFUSED = "sign_in_refused"
"""The one answer to an unknown name and to a wrong secret."""


class Realm(StrEnum):
    """What kind of identifier was typed; each is counted by itself."""

    STAFF = "staff"
    MACHINE = "machine"
    CLIENT = "client"
    CARD = "card"
    ONE_TIME = "one_time"
    DESK_PIN = "desk_pin"


def identifier_hash(keyring: Keyring, agency: AgencyId, realm: Realm, typed: str) -> bytes:
    """What attempts with `typed` are counted under. Another case, blanks or hyphens do not make it another identifier,
    or each way to space a card would have five guesses of its own.
    """
    return keyring.lookup_hash(f"sign_in/{realm.value}", agency, _BETWEEN.sub("", typed).casefold())


async def attempt(
    database: Database,
    agency: AgencyId,
    counted_under: bytes,
    prove: Callable[[Transaction], Awaitable[Proven | None]],
) -> Proven:
    """Let somebody prove who they are, in a transaction of its own that commits the count whatever the outcome.

    `prove` returns None, having written nothing, where the secret is wrong or nobody is known by the identifier. It
    must be quick: attempts on one identifier wait for each other, which is what makes fifty at once no more than five.
    Raises UnauthenticatedError, or TooManyAttemptsError while the identifier is locked.
    """

    async def work(tx: Transaction) -> Proven | None:
        await check_not_locked(tx, counted_under)
        proven = await prove(tx)
        if proven is None:
            await note_failure(tx, counted_under)
        else:
            await note_success(tx, counted_under)
        return proven

    proven = await database.run(agency, SYSTEM, work)
    if proven is None:
        raise UnauthenticatedError(REFUSED)
    return proven


async def check_not_locked(tx: Transaction, counted_under: bytes) -> None:
    """Raise TooManyAttemptsError while the identifier is locked. Other attempts on it wait until `tx` ends."""
    refuse_if_locked(await locked_until(tx, counted_under), tx.now)


async def locked_until(tx: Transaction, counted_under: bytes) -> datetime | None:
    """Until when the identifier is, or was last, locked. Other attempts on it wait until `tx` ends."""
    await store.serialise_attempts(tx, counted_under)
    row = await store.load_failures(tx, counted_under)
    return None if row is None else row["locked_until"]


def refuse_if_locked(locked_until: datetime | None, now: datetime) -> None:
    """The refusal for whoever has read `sign_in_lock` in a load of its own."""
    if locked_until is not None and locked_until > now:
        raise TooManyAttemptsError("sign_in_locked", retry_after=math.ceil((locked_until - now).total_seconds()))


async def note_failure(tx: Transaction, counted_under: bytes) -> None:
    """Count a failure, and lock the identifier when it is one too many. `tx` must commit."""
    failures = await count(tx, counted_under)
    if failures >= rules.FREE_FAILURES:
        await append(tx, events.sign_in_locked(failures))


async def count(tx: Transaction, counted_under: bytes) -> int:
    """Count a failure, or an attempt that is one until it succeeds, and tell how many there have been."""
    await store.serialise_attempts(tx, counted_under)
    row = await store.load_failures(tx, counted_under)
    before = 0 if row is None else rules.failures_now(row["failures"], row["last_failed_at"], tx.now)
    failures = before + 1
    await store.count_failure(tx, counted_under, failures, rules.locked_until(failures, tx.now))
    return failures


async def note_success(tx: Transaction, counted_under: bytes) -> None:
    """Forget the identifier's failures: the right secret was given, or staff have set a new one."""
    await store.forget_failures_of(tx, counted_under)


async def forget_old(tx: Transaction) -> int:
    """Delete counts that no longer count, and tell how many; for a nightly job."""
    return await store.forget_failures(tx, tx.now - rules.FAILURES_FORGOTTEN_AFTER)
