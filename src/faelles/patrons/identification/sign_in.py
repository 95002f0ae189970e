"""Signing in with any identifier and the PIN. An unknown card and a wrong PIN get one answer in one time."""

from dataclasses import dataclass
from datetime import timedelta

from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import UnauthenticatedError
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, PatronId
from faelles.patrons import store as patrons
from faelles.patrons.identification import store
from faelles.patrons.identifiers import counting_form, lookup_keys
from faelles.people import attempts
from faelles.people import store as people
from faelles.people.model import IssuedToken
from faelles.people.operations import issue_patron_token


@dataclass(frozen=True, slots=True)
class Proven:
    patron: PatronId
    language: Language


async def sign_in_patron(
    database: Database, keyring: Keyring, *, agency_isil: str, identifier: str, pin: str, idle: timedelta | None = None
) -> IssuedToken:
    """A session for the patron, which may rest for `idle`.

    Raises UnauthenticatedError, or TooManyAttemptsError while the identifier is locked.
    """
    agency = await people.agency_behind_isil(database, agency_isil.strip())
    if agency is None:
        raise UnauthenticatedError(attempts.REFUSED)

    async def prove(tx: Transaction) -> IssuedToken | None:
        proven = await prove_pin(tx, keyring, identifier, pin)
        return await issue_patron_token(tx, proven.patron, proven.language, idle) if proven else None

    return await attempts.attempt(database, agency, counted_under(keyring, agency, identifier), prove)


async def check_pin(database: Database, keyring: Keyring, agency: AgencyId, *, identifier: str, pin: str) -> PatronId:
    """Who is behind an identifier and a PIN, for a door that opens no session. Raises as `sign_in_patron` does."""

    async def prove(tx: Transaction) -> Proven | None:
        return await prove_pin(tx, keyring, identifier, pin)

    return (await attempts.attempt(database, agency, counted_under(keyring, agency, identifier), prove)).patron


def counted_under(keyring: Keyring, agency: AgencyId, identifier: str) -> bytes:
    return attempts.identifier_hash(keyring, agency, attempts.Realm.CARD, counting_form(identifier))


async def prove_pin(tx: Transaction, keyring: Keyring, identifier: str, pin: str) -> Proven | None:
    """Who this identifier and PIN stand for, or None; attempts are not counted here. One query and one hash at least,
    whoever is known. Where two patrons share a number, the PIN says who is meant.
    """
    found = await store.pins(tx, lookup_keys(keyring, tx.agency, identifier))
    if not found:
        keyring.pin_matches(tx.agency, pin, None)
    matching = [patron for patron, stored in found if keyring.pin_matches(tx.agency, pin, stored)]
    if len(matching) != 1:
        return None
    known = await patrons.load(tx, matching)
    return Proven(known[0].id, known[0].language)
