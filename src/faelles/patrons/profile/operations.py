"""Addresses, interests and choices: shown and changed at the desk, by a web site for its user, or by the patron."""

from dataclasses import replace

from msgspec import UNSET, structs

from faelles.agencies.settings.model import NOTIFICATION_PROTOCOLS
from faelles.agencies.settings.operations import values_of
from faelles.ground import events
from faelles.ground.crypto import Keyring
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ForbiddenError, InvalidRequestError, NotFoundError
from faelles.ground.events import Event
from faelles.ground.ids import PatronId
from faelles.patrons import reach
from faelles.patrons import store as patrons
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.identification.model import BlockCard
from faelles.patrons.identification.operations import end_card
from faelles.patrons.model import Patron
from faelles.patrons.own_account.operations import own_patron
from faelles.patrons.profile import rules, store
from faelles.patrons.profile.model import (
    Choices,
    Email,
    Interest,
    NewInterest,
    Phone,
    Profile,
    SetProfile,
)
from faelles.people.model import Caller, Permission


async def show_profile(tx: Transaction, caller: Caller, patron: PatronId) -> Profile:
    """A patron's addresses and choices, to whoever may see the patron."""
    known = await reach.patron_for(tx, caller, patron, Permission.PATRON_VIEW, "show_profile")
    return await profile_of(tx, caller, known)


async def show_own_profile(tx: Transaction, caller: Caller) -> Profile:
    return await profile_of(tx, caller, await own_patron(tx, caller))


async def profile_of(tx: Transaction, caller: Caller, known: Patron) -> Profile:
    """Of a patron who was reached, less what address protection keeps from the caller."""
    found = await store.ways(tx, [known.id])
    choices = (await store.choices(tx, [known.id])).get(known.id, Choices())
    shown = Profile(
        emails=tuple(
            Email(address=way.value, takes_notices=way.takes_notices, verified_at=way.verified_at)
            for way in rules.with_first(known.contact.email, found.get((known.id, "email"), []))
        ),
        phones=tuple(
            Phone(number=way.value, takes_notices=way.takes_notices)
            for way in rules.with_first(known.contact.phone, found.get((known.id, "phone"), []))
        ),
        **structs.asdict(choices),
    )
    if reach.may_see_contact(caller, known):
        return shown
    return structs.replace(shown, emails=None, phones=None, other_address=None)


async def set_profile(tx: Transaction, caller: Caller, patron: PatronId, request: SetProfile) -> Profile:
    """Change addresses and choices. Raises ForbiddenError where a protected address would be written over unseen."""
    known = await reach.patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "set_profile")
    return await apply_profile(tx, caller, known, request)


async def set_own_profile(tx: Transaction, caller: Caller, request: SetProfile) -> Profile:
    return await apply_profile(tx, caller, await own_patron(tx, caller, is_changed=True), request)


async def apply_profile(tx: Transaction, caller: Caller, known: Patron, request: SetProfile) -> Profile:
    """Write a profile of a patron that is locked."""
    offered = {each.code for each in await store.interests(tx, caller.language)}
    home = await patrons.branch(tx, known.home_branch)
    protocols = await values_of(tx, home.division, NOTIFICATION_PROTOCOLS)
    if problems := list(rules.profile_problems(request, known.kind, offered, protocols)):
        raise InvalidRequestError(problems=problems)
    if request.other_address is not UNSET and not reach.may_see_contact(caller, known):
        raise ForbiddenError("permission_missing", permission=Permission.PATRON_PROTECTED.value)
    changed = await _write_ways(tx, caller, known, request)
    choices = (await store.choices(tx, [known.id])).get(known.id, Choices())
    wanted = rules.changed_choices(choices, request)
    if wanted != choices:
        await store.save_choices(tx, known.id, wanted)
    if changed is not known or wanted != choices:
        await events.append(tx, about(known, PatronEvent.CHANGED))
    return await profile_of(tx, caller, changed)


async def _write_ways(tx: Transaction, caller: Caller, known: Patron, request: SetProfile) -> Patron:
    """The patron with the first address and number in its own record."""
    if request.emails is UNSET and request.phones is UNSET:
        return known
    if not reach.may_see_contact(caller, known):
        raise ForbiddenError("permission_missing", permission=Permission.PATRON_PROTECTED.value)
    contact = known.contact
    if request.emails is not UNSET:
        emails = rules.new_emails(request.emails, (await store.ways(tx, [known.id])).get((known.id, "email"), []))
        await store.replace_ways(tx, known.id, "email", emails)
        contact = structs.replace(contact, email=emails[0].value if emails else None)
    if request.phones is not UNSET:
        phones = rules.new_phones(request.phones)
        await store.replace_ways(tx, known.id, "phone", phones)
        contact = structs.replace(contact, phone=phones[0].value if phones else None)
    changed = replace(known, contact=contact)
    await patrons.update(tx, changed)
    if (contact.email or "").lower() != (known.contact.email or "").lower():
        await events.append(tx, about(known, PatronEvent.EMAIL_CHANGED))
    return changed


async def block_own_card(tx: Transaction, caller: Caller, keyring: Keyring, request: BlockCard) -> None:
    """End a lost or stolen card of one's own."""
    await end_card(tx, keyring, await own_patron(tx, caller, is_changed=True), request)


async def list_interests(tx: Transaction, caller: Caller) -> list[Interest]:
    """What patrons may be interested in here, in the caller's language."""
    if not (caller.may(Permission.PATRON_VIEW) or caller.may(Permission.OWN_ACCOUNT)):
        raise ForbiddenError("permission_missing", permission=Permission.PATRON_VIEW.value)
    return await store.interests(tx, caller.language)


async def offer_interest(tx: Transaction, caller: Caller, request: NewInterest) -> None:
    """Offer something to be interested in, or name it anew."""
    reach.require_division(caller, Permission.AGENCY_EDIT, None)
    await store.save_interest(tx, request)
    await events.append(tx, Event(kind="interest.offered", dimensions={"interest": request.code}))


async def withdraw_interest(tx: Transaction, caller: Caller, code: str) -> None:
    """Offer it no longer; who chose it keeps it. The nation's own cannot be withdrawn by an agency."""
    reach.require_division(caller, Permission.AGENCY_EDIT, None)
    if not await store.forget_interest(tx, code):
        raise NotFoundError("interest_unknown")
    await events.append(tx, Event(kind="interest.withdrawn", dimensions={"interest": code}))
