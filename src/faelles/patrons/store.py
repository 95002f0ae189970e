"""SQL for the patron itself, and what this room reads of its neighbours."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import asyncpg
import msgspec

from faelles.ground.database import Read
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, DivisionId, PatronId
from faelles.patrons.model import Branch, Contact, Groups, Patron, PatronKind
from faelles.people.model import listed

# Locked in the order of their ids, and read only after the lock is had: what a waiter sees is what the first one left.
_LOCK = """
SELECT id FROM patron WHERE agency_id = $1 AND id = ANY ($2) ORDER BY id FOR NO KEY UPDATE
"""

# What everybody has is looked up here; where somebody belongs who was never a member, only of them. Memberships are
# asked for by their roles too, because of two indexes the quick one alone has those: else the other would be taken.
_DIVISIONS = """
       COALESCE(NULLIF(ARRAY(SELECT m.division_id FROM membership AS m
                              WHERE m.agency_id = $1 AND m.patron_id = p.id AND m.role <> ''), '{}'),
                divisions_at_home($1, p.home_branch_id))
"""
_FACTS = """
       json_build_object(
           'id', p.id, 'kind', p.kind, 'name', p.name, 'birth_date', p.birth_date, 'home_branch', p.home_branch_id,
           'language', p.language, 'address_protected', p.address_protected,
           'contact', json_build_object('street', p.street, 'postal_code', p.postal_code, 'city', p.city,
                                        'country', p.country, 'email', p.email, 'phone', p.phone),
           'has_pin', p.pin_hash IS NOT NULL, 'is_temporary', p.is_temporary, 'keeps_history', p.keeps_history,
           'note', p.note, 'merged_into', p.merged_into_id, 'version', p.version, 'registered_at', p.registered_at,
           'divisions', b.divisions)
"""

# Nobody reaches beyond their divisions ($3; NULL: all of them), and who became another is shown where that is asked for
# ($4).
_REACHED = f"""
    SELECT p.id, {_FACTS} AS facts
      FROM patron AS p
     CROSS JOIN LATERAL (SELECT {_DIVISIONS} AS divisions OFFSET 0) AS b
     WHERE p.agency_id = $1 AND p.id = $2 AND ($3::integer[] IS NULL OR b.divisions && $3)
       AND ($4::boolean OR p.merged_into_id IS NULL)
"""
# Whoever is shown and the log of it are one statement. A look that is nobody's business writes nothing, and so may be
# asked for where nothing can be written.
_SHOW_AND_NOTE = f"""
WITH shown AS MATERIALIZED ({_REACHED}), noted AS (
    INSERT INTO access_log (agency_id, at, actor, operation, person_id) SELECT $1, $5, $6, $7, id FROM shown)
SELECT COALESCE((SELECT facts FROM shown), 'null')::text
"""
_SHOW = f"""
SELECT COALESCE((SELECT facts FROM ({_REACHED}) AS shown), 'null')::text
"""

# By key: given the order of names, PostgreSQL goes through everybody of the agency in that order.
_LOAD = f"""
SELECT COALESCE(json_agg({_FACTS} ORDER BY p.sort_name, p.id), '[]')::text
  FROM unnest($2::bigint[]) AS wanted (id)
 CROSS JOIN LATERAL (SELECT * FROM patron AS one WHERE one.agency_id = $1 AND one.id = wanted.id OFFSET 0) AS p
 CROSS JOIN LATERAL (SELECT {_DIVISIONS} AS divisions OFFSET 0) AS b
