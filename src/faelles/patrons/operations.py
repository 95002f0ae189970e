"""Registering patrons and changing what is known of them."""

from dataclasses import replace
from datetime import date

import msgspec
from msgspec import UNSET, Struct

from faelles.ground import events, idempotency
from faelles.ground.clock import local_date
from faelles.ground.crypto import Keyring
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, invalid_field
from faelles.ground.ids import BranchId, DivisionId, PatronId
from faelles.patrons import reach, store
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.identification.operations import give
from faelles.patrons.model import (
    Branch,
    ChangePatron,
    NewGuardian,
    Patron,
    PatronKind,
    Registered,
    RegisterPatron,
)
from faelles.patrons.profile import store as profile
from faelles.patrons.relations import store as relations
from faelles.patrons.relations.operations import fit_guardian, join, today_of
from faelles.patrons.rules import birth_date, change_problems, normalised, registration_problems
from faelles.people.model import Caller, Permission


async def register(
    tx: Transaction, caller: Caller, keyring: Keyring, request: RegisterPatron, *, key: str | None = None
) -> Registered:
    """Register a new patron in one go: the person, what they are recognised by, where they belong, who answers for
    them. All of it or none. `key` makes a repeated request answer as the first one did.

    Raises InvalidRequestError with a problem for each field, ConflictError `identifier_taken` where somebody else
    carries one of the identifiers.
    """
    asked = fingerprint(tx, keyring, request)
    if (answered := await idempotency.recall(tx, "register", key, asked, Registered)) is not None:
        return answered
    home = await _open_branch(tx, BranchId(request.home_branch))
    reach.require_branch(caller, Permission.PATRON_EDIT, home.division, BranchId(request.home_branch))
    today = local_date(tx.now, home.time_zone)
    if problems := registration_problems(request, today):
        raise InvalidRequestError(problems=problems)
    patron = await _insert(tx, keyring, request)
    await _join_divisions(tx, caller, patron, request, today)
    guardians = await _take_guardians(tx, caller, keyring, patron, request, today)
    registered = Registered(patron=patron, guardians=guardians)
    await _emit(tx, caller, registered)
    await idempotency.remember(tx, "register", key, asked, registered)
    return registered


def fingerprint(tx: Transaction, keyring: Keyring, request: Struct) -> str:
    """What is kept of the request to know it again: keyed, for a plain digest of a person can be guessed backwards."""
    return keyring.lookup_hash("idempotency", tx.agency, msgspec.json.encode(request).decode()).hex()


async def _insert(tx: Transaction, keyring: Keyring, request: RegisterPatron) -> PatronId:
    identifiers = normalised(request.identifiers)
    patron = await store.insert(
        tx,
        kind=request.kind,
        name=request.name,
        birth_date=birth_date(request.birth_date, identifiers),
        home_branch=request.home_branch,
        language=request.language,
        address_protected=request.address_protected,
        contact=request.contact,
        pin_hash=keyring.hash_pin(tx.agency, request.pin) if request.pin else None,
        is_temporary=request.is_temporary,
        keeps_history=request.keeps_history,
        note=request.note,
    )
    await give(tx, keyring, patron, identifiers)
    return patron


async def _join_divisions(
    tx: Transaction, caller: Caller, patron: PatronId, request: RegisterPatron, today: date
) -> None:
    for place, membership in enumerate(request.memberships):
        reach.require_division(caller, Permission.PATRON_EDIT, DivisionId(membership.division))
        await join(tx, patron, membership, today, field=f"memberships.{place}.group")


async def _take_guardians(
    tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, request: RegisterPatron, today: date
) -> tuple[PatronId, ...]:
    if request.guardians and request.kind is not PatronKind.PERSON:
        raise invalid_field("guardians", "guardian_only_for_persons")
    found = []
    for place, each in enumerate(request.guardians):
        if each.patron is None:
            guardian = await add_new_guardian(tx, keyring, each, request)
        else:
            field = f"guardians.{place}.patron"
            guardian = (await fit_guardian(tx, caller, PatronId(each.patron), today, field=field)).id
        with store.named_conflicts():
            await relations.insert_guardian(
                tx, patron, guardian, today, is_financially_responsible=each.is_financially_responsible
            )
        found.append(guardian)
    return tuple(found)


