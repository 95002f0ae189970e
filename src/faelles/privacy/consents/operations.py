"""Giving consents and taking them back. What was kept for a consent alone goes in the same transaction."""

from faelles.circulation.forgetting.operations import forget_history
from faelles.ground import events
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.model import Patron
from faelles.patrons.operations import write_consent
from faelles.patrons.own_account.operations import own_patron
from faelles.patrons.reach import patron_for, patron_to_change
from faelles.people.model import Caller, Permission
from faelles.privacy.consents import store
from faelles.privacy.consents.model import ConsentKind, ConsentLine, ConsentSet, SetConsent
from faelles.privacy.erasing import store as erasures
from faelles.privacy.erasing.model import What
from faelles.privacy.erasing.operations import person_hash
from faelles.privacy.events import consent_changed
from faelles.privacy.limits import limits_on
from faelles.privacy.register import REGISTER


async def list_consents(tx: Transaction, caller: Caller, patron: PatronId) -> list[ConsentLine]:
    """Every consent of a patron, those taken back too, the oldest first."""
    known = await patron_for(tx, caller, patron, Permission.PATRON_VIEW, "list_consents")
    return await store.of_patron(tx, known.id)


async def list_own_consents(tx: Transaction, caller: Caller) -> list[ConsentLine]:
    return await store.of_patron(tx, (await own_patron(tx, caller)).id)


async def set_consent(
    tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, request: SetConsent
) -> ConsentSet:
    """What the patron says at the desk. Said again it changes nothing."""
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "set_consent")
    return await _set(tx, keyring, known, request)


async def set_own_consent(tx: Transaction, caller: Caller, keyring: Keyring, request: SetConsent) -> ConsentSet:
    return await _set(tx, keyring, await own_patron(tx, caller, is_changed=True), request)


async def _set(tx: Transaction, keyring: Keyring, known: Patron, request: SetConsent) -> ConsentSet:
    change = store.give if request.is_given else store.withdraw
    is_changed = await change(tx, known.id, request.kind)
    erased = 0
    if request.kind is ConsentKind.HISTORY:
        await write_consent(tx, known, keeps=request.is_given)
        if not request.is_given:
            erased = await _forget_history(tx, keyring, known.id, is_changed=is_changed)
    if request.is_given and request.text_version is not None:
        await store.word(tx, known.id, request.kind, request.text_version)
    if is_changed:
        await events.append(tx, consent_changed(known.home_branch, request.kind, is_given=request.is_given))
    return ConsentSet(consents=await store.of_patron(tx, known.id), erased_loans=erased)


async def _forget_history(tx: Transaction, keyring: Keyring, patron: PatronId, *, is_changed: bool) -> int:
    """Erase what nothing but the consent kept; a loan of this month stays, as with everybody."""
    if is_changed:
        await erasures.note(tx, person_hash(keyring, tx, patron), What.HISTORY, "withdrawn")
    since = (await limits_on(tx)).since(REGISTER.find("loans"))
    return 0 if since is None else await forget_history(tx, patron, since)
