"""Choosing the system that sends an agency's newsletters, and signing people up and off there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.ground.events import Event, append
from faelles.ground.signed_http import SignedClient
from faelles.ground.web_addresses import is_fit
from faelles.newsletters import store
from faelles.newsletters.model import Adapter, Newsletter, SetProvider, Subscription
from faelles.newsletters.port import BuiltInProvider, HttpProvider, NewsletterProvider
from faelles.patrons.identifiers import IdentifierKind, normalise
from faelles.patrons.own_account.operations import own_patron
from faelles.patrons.reach import require_division
from faelles.people.model import Caller, Permission

_PURPOSE: Final = "newsletter provider"


async def set_provider(
    tx: Transaction, caller: Caller, keyring: Keyring, installation: Installation, request: SetProvider
) -> None:
    """Choose the system for the whole agency; in production only over a closed line."""
    require_division(caller, Permission.AGENCY_EDIT, None)
    _check(installation, request)
    sealed = keyring.encrypt(_PURPOSE, tx.agency, request.secret) if request.secret else None
    await store.save(tx, request.adapter, request.address, sealed)
    await append(tx, Event(kind="newsletter_provider.set"))


def _check(installation: Installation, request: SetProvider) -> None:
    is_http = request.adapter is Adapter.HTTP
    if not is_http and installation.is_production:
        raise invalid_field("adapter", "neighbour_only_pretends")
    if is_http != (request.address is not None) or is_http != (request.secret is not None):
        raise invalid_field("address", "neighbour_address_needed")
    if installation.is_production and not is_fit(request.address or ""):
        raise invalid_field("address", "neighbour_needs_https")


async def forget_provider(tx: Transaction, caller: Caller) -> None:
    """Have no newsletters any more."""
    require_division(caller, Permission.AGENCY_EDIT, None)
    await store.forget(tx)
    await append(tx, Event(kind="newsletter_provider.forgotten"))


async def offered(database: Database, caller: Caller, keyring: Keyring) -> Sequence[Newsletter]:
    """All lists. Raises NotFoundError `newsletters_not_set` where the agency has no system for them."""
    caller.require(Permission.CATALOG_VIEW)
    provider, now = await _reach(database, caller, keyring)
    return await provider.offered(now)


async def chosen_by(database: Database, caller: Caller, keyring: Keyring, email: str) -> Sequence[Newsletter]:
    """What an address is signed up to."""
    caller.require(Permission.PATRON_EDIT)
    plain = _checked(email)
    provider, now = await _reach(database, caller, keyring)
    return await provider.chosen_by(plain, now)


async def subscribe(database: Database, caller: Caller, keyring: Keyring, wanted: Subscription) -> None:
    caller.require(Permission.PATRON_EDIT)
    _checked(wanted.email)
    provider, now = await _reach(database, caller, keyring)
    await provider.subscribe(wanted, now)


async def unsubscribe(database: Database, caller: Caller, keyring: Keyring, unwanted: Subscription) -> None:
    caller.require(Permission.PATRON_EDIT)
    _checked(unwanted.email)
    provider, now = await _reach(database, caller, keyring)
    await provider.unsubscribe(unwanted, now)


async def chosen_by_own(database: Database, caller: Caller, keyring: Keyring) -> Sequence[Newsletter]:
    """What the signed-in patron's first e-mail address is signed up to."""
    provider, now = await _reach(database, caller, keyring)
    return await provider.chosen_by(await _own_email(database, caller), now)


async def sign_up_own(
    database: Database, caller: Caller, keyring: Keyring, wanted: Sequence[Newsletter], *, is_on: bool
) -> None:
    """Sign the signed-in patron's first e-mail address up, or off."""
    provider, now = await _reach(database, caller, keyring)
    subscription = Subscription(email=await _own_email(database, caller), newsletters=tuple(wanted))
    await (provider.subscribe(subscription, now) if is_on else provider.unsubscribe(subscription, now))


async def _own_email(database: Database, caller: Caller) -> str:
    known = await database.run(caller.agency, caller.actor, lambda tx: own_patron(tx, caller), read_only=True)
    if known.contact.email is None:
        raise ConflictError("newsletter_address_missing")
    return _checked(known.contact.email)


async def _reach(database: Database, caller: Caller, keyring: Keyring) -> tuple[NewsletterProvider, datetime]:
    async def known(tx: Transaction) -> tuple[NewsletterProvider, datetime]:
        found = await store.load(tx)
        if found is None:
            raise NotFoundError("newsletters_not_set")
        _, address, sealed = found
        if address is None or sealed is None:
            return BuiltInProvider(tx.agency), tx.now
        client = SignedClient(base_url=address, secret=keyring.decrypt(_PURPOSE, tx.agency, sealed), pauses=())
        return HttpProvider(client), tx.now

    return await database.run(caller.agency, caller.actor, known, read_only=True)


def _checked(email: str) -> str:
    plain = normalise(IdentifierKind.EMAIL, email)
    if plain is None:
        raise invalid_field("email", "identifier_malformed", kind=IdentifierKind.EMAIL.value)
    return plain
