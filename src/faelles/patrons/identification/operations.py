"""Giving, replacing and ending what a patron is recognised by."""

from collections.abc import Sequence
from dataclasses import replace

from faelles.ground import events
from faelles.ground.crypto import Keyring
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError, invalid_field
from faelles.ground.ids import PatronId
from faelles.patrons import store as patrons
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.identification import store
from faelles.patrons.identification.model import BlockCard, ChangeCpr, EndIdentifier, ReplaceCard, SetPin
from faelles.patrons.identification.sign_in import counted_under
from faelles.patrons.identifiers import IdentifierKind, lookup_keys, lookups, read_cpr, sealed, stored_lookup, unseal
from faelles.patrons.model import EndedWhy, Identifier, NewIdentifier, Patron
from faelles.patrons.reach import patron_for, patron_to_change
from faelles.patrons.rules import Normalised, identifier_problems, normalised
from faelles.people.attempts import note_success
from faelles.people.model import Caller, Permission, Subject, SubjectKind
from faelles.people.operations import end_sessions

_NEVER_GIVEN_AGAIN = {EndedWhy.LOST, EndedWhy.STOLEN}


async def add_identifier(
    tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, new: NewIdentifier
) -> int:
    """Give the patron one more identifier; its id. ConflictError `identifier_taken` where somebody carries it."""
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "add_identifier")
    return await add_to(tx, keyring, known, new)


async def add_to(tx: Transaction, keyring: Keyring, known: Patron, new: NewIdentifier) -> int:
    """As `add_identifier`, for a patron who was reached and locked before."""
    given = _checked(known, new)
    if new.kind is IdentifierKind.CPR and await _current(tx, known.id, IdentifierKind.CPR):
        raise ConflictError("cpr_known_already")
    added = await give(tx, keyring, known.id, given)
    await events.append(tx, about(known, PatronEvent.IDENTIFIER_ADDED, kind=new.kind.value))
    return added[0]


async def replace_card(
    tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, request: ReplaceCard
) -> int | None:
    """End a card and give a new one; the new one's id. Whoever finds a lost or stolen card can do nothing with it, so
    it is not given again in its own place.
    """
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "replace_card")
    ended = await _end(tx, known, request.identifier, EndedWhy(request.why), IdentifierKind.CARD)
    if request.card is None:
        return None
    given = _checked(known, NewIdentifier(IdentifierKind.CARD, request.card), "card")
    if given == [(IdentifierKind.CARD, ended.lookup)]:
        raise invalid_field("card", "card_replaced_by_itself")
    added = await give(tx, keyring, patron, given)
    await events.append(tx, about(known, PatronEvent.IDENTIFIER_ADDED, kind=IdentifierKind.CARD.value))
    return added[0]


async def end_identifier(
    tx: Transaction, caller: Caller, patron: PatronId, identifier: int, request: EndIdentifier
) -> None:
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "end_identifier")
    await _end(tx, known, identifier, EndedWhy(request.why), None)


async def block_card(tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, request: BlockCard) -> None:
    """End the card with this number, if it is the patron's. Raises NotFoundError `identifier_unknown`."""
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "block_card")
    await end_card(tx, keyring, known, request)


async def end_card(tx: Transaction, keyring: Keyring, known: Patron, request: BlockCard) -> None:
    """End a card of a patron who is locked, by its number."""
    found = await store.find(tx, lookup_keys(keyring, tx.agency, request.value))
    held = [each for each in found if each.patron == known.id and each.kind is IdentifierKind.CARD]
    if not held:
        raise NotFoundError("identifier_unknown")
    await _end(tx, known, held[0].id, EndedWhy(request.why), IdentifierKind.CARD)


async def change_cpr(tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, request: ChangeCpr) -> int:
    """Put a new CPR number in the present one's place; the birth date follows a real number. The id of the new one.

    Needs PATRON_CPR besides PATRON_EDIT. The number itself is in no event, error or answer. One that stands is not
    replaced by itself.
    """
    caller.require(Permission.PATRON_CPR)
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "change_cpr")
    given = _checked(known, NewIdentifier(IdentifierKind.CPR, request.cpr), "cpr")
    cpr = read_cpr(request.cpr)
    if cpr is None or cpr.birth_date > tx.now.date():
        raise invalid_field("cpr", "identifier_malformed", kind=IdentifierKind.CPR.value)
    if not cpr.is_replacement and cpr.birth_date != known.birth_date:
        await patrons.update(tx, replace(known, birth_date=cpr.birth_date))
    standing = await _current(tx, patron, IdentifierKind.CPR)
    again = lookups(keyring, tx.agency, IdentifierKind.CPR, cpr.number)
    if same := [held.id for held in standing if held.lookup in again]:
        return same[0]
    for held in standing:
        await store.end(tx, patron, held.id, EndedWhy(request.why))
    added = await give(tx, keyring, patron, given)
    await events.append(
        tx,
        about(known, PatronEvent.IDENTIFIER_ENDED, kind=IdentifierKind.CPR.value, why=request.why),
        about(known, PatronEvent.IDENTIFIER_ADDED, kind=IdentifierKind.CPR.value),
    )
    return added[0]