async def add_new_guardian(
    tx: Transaction, keyring: Keyring, guardian: NewGuardian, ward: RegisterPatron | Patron
) -> PatronId:
    """An adult registered with the child: of the same branch and language, and protected as the child is."""
    identifiers = normalised(guardian.identifiers)
    added = await store.insert(
        tx,
        kind=PatronKind.PERSON,
        name=guardian.name or "",
        birth_date=birth_date(guardian.birth_date, identifiers),
        home_branch=ward.home_branch,
        language=ward.language,
        address_protected=ward.address_protected,
        contact=guardian.contact,
    )
    await give(tx, keyring, added, identifiers)
    return added


async def _emit(tx: Transaction, caller: Caller, registered: Registered) -> None:
    everybody = [registered.patron, *registered.guardians]
    await reach.looked_at(tx, caller, "register", everybody)
    new = [each for each in await store.load(tx, everybody) if each.registered_at == tx.now]
    await events.append(tx, *(about(each, PatronEvent.REGISTERED, temporary=each.is_temporary) for each in new))


async def change(tx: Transaction, caller: Caller, patron: PatronId, request: ChangePatron) -> int:
    """Change what is known of a patron; the new version. ConflictError `version_conflict` where somebody was faster."""
    known = await reach.patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "change_patron")
    return await apply_change(tx, caller, known, request)


async def apply_change(tx: Transaction, caller: Caller, known: Patron, request: ChangePatron) -> int:
    """Write a change of a patron that is locked; the new version."""
    if known.version != request.version:
        raise ConflictError("version_conflict", current=known.version)
    if problems := change_problems(request, known.kind, await today_of(tx, known)):
        raise InvalidRequestError(problems=problems)
    if request.home_branch is not UNSET and request.home_branch != known.home_branch:
        await _open_branch(tx, BranchId(request.home_branch))
    changed = _changed(known, request)
    _refuse_blind_change(caller, known, request)
    version = await store.update(tx, changed)
    await events.append(tx, about(changed, PatronEvent.CHANGED))
    await _leave_old_addresses(tx, known, changed)
    return version


async def _leave_old_addresses(tx: Transaction, known: Patron, changed: Patron) -> None:
    """What was put in the place of the first e-mail address or number takes its row among the patron's others too."""
    if known.contact.phone and changed.contact.phone != known.contact.phone:
        await profile.forget_way(tx, known.id, "phone", known.contact.phone)
    before, after = known.contact.email or "", changed.contact.email or ""
    if before.lower() != after.lower():
        await profile.forget_way(tx, known.id, "email", before.lower())
        await events.append(tx, about(changed, PatronEvent.EMAIL_CHANGED))


def _changed(known: Patron, request: ChangePatron) -> Patron:
    """The patron with what the request names in its place."""
    wanted = {field: getattr(request, field) for field in request.__struct_fields__ if field != "version"}
    return replace(known, **{field: value for field, value in wanted.items() if value is not UNSET})


def _refuse_blind_change(caller: Caller, known: Patron, request: ChangePatron) -> None:
    """Who may not see a protected address may not write over it, nor lift the protection to have a look."""
    is_touched = request.contact is not UNSET or request.address_protected is False
    if is_touched and not reach.may_see_contact(caller, known):
        raise ForbiddenError("permission_missing", permission=Permission.PATRON_PROTECTED.value)


async def write_consent(tx: Transaction, known: Patron, *, keeps: bool) -> None:
    """Keep the patron's finished loans from now on, or no longer. Erasing them is up to whoever takes the consent
    (`privacy/consents`).
    """
    if await store.keep_history(tx, known.id, keeps=keeps):
        kind = PatronEvent.HISTORY_CONSENTED if keeps else PatronEvent.HISTORY_WITHDRAWN
        await events.append(tx, about(known, kind))


async def _open_branch(tx: Transaction, branch: BranchId) -> Branch:
    """A branch that still stands."""
    found = await store.branch(tx, branch)
    if found.closed_from is not None and found.closed_from <= local_date(tx.now, found.time_zone):
        raise invalid_field("home_branch", "branch_closed")
    return found
