"""Putting a person's file together, entry by entry of the register, so that nothing is forgotten."""

from collections.abc import Sequence
from typing import Any

from faelles.ground import events
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import ForbiddenError
from faelles.ground.i18n import Language, text
from faelles.ground.ids import PatronId
from faelles.notices.planning.sealing import unseal as unseal_words
from faelles.patrons.forgetting.operations import signposts
from faelles.patrons.identifiers import unseal
from faelles.patrons.model import Patron
from faelles.patrons.own_account.operations import own_patron
from faelles.patrons.reach import may_see_contact, patron_for
from faelles.people.model import Caller, Permission
from faelles.policies.operations import current_settings
from faelles.privacy import store
from faelles.privacy.events import file_handed_out
from faelles.privacy.limits import Limits, limits_on
from faelles.privacy.model import Entry
from faelles.privacy.person.model import FileEntry, PersonFile
from faelles.privacy.record.operations import limit_in_words
from faelles.privacy.register import REGISTER
from faelles.privacy.store import Piece


async def person_file(tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId) -> PersonFile:
    """Everything that is kept of a patron, to be handed to them; the look is recorded under its own name.

    The CPR number is in it, so PATRON_CPR is needed besides PRIVACY, and PATRON_PROTECTED for a protected address.
    """
    caller.require_throughout(Permission.PRIVACY)
    caller.require(Permission.PATRON_CPR)
    known = await patron_for(tx, caller, patron, Permission.PRIVACY, "person_file")
    if not may_see_contact(caller, known):
        raise ForbiddenError("permission_missing", permission=Permission.PATRON_PROTECTED.value)
    return await _file(tx, keyring, known)


async def own_file(tx: Transaction, caller: Caller, keyring: Keyring) -> PersonFile:
    """Everything that is kept of the signed-in patron."""
    return await _file(tx, keyring, await own_patron(tx, caller))


async def _file(tx: Transaction, keyring: Keyring, known: Patron) -> PersonFile:
    persons = [known.id, *await signposts(tx, known.id)]
    limits = await limits_on(tx)
    agency = (await current_settings(tx)).directory.agency
    await events.append(tx, file_handed_out(known.home_branch))
    found = await store.of_person(tx, persons)
    return PersonFile(
        controller=agency.name,
        made_at=tx.now,
        language=known.language.value,
        persons=list(persons),
        name=known.name,
        entries=[
            _entry(each, [_opened(tx, keyring, piece) for piece in found.get(each.id, ())], limits, known.language)
            for each in REGISTER.entry
        ],
    )


def _entry(entry: Entry, found: Sequence[Piece], limits: Limits, language: Language) -> FileEntry:
    pieces: dict[str, list[dict[str, Any]]] = {table: [] for table in entry.tables}
    for piece in found:
        pieces.setdefault(piece.part, []).append(piece.content)
    return FileEntry(
        entry=entry.id,
        title=entry.title(language),
        purpose=entry.purpose(language),
        basis=text(f"privacy_basis_{entry.basis}", language),
        limit=limit_in_words(entry, limits, language),
        pieces=pieces,
    )


def _opened(tx: Transaction, keyring: Keyring, piece: Piece) -> Piece:
    """The person's own CPR number, and words that wait to be sent, in clear; nothing else that is shown is sealed."""
    opened: dict[str, str] = {}
    if (number := piece.content.pop("sealed", None)) is not None:
        opened["value"] = unseal(keyring, tx.agency, bytes.fromhex(number))
    if (words := piece.content.pop("sealed_words", None)) is not None:
        opened["words"] = unseal_words(keyring, tx.agency, bytes.fromhex(words))
    return Piece(piece.part, piece.content | opened)