async def reveal_cpr(tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId) -> str:
    """The patron's CPR number, to whoever holds PATRON_CPR; the look is recorded under its own name."""
    await patron_for(tx, caller, patron, Permission.PATRON_CPR, "reveal_cpr")
    held = await _current(tx, patron, IdentifierKind.CPR)
    if not held or held[0].sealed is None:
        raise NotFoundError("cpr_unknown")
    return unseal(keyring, tx.agency, held[0].sealed)


async def set_pin(tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, request: SetPin) -> None:
    """Give the patron a new PIN at the desk: what was failed with the old one is forgotten, its sessions end."""
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "set_pin")
    await write_pin(tx, keyring, known, request.pin)


async def write_pin(tx: Transaction, keyring: Keyring, patron: Patron, pin: str) -> None:
    """Store a new PIN, forgive failures under any of the patron's identifiers, and end the patron's sessions."""
    await store.set_pin(tx, patron.id, keyring.hash_pin(tx.agency, pin))
    for each in await store.of_patrons(tx, [patron.id]):
        typed = unseal(keyring, tx.agency, each.sealed) if each.sealed else each.lookup
        await note_success(tx, counted_under(keyring, tx.agency, typed))
    await end_sessions(tx, Subject(SubjectKind.PATRON, patron.id))
    await events.append(tx, about(patron, PatronEvent.PIN_SET))


async def give(tx: Transaction, keyring: Keyring, patron: PatronId, identifiers: Sequence[Normalised]) -> list[int]:
    """Store identifiers for a patron, in order; their ids. ConflictError `identifier_taken` or `card_reported_lost`."""
    added = []
    for kind, value in identifiers:
        _refuse_taken(patron, kind, await store.find(tx, lookups(keyring, tx.agency, kind, value)))
        with patrons.named_conflicts():
            added.append(
                await store.insert(
                    tx,
                    patron,
                    kind,
                    lookup=stored_lookup(keyring, tx.agency, kind, value),
                    sealed=sealed(keyring, tx.agency, kind, value),
                )
            )
    return added


def _refuse_taken(patron: PatronId, kind: IdentifierKind, found: Sequence[Identifier]) -> None:
    """The unique index has the last word; this also finds a CPR number stored under an older key, and keeps
    a card that was lost or stolen from coming back as somebody else's.
    """
    same_kind = [each for each in found if each.kind is kind]
    if any(each.ended_at is None for each in same_kind):
        raise ConflictError("identifier_taken")
    if any(each.ended_why in _NEVER_GIVEN_AGAIN and each.patron != patron for each in same_kind):
        raise ConflictError("card_reported_lost")


def _checked(patron: Patron, new: NewIdentifier, field: str = "") -> list[Normalised]:
    """Raises InvalidRequestError; `field` is where the request has the number, if it has nothing else of it."""
    if problems := list(identifier_problems("", patron.kind, [new])):
        raise InvalidRequestError(problems=[replace(each, field=field or each.field) for each in problems])
    return normalised([new])


async def _current(tx: Transaction, patron: PatronId, kind: IdentifierKind) -> list[Identifier]:
    return [each for each in await store.of_patrons(tx, [patron]) if each.kind is kind and each.ended_at is None]


async def _end(
    tx: Transaction, patron: Patron, identifier: int, why: EndedWhy, must_be: IdentifierKind | None
) -> Identifier:
    held = await store.of_patrons(tx, [patron.id])
    found = next((each for each in held if each.id == identifier), None)
    if found is None or (must_be is not None and found.kind is not must_be):
        raise NotFoundError("identifier_unknown")
    if not await store.end(tx, patron.id, identifier, why):
        raise ConflictError("identifier_ended_already")
    await events.append(tx, about(patron, PatronEvent.IDENTIFIER_ENDED, kind=found.kind.value, why=why.value))
    return found