"""

_INSERT = """
INSERT INTO patron (agency_id, kind, name, birth_date, home_branch_id, language, address_protected, street, postal_code,
                    city, country, email, phone, pin_hash, is_temporary, keeps_history, note, registered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
RETURNING id
"""

_UPDATE = """
UPDATE patron
   SET name = $3, birth_date = $4, home_branch_id = $5, language = $6, address_protected = $7, street = $8,
       postal_code = $9, city = $10, country = $11, email = $12, phone = $13, is_temporary = $14, note = $15,
       version = version + 1
 WHERE agency_id = $1 AND id = $2
RETURNING version
"""

_KEEP_HISTORY = """
UPDATE patron SET keeps_history = $3, version = version + 1
 WHERE agency_id = $1 AND id = $2 AND keeps_history <> $3
"""

_INSERT_PATRONS = """
INSERT INTO patron (agency_id, registered_at, id, kind, name, birth_date, home_branch_id, language, address_protected,
                    street, postal_code, city, country, email, phone, pin_hash, is_temporary)
SELECT $1, $2, *
  FROM unnest($3::bigint[], $4::text[], $5::text[], $6::date[], $7::integer[], $8::text[], $9::boolean[], $10::text[],
              $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bytea[], $17::boolean[])
"""

_INSERT_IDENTIFIERS = """
INSERT INTO patron_identifier (agency_id, valid_from, patron_id, kind, lookup, sealed)
SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::bytea[])
"""

_INSERT_MEMBERSHIPS = """
INSERT INTO membership (agency_id, patron_id, division_id, role, patron_group_id, valid)
SELECT $1, m.patron, m.division, m.role, m.patron_group, daterange(m.first_day, m.last_day, '[]')
  FROM unnest($2::bigint[], $3::integer[], $4::text[], $5::integer[], $6::date[], $7::date[])
       AS m (patron, division, role, patron_group, first_day, last_day)
"""

_INSERT_GUARDIANS = """
INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)
SELECT $1, g.ward, g.guardian, true, daterange(g.since, NULL)
  FROM unnest($2::bigint[], $3::bigint[], $4::date[]) AS g (ward, guardian, since)
"""

_BRANCH = """
SELECT division_id, name, closed_from, time_zone FROM branch_directory WHERE agency_id = $1 AND branch_id = $2
"""

_GROUPS = """
SELECT patron_group_id, code FROM patron_group_directory
 WHERE agency_id IN (0, $1) AND patron_group_id = ANY ($2)
"""

_ORGANISATIONS = """
WITH RECURSIVE below AS (
    SELECT patron_group_id FROM patron_group_directory WHERE agency_id = 0 AND code = 'organisation'
    UNION ALL
    SELECT g.patron_group_id
      FROM patron_group_directory AS g
      JOIN below ON g.parent_id = below.patron_group_id
     WHERE g.agency_id IN (0, $1)
)
SELECT patron_group_id FROM below WHERE patron_group_id = ANY ($2)
"""


_decode = msgspec.json.Decoder(list[Patron]).decode
_decode_one = msgspec.json.Decoder(Patron | None).decode


async def lock(tx: Transaction, patrons: Sequence[PatronId]) -> None:
    """Take the patrons' locks, lowest id first."""
    await tx.rows(_LOCK, tx.agency, list(patrons))


async def load(tx: Transaction, patrons: Sequence[PatronId]) -> list[Patron]:
    """Those of `patrons` there are, ordered as people order names."""
    return await tx.ask(asked_for(tx, patrons))


def asked_for(tx: Transaction, patrons: Sequence[PatronId]) -> Read[list[Patron]]:
    """As `load`, together with more that is asked."""
    return Read(_LOAD, (tx.agency, list(dict.fromkeys(patrons))), _decode)


def shown_asked_for(
    tx: Transaction,
    patron: PatronId,
    divisions: frozenset[DivisionId] | None,
    operation: str | None,
    *,
    with_merged: bool,
) -> Read[Patron | None]:
    """The patron, if they belong to one of `divisions` (None: wherever); `operation`: what the look is noted for, if it
    is. `with_merged`: also one who became another.
    """
    asked = (tx.agency, patron, listed(divisions), with_merged)
    if operation is None:
        return Read(_SHOW, asked, _decode_one)
    return Read(_SHOW_AND_NOTE, (*asked, tx.now, str(tx.actor), operation), _decode_one)


