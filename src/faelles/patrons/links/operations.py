"""Making links and using them. The mail itself is written above (notices/links): here nobody knows about mail."""

from faelles.ground import events
from faelles.ground.crypto import Keyring
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.ground.ids import PatronId
from faelles.patrons import store as patrons
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.identification import store as identification
from faelles.patrons.identification.operations import write_pin
from faelles.patrons.identifiers import IdentifierKind, lookup_keys, normalise
from faelles.patrons.links import store
from faelles.patrons.links.model import GOOD_FOR, MOST_OPEN, Link, MadeLink, Purpose, UsePinReset
from faelles.patrons.links.tokens import hash_of, token_of
from faelles.patrons.model import Patron
from faelles.patrons.profile import store as profile


async def whose(tx: Transaction, keyring: Keyring, typed: str) -> list[PatronId]:
    """Whom an e-mail address belongs to, or a card or number stands for now: nobody, one, or several."""
    address = normalise(IdentifierKind.EMAIL, typed)
    found = set(await profile.with_address(tx, address)) if address else set()
    held = await identification.find(tx, lookup_keys(keyring, tx.agency, typed))
    return sorted(found | {each.patron for each in held if each.ended_at is None})


async def make_pin_reset(tx: Transaction, keyring: Keyring, patron: PatronId) -> MadeLink | None:
    """A link to choose a new PIN with; None where the patron has enough of them, or nobody to write to."""
    known = await _locked(tx, patron)
    if known is None:
        return None
    made = await _make(tx, keyring, known, Purpose.PIN_RESET, None)
    if made is not None:
        await events.append(tx, about(known, PatronEvent.PIN_RESET_REQUESTED))
    return made


async def use_pin_reset(tx: Transaction, keyring: Keyring, request: UsePinReset) -> None:
    """Set the PIN; what was failed before is forgotten, sessions end, and no other mail about it is good any more.

    Raises NotFoundError `link_unknown` for a link that was used, has expired or never was.
    """
    link = await _usable(tx, request.token, Purpose.PIN_RESET)
    known = await _locked(tx, link.patron)
    if known is None:
        raise NotFoundError("link_unknown")
    await store.use_all(tx, link.patron, Purpose.PIN_RESET)
    await write_pin(tx, keyring, known, request.pin)


async def make_verification(tx: Transaction, keyring: Keyring, known: Patron) -> MadeLink | None:
    """A link that proves that the first e-mail address is the patron's, who is locked. Raises ConflictError where it
    was verified, InvalidRequestError where there is none.
    """
    address = normalise(IdentifierKind.EMAIL, known.contact.email or "")
    if address is None:
        raise invalid_field("email", "email_missing")
    ways = (await profile.ways(tx, [known.id])).get((known.id, "email"), [])
    if any(way.value == address and way.verified_at for way in ways):
        raise ConflictError("email_verified_already")
    return await _make(tx, keyring, known, Purpose.EMAIL_VERIFICATION, address)


async def use_verification(tx: Transaction, token: str) -> None:
    """The address is the patron's. Raises NotFoundError `link_unknown`, also for an address they have no longer."""
    link = await _usable(tx, token, Purpose.EMAIL_VERIFICATION)
    known = await _locked(tx, link.patron)
    if known is None or link.address is None or not await profile.verify(tx, link.patron, link.address):
        raise NotFoundError("link_unknown")
    await store.use(tx, link.id)
    await events.append(tx, about(known, PatronEvent.EMAIL_VERIFIED))


async def _make(
    tx: Transaction, keyring: Keyring, known: Patron, purpose: Purpose, address: str | None
) -> MadeLink | None:
    if await store.open_links(tx, known.id, purpose) >= MOST_OPEN:
        return None
    link = await store.insert(tx, known.id, purpose, address=address, expires_at=tx.now + GOOD_FOR[purpose])
    token = token_of(keyring, tx.agency, link)
    await store.set_hash(tx, link, hash_of(token))
    division = (await patrons.branch(tx, known.home_branch)).division
    return MadeLink(link, known.id, division, token)


async def _usable(tx: Transaction, token: str, purpose: Purpose) -> Link:
    link = await store.find(tx, hash_of(token))
    if link is not None:
        await patrons.lock(tx, [link.patron])
        link = await store.find(tx, hash_of(token))
    if link is None or link.purpose is not purpose or link.used_at is not None or link.expires_at <= tx.now:
        raise NotFoundError("link_unknown")
    return link


async def _locked(tx: Transaction, patron: PatronId) -> Patron | None:
    await patrons.lock(tx, [patron])
    found = await patrons.load(tx, [patron])
    return found[0] if found and found[0].merged_into is None else None
