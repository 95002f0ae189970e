"""Erasing somebody who asks for it. GDPR article 17; what is kept, is kept under 17(3)(b): the law on book-keeping."""

from datetime import timedelta

import msgspec

from faelles.fees.forgetting.operations import accounts_of
from faelles.ground import events
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.ids import AccountId, PatronId
from faelles.patrons import store as patrons
from faelles.patrons.forgetting.operations import signposts
from faelles.patrons.model import Patron, PatronKind
from faelles.patrons.own_account.operations import own_patron
from faelles.patrons.reach import patron_to_change
from faelles.people.model import Caller, Permission
from faelles.privacy import store as kept
from faelles.privacy.erasing import rules, store
from faelles.privacy.erasing.model import (
    AskErasure,
    BookkeepingName,
    Erased,
    ErasureRefusedError,
    Kept,
    OwnErasure,
    What,
)
from faelles.privacy.erasing.removing import remove
from faelles.privacy.events import bookkeeping_name_opened, patron_erased
from faelles.privacy.limits import Limits, limits_on
from faelles.privacy.register import REGISTER

_HASH = "erasure"
_SEAL = "bookkeeping name"


async def erase(tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId) -> Erased:
    """Erase a patron who asks for it. Asked again, it says what was done then.

    Raises ErasureRefusedError with everything that stands in the way, NotFoundError for nobody.
    """
    caller.require_throughout(Permission.PRIVACY)
    await patrons.lock(tx, [patron])
    if (before := await _erased_before(tx, keyring, patron)) is not None:
        return before
    return await _erase(tx, keyring, await patron_to_change(tx, caller, patron, Permission.PRIVACY, "erase_patron"))


async def erase_own(tx: Transaction, caller: Caller, keyring: Keyring) -> Erased:
    """Erase the signed-in patron; the session ends with it."""
    return await _erase(tx, keyring, await own_patron(tx, caller, is_changed=True))


async def ask_own_erasure(tx: Transaction, caller: Caller, keyring: Keyring, asked: AskErasure) -> OwnErasure:
    """Erase the signed-in patron, or say what would stand in the way and what the law would keep.

    Raises ErasureRefusedError with everything that stands in the way, where it is not only tried out.
    """
    if not asked.dry_run:
        done = await erase_own(tx, caller, keyring)
        return OwnErasure(erased_at=done.erased_at, ties=(), kept=done.kept)
    patron = await own_patron(tx, caller, is_changed=True)
    persons = [patron.id, *await signposts(tx, patron.id)]
    ties = rules.refusals(await kept.ties(tx, persons))
    limits = await limits_on(tx)
    stays = await tx.rehearse(lambda: keep_for_the_books(tx, keyring, patron, limits))
    return OwnErasure(erased_at=None, ties=tuple(ties), kept=stays)


async def _erase(tx: Transaction, keyring: Keyring, patron: Patron) -> Erased:
    if patron.kind is not PatronKind.PERSON:
        raise ConflictError("erasure_only_of_persons")
    persons = [patron.id, *await signposts(tx, patron.id)]
    if ties := rules.refusals(await kept.ties(tx, persons)):
        raise ErasureRefusedError(ties)
    limits = await limits_on(tx)
    stays = await keep_for_the_books(tx, keyring, patron, limits)
    await remove(tx, patron.id)
    for person in persons:
        await store.note(tx, person_hash(keyring, tx, person), What.PERSON, "requested", kept=stays)
    await events.append(tx, patron_erased(patron.home_branch))
    return Erased(erased_at=tx.now, kept=stays, was_done_before=False)


async def keep_for_the_books(tx: Transaction, keyring: Keyring, patron: Patron, limits: Limits) -> tuple[Kept, ...]:
    """Seal the name beside every account whose book-keeping years are not over, and say what stays."""
    years = limits.number(REGISTER.find("accounts")) or 0
    accounts = [
        (account, rules.book_keeping_ends(ended, years, limits.zone))
        for account, ended in await accounts_of(tx, patron.id)
        if ended is not None
    ]
    owed = [(account, until) for account, until in accounts if until > tx.now]
    sealed = [(account, keyring.encrypt(_SEAL, tx.agency, patron.name), until) for account, until in owed]
    await store.keep_names(tx, sealed)
    looks = timedelta(days=limits.number(REGISTER.find("access_log")) or 0)
    return rules.kept_of(owed, tx.now + looks, limits.zone)


async def _erased_before(tx: Transaction, keyring: Keyring, patron: PatronId) -> Erased | None:
    row = await store.find(tx, keyring.lookup_hashes(_HASH, tx.agency, str(patron)))
    if row is None or await patrons.load(tx, [patron]):
        return None
    return Erased(
        erased_at=row["erased_at"],
        kept=msgspec.json.decode(row["kept"], type=tuple[Kept, ...]),
        was_done_before=True,
    )


def person_hash(keyring: Keyring, tx: Transaction, patron: PatronId) -> bytes:
    """What stands for a patron on the list of erasures."""
    return keyring.lookup_hash(_HASH, tx.agency, str(patron))


def person_hashes(keyring: Keyring, tx: Transaction, patron: PatronId) -> list[bytes]:
    """The same under every master key that is still in use."""
    return keyring.lookup_hashes(_HASH, tx.agency, str(patron))


async def open_bookkeeping_name(
    tx: Transaction, caller: Caller, keyring: Keyring, account: AccountId
) -> BookkeepingName:
    """Whose an account was, for an audit. NotFoundError where nothing is kept."""
    caller.require_throughout(Permission.PRIVACY)
    row = await store.name(tx, account)
    if row is None:
        raise NotFoundError("bookkeeping_name_unknown")
    await events.append(tx, bookkeeping_name_opened(account))
    return BookkeepingName(
        account=account, name=keyring.decrypt(_SEAL, tx.agency, row["sealed"]), kept_until=row["kept_until"]
    )
