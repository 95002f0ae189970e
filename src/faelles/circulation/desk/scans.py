"""What was scanned: the keys a patron may be found under, and the PIN that proves it."""

from datetime import datetime
from typing import Protocol

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.facts import SignIn
from faelles.circulation.desk.model import Borrower
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import ForbiddenError
from faelles.ground.ids import AgencyId, PatronId
from faelles.patrons.identification.sign_in import counted_under
from faelles.patrons.identifiers import lookup_keys
from faelles.people import attempts
from faelles.people.model import Caller


class HasPin(Protocol):
    @property
    def pin_hash(self) -> str | None: ...


class Provable(Protocol):
    """What a PIN is held against: whom the scan stands for, and how often it was tried in vain."""

    @property
    def sign_in(self) -> SignIn | None: ...
    @property
    def patron(self) -> HasPin | None: ...


class Scanned(msgspec.Struct, frozen=True):
    """`keys` are the values an identifier may be stored under, `attempt` what its failed sign-ins are counted under."""

    patron: PatronId | None
    keys: tuple[str, ...]
    attempt: bytes


def scanned(keyring: Keyring, agency: AgencyId, borrower: Borrower) -> Scanned:
    typed = borrower.card if borrower.card is not None else str(borrower.patron)
    keys = lookup_keys(keyring, agency, borrower.card) if borrower.card is not None else ()
    return Scanned(
        patron=None if borrower.patron is None else PatronId(borrower.patron),
        keys=tuple(keys),
        attempt=counted_under(keyring, agency, typed),
    )


def pin_missing(caller: Caller, pin: str | None) -> Block | None:
    """What stands in the way at a machine that serves a patron with their PIN alone, where none was given."""
    return block(BlockCode.PIN_NEEDED) if caller.asks_pin and pin is None else None


def require_proven(caller: Caller) -> None:
    """Where a request has no room for a PIN: a machine that serves patrons with their PIN alone does that by its own
    way of asking (`proven`), or in a patron's own session. Raises ForbiddenError `pin_needed`.
    """
    if caller.asks_pin:
        raise ForbiddenError(BlockCode.PIN_NEEDED.value)


def proven(caller: Caller) -> Caller:
    """The machine once whoever stands there has given the PIN that it asks for."""
    return msgspec.structs.replace(caller, asks_pin=False)


async def check_pin(tx: Transaction, keyring: Keyring, who: Scanned, facts: Provable, pin: str | None) -> Block | None:
    """What stands in the way when a PIN was given and is not the patron's: an unknown card and a wrong PIN look and
    last the same. The failure is counted in this transaction, which the refusal commits.
    """
    if pin is None:
        return None
    if locked := _lockout(facts.sign_in.locked_until if facts.sign_in else None, tx.now):
        return locked
    stored = facts.patron.pin_hash if facts.patron else None
    if keyring.pin_matches(tx.agency, pin, bytes.fromhex(stored) if stored else None):
        if facts.sign_in is not None:
            await attempts.note_success(tx, who.attempt)
        return None
    # An unknown card has no patron whose lock made others wait: they may have failed since the load.
    if locked := _lockout(await attempts.locked_until(tx, who.attempt), tx.now):
        return locked
    await attempts.note_failure(tx, who.attempt)
    return block(BlockCode.SIGN_IN_FAILED)


def _lockout(until: datetime | None, now: datetime) -> Block | None:
    return block(BlockCode.LOCKED_OUT, until=until.isoformat()) if until is not None and until > now else None
