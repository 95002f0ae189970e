"""Many patrons in one go, for demonstrations, rosters and moves from another system.

What is prepared here is trusted: the caller has validated and normalised it. Row policies refuse COPY, so rows go in
as arrays, one statement a table.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from faelles.ground.crypto import Keyring
from faelles.ground.database.transaction import Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, DivisionId, PatronGroupId, PatronId
from faelles.patrons import store
from faelles.patrons.identifiers import sealed, stored_lookup
from faelles.patrons.model import Contact, PatronKind, Role
from faelles.patrons.rules import Normalised

NO_CONTACT = Contact()
_ID_BITS = 48
_LOWEST_ID = 10**12
_STATEMENT_ROWS = 5000
"""Few enough to stay far below the time a statement is given, on a machine with other things to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedMembership:
    division: DivisionId
    role: Role
    group: PatronGroupId
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPatron:
    """A patron to be loaded, with everything that is stored beside the row itself. Identifiers are normalised."""

    id: PatronId
    name: str
    home_branch: BranchId
    kind: PatronKind = PatronKind.PERSON
    birth_date: date | None = None
    language: Language = Language.DANISH
    address_protected: bool = False
    contact: Contact = NO_CONTACT
    pin: str | None = None
    is_temporary: bool = False
    identifiers: tuple[Normalised, ...] = ()
    memberships: tuple[PreparedMembership, ...] = ()
    guardian: PatronId | None = None
    """A financially responsible adult, loaded before or together with the patron."""


def new_patron_id() -> PatronId:
    """As the database makes them: random, above 10^12, below 2^53."""
    return PatronId(_LOWEST_ID + secrets.randbits(_ID_BITS))


async def load_patrons(tx: Transaction, keyring: Keyring, patrons: Sequence[PreparedPatron], *, since: date) -> None:
    """Load `patrons`. Guardianships begin on `since`. ConflictError `identifier_taken` loads none of them."""
    for start in range(0, len(patrons), _STATEMENT_ROWS):
        await _load_some(tx, keyring, patrons[start : start + _STATEMENT_ROWS])
    if guardians := [(each.id, each.guardian, since) for each in patrons if each.guardian]:
        with store.named_conflicts():
            await store.insert_guardians(tx, _columns(guardians))


async def _load_some(tx: Transaction, keyring: Keyring, patrons: Sequence[PreparedPatron]) -> None:
    await store.insert_patrons(tx, _columns(_patron_rows(tx, keyring, patrons)))
    with store.named_conflicts():
        if identifiers := list(_identifier_rows(tx, keyring, patrons)):
            await store.insert_identifiers(tx, _columns(identifiers))
        if memberships := _memberships(patrons):
            await store.insert_memberships(tx, membership_columns(memberships))


def _columns(rows: Iterator[Sequence[object]] | Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _patron_rows(tx: Transaction, keyring: Keyring, patrons: Sequence[PreparedPatron]) -> Iterator[Sequence[object]]:
    for each in patrons:
        yield (
            each.id,
            each.kind.value,
            each.name,
            each.birth_date,
            each.home_branch,
            each.language.value,
            each.address_protected,
            *store.contact_values(each.contact),
            keyring.hash_pin(tx.agency, each.pin) if each.pin else None,
            each.is_temporary,
        )


def _identifier_rows(
    tx: Transaction, keyring: Keyring, patrons: Sequence[PreparedPatron]
) -> Iterator[Sequence[object]]:
    for each in patrons:
        for kind, value in each.identifiers:
            lookup = stored_lookup(keyring, tx.agency, kind, value)
            yield each.id, kind.value, lookup, sealed(keyring, tx.agency, kind, value)


def _memberships(patrons: Sequence[PreparedPatron]) -> list[tuple[PatronId, PreparedMembership]]:
    return [(each.id, one) for each in patrons for one in each.memberships]


def membership_columns(memberships: Sequence[tuple[PatronId, PreparedMembership]]) -> list[list[object]]:
    """What `store.insert_memberships` takes."""
    return _columns(
        [(patron, one.division, one.role.value, one.group, one.starts_on, one.ends_on) for patron, one in memberships]
    )