async def insert(
    tx: Transaction,
    *,
    kind: PatronKind,
    name: str,
    birth_date: date | None,
    home_branch: int,
    language: Language,
    address_protected: bool,
    contact: Contact,
    pin_hash: bytes | None = None,
    is_temporary: bool = False,
    keeps_history: bool = False,
    note: str | None = None,
) -> PatronId:
    return PatronId(
        await tx.value(
            _INSERT,
            tx.agency,
            kind.value,
            name,
            birth_date,
            home_branch,
            language.value,
            address_protected,
            *contact_values(contact),
            pin_hash,
            is_temporary,
            keeps_history,
            note,
            tx.now,
        )
    )


async def update(tx: Transaction, patron: Patron) -> int:
    """Write all that may change of a patron; the new version."""
    return int(
        await tx.value(
            _UPDATE,
            tx.agency,
            patron.id,
            patron.name,
            patron.birth_date,
            patron.home_branch,
            patron.language.value,
            patron.address_protected,
            *contact_values(patron.contact),
            patron.is_temporary,
            patron.note,
        )
    )


def contact_values(contact: Contact) -> tuple[str | None, ...]:
    """In the order of the table's columns: street, postal code, city, country, e-mail, telephone."""
    return contact.street, contact.postal_code, contact.city, contact.country, contact.email, contact.phone


async def keep_history(tx: Transaction, patron: PatronId, *, keeps: bool) -> bool:
    """Whether that was a change."""
    return await tx.execute(_KEEP_HISTORY, tx.agency, patron, keeps) > 0


Columns = Sequence[Sequence[object]]
"""One sequence for each column."""


async def insert_patrons(tx: Transaction, columns: Columns) -> None:
    await tx.execute(_INSERT_PATRONS, tx.agency, tx.now, *columns)


async def insert_identifiers(tx: Transaction, columns: Columns) -> None:
    await tx.execute(_INSERT_IDENTIFIERS, tx.agency, tx.now, *columns)


async def insert_memberships(tx: Transaction, columns: Columns) -> None:
    await tx.execute(_INSERT_MEMBERSHIPS, tx.agency, *columns)


async def insert_guardians(tx: Transaction, columns: Columns) -> None:
    await tx.execute(_INSERT_GUARDIANS, tx.agency, *columns)


async def branch(tx: Transaction, branch: BranchId) -> Branch:
    """A branch of the agency. Raises NotFoundError."""
    row = await tx.row(_BRANCH, tx.agency, branch)
    if row is None:
        raise NotFoundError("branch_unknown")
    return Branch(
        division=DivisionId(row["division_id"]),
        name=row["name"],
        closed_from=row["closed_from"],
        time_zone=row["time_zone"],
    )


async def groups(tx: Transaction, wanted: Sequence[int]) -> Groups:
    """The wanted patron groups that are the agency's own or the nation's."""
    return {row["patron_group_id"]: row["code"] for row in await tx.rows(_GROUPS, tx.agency, list(wanted))}


async def groups_of_organisations(tx: Transaction, wanted: Sequence[int]) -> set[int]:
    """Those of the wanted patron groups that classes and institutions borrow in, and no person."""
    return {row["patron_group_id"] for row in await tx.rows(_ORGANISATIONS, tx.agency, list(wanted))}


_CONFLICTS = {
    "identifier_taken": "identifier_taken",
    "one_membership_at_a_time": "one_membership_at_a_time",
    "one_guardianship_at_a_time": "one_guardianship_at_a_time",
    "one_absence_at_a_time": "one_absence_at_a_time",
    "class_known_once": "class_known_once",
    "in_class_once": "in_class_once",
    "class_member_pkey": "in_class_once",
}
_UNKNOWN = {
    "membership_agency_id_division_id_fkey": "division_unknown",
    "patron_block_agency_id_division_id_fkey": "division_unknown",
}


@contextmanager
def named_conflicts() -> Iterator[None]:
    """Turn a broken constraint into the error it stands for; the transaction is lost either way."""
    try:
        yield
    except (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError) as broken:
        if code := _CONFLICTS.get(broken.constraint_name or ""):
            raise ConflictError(code) from None
        raise
    except asyncpg.ForeignKeyViolationError as broken:
        if code := _UNKNOWN.get(broken.constraint_name or ""):
            raise InvalidRequestError(code) from None
        raise
