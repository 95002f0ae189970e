"""Registering a child with a guardian, and giving it another: what a web site does when a parent signs a child up."""

from dataclasses import replace
from datetime import timedelta

from msgspec import structs

from faelles.ground import events, idempotency
from faelles.ground.crypto import Keyring
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import InvalidRequestError
from faelles.ground.ids import PatronId
from faelles.patrons import reach
from faelles.patrons import store as patrons
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.guardians.model import GuardianGiven
from faelles.patrons.identification import store as identification
from faelles.patrons.identifiers import IdentifierKind, lookups, normalise
from faelles.patrons.model import NewGuardian, NewIdentifier, Patron, Registered, RegisterPatron
from faelles.patrons.operations import add_new_guardian, fingerprint, register
from faelles.patrons.relations import store as relations
from faelles.patrons.relations.operations import fit_guardian, today_of
from faelles.patrons.rules import guardian_problems
from faelles.people.model import Caller, Permission


async def register_with_guardian(
    tx: Transaction,
    caller: Caller,
    keyring: Keyring,
    request: RegisterPatron,
    guardian: GuardianGiven,
    *,
    key: str | None = None,
) -> Registered:
    """Register a child together with an adult; the adult who is a patron already stays one patron."""
    asked = [fingerprint(tx, keyring, each) for each in (request, guardian)]
    if (answered := await idempotency.recall(tx, "register_with_guardian", key, asked, Registered)) is not None:
        return answered
    known = await _carrier(tx, keyring, guardian)
    given = _new(guardian) if known is None else _known(known, guardian)
    registered = await register(tx, caller, keyring, structs.replace(request, guardians=(given,)))
    if known is not None:
        await _renew_contact(tx, caller, known, guardian)
    await idempotency.remember(tx, "register_with_guardian", key, asked, registered)
    return registered


async def replace_guardian(
    tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, guardian: GuardianGiven
) -> PatronId:
    """End every guardianship of the patron and begin one with `guardian`, whose id comes back."""
    ward = await reach.patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "replace_guardian")
    today = await today_of(tx, ward)
    known = await _carrier(tx, keyring, guardian)
    if problems := list(guardian_problems(_new(guardian), today)):
        raise InvalidRequestError(problems=problems)
    if known is None:
        adult = await add_new_guardian(tx, keyring, _new(guardian), ward)
    else:
        adult = (await fit_guardian(tx, caller, known, today, field="guardian")).id
        await _renew_contact(tx, caller, known, guardian)
    await _end_others(tx, ward, adult)
    held = [each.guardian for each in await relations.guardianships(tx, patron) if each.ward == patron]
    if adult not in held:
        with patrons.named_conflicts():
            await relations.insert_guardian(
                tx, patron, adult, today, is_financially_responsible=guardian.is_financially_responsible
            )
        await events.append(tx, about(ward, PatronEvent.GUARDIAN_ADDED))
    return adult


async def _end_others(tx: Transaction, ward: Patron, adult: PatronId) -> None:
    yesterday = await today_of(tx, ward) - timedelta(days=1)
    for each in await relations.guardianships(tx, ward.id):
        is_other = each.ward == ward.id and each.guardian != adult
        if is_other and await relations.end_guardian(tx, ward.id, each.id, yesterday):
            await events.append(tx, about(ward, PatronEvent.GUARDIAN_ENDED))


async def _carrier(tx: Transaction, keyring: Keyring, guardian: GuardianGiven) -> PatronId | None:
    """Who carries the guardian's CPR number now."""
    plain = normalise(IdentifierKind.CPR, guardian.cpr)
    if plain is None:
        return None
    found = await identification.find(tx, lookups(keyring, tx.agency, IdentifierKind.CPR, plain))
    return next((each.patron for each in found if each.ended_at is None), None)


def _new(guardian: GuardianGiven) -> NewGuardian:
    return NewGuardian(
        name=guardian.name,
        birth_date=guardian.birth_date,
        contact=guardian.contact,
        identifiers=(NewIdentifier(IdentifierKind.CPR, guardian.cpr),),
        is_financially_responsible=guardian.is_financially_responsible,
    )


def _known(known: PatronId, guardian: GuardianGiven) -> NewGuardian:
    return NewGuardian(patron=known, is_financially_responsible=guardian.is_financially_responsible)


async def _renew_contact(tx: Transaction, caller: Caller, known: PatronId, guardian: GuardianGiven) -> None:
    """What the parent said now holds; what was left out stays, and a protected address is not written over unseen."""
    adult = await reach.patron_to_change(tx, caller, known, Permission.PATRON_EDIT, "change_patron")
    said = {name: value for name, value in structs.asdict(guardian.contact).items() if value is not None}
    contact = structs.replace(adult.contact, **said)
    if contact != adult.contact and reach.may_see_contact(caller, adult):
        await patrons.update(tx, replace(adult, contact=contact))
        await events.append(tx, about(adult, PatronEvent.CHANGED))
