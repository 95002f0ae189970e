"""The SQL of providers, of what their words mean, and of who somebody is there."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from faelles.ground.database import Row, Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import RoleId, StaffId
from faelles.people.federation.model import (
    Granted,
    Offered,
    PlaceHere,
    Protocol,
    Provider,
    RoleHere,
    SetProvider,
)

_SHOWN = """
       p.id, p.code, p.name, p.protocol, p.issuer, p.client, p.certificate, p.subject_claim, p.username_claim,
       p.name_claim, p.role_claim, p.cvr, p.is_open, p.set_at, p.set_by,
       COALESCE((SELECT jsonb_agg(jsonb_build_object('outside', m.outside, 'role', r.code, 'division', m.division_id,
                                                     'branch', m.branch_id, 'is_by_place', m.is_by_place)
                                  ORDER BY m.outside, r.code, m.id)
                   FROM sign_in_role AS m
                   JOIN role AS r ON r.agency_id = m.agency_id AND r.id = m.role_id
                  WHERE m.agency_id = p.agency_id AND m.provider_id = p.id), '[]')::text AS roles,
       COALESCE((SELECT jsonb_agg(jsonb_build_object('outside', l.outside, 'division', l.division_id,
                                                     'branch', l.branch_id) ORDER BY l.outside)
                   FROM sign_in_place AS l
                  WHERE l.agency_id = p.agency_id AND l.provider_id = p.id), '[]')::text AS places
"""
_LIST = f"SELECT {_SHOWN} FROM sign_in_provider AS p WHERE p.agency_id = $1 ORDER BY p.code"
_LOAD = f"""
SELECT {_SHOWN}, p.secret, p.metadata FROM sign_in_provider AS p WHERE p.agency_id = $1 AND p.code = $2
"""
_OFFERED = "SELECT code, name FROM sign_in_provider WHERE agency_id = $1 AND is_open ORDER BY name, code"
_SAVE = """
INSERT INTO sign_in_provider (agency_id, code, name, protocol, issuer, client, secret, metadata, certificate,
                              subject_claim, username_claim, name_claim, role_claim, cvr, is_open, set_at, set_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (agency_id, code) DO UPDATE
   SET name = excluded.name, protocol = excluded.protocol, issuer = excluded.issuer, client = excluded.client,
       secret = excluded.secret, metadata = excluded.metadata, certificate = excluded.certificate,
       subject_claim = excluded.subject_claim, username_claim = excluded.username_claim,
       name_claim = excluded.name_claim, role_claim = excluded.role_claim, cvr = excluded.cvr,
       is_open = excluded.is_open, set_at = excluded.set_at, set_by = excluded.set_by
RETURNING id
"""
_REMOVE = "DELETE FROM sign_in_provider WHERE agency_id = $1 AND id = $2::bigint"
_FORGET_ROLES = "DELETE FROM sign_in_role WHERE agency_id = $1 AND provider_id = $2::bigint"
_FORGET_PLACES = "DELETE FROM sign_in_place WHERE agency_id = $1 AND provider_id = $2::bigint"
_ADD_ROLE = """
INSERT INTO sign_in_role (agency_id, provider_id, outside, role_id, division_id, branch_id, is_by_place)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
"""
_ADD_PLACE = """
INSERT INTO sign_in_place (agency_id, provider_id, outside, division_id, branch_id) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (agency_id, provider_id, outside)
DO UPDATE SET division_id = excluded.division_id, branch_id = excluded.branch_id
"""

_USE_ANSWER = """
INSERT INTO used_sign_in_answer (agency_id, answer_hash, used_at) VALUES ($1, $2, $3)
ON CONFLICT (agency_id, answer_hash) DO NOTHING
"""
_FORGET_ANSWERS = "DELETE FROM used_sign_in_answer WHERE agency_id = $1 AND used_at < $2"
_SERIALISE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_KNOWN = """
SELECT s.id, s.name, s.language, s.disabled_at
  FROM staff_identity AS i
  JOIN staff AS s ON s.agency_id = i.agency_id AND s.id = i.staff_id
 WHERE i.agency_id = $1 AND i.provider_id = $2::bigint AND i.subject = $3
   FOR NO KEY UPDATE OF s
"""
_KNOW = """
INSERT INTO staff_identity (agency_id, provider_id, subject, staff_id, known_since, let_in_at)
VALUES ($1, $2, $3, $4, $5, $5)
"""
_LET_IN = """
UPDATE staff_identity SET let_in_at = $4 WHERE agency_id = $1 AND provider_id = $2::bigint AND subject = $3
"""
_IS_VOUCHED_FOR = """
SELECT COALESCE(max(let_in_at) > $3, true) FROM staff_identity WHERE agency_id = $1 AND staff_id = $2::bigint
"""
_FORGET_PEOPLE = """
WITH gone AS (
    DELETE FROM staff_identity WHERE agency_id = $1 AND provider_id = $2::bigint RETURNING staff_id
)
UPDATE staff SET desk_pin_hash = NULL WHERE agency_id = $1 AND id IN (SELECT staff_id FROM gone)
"""
_IS_TAKEN = "SELECT EXISTS (SELECT FROM staff WHERE agency_id = $1 AND username = $2)"
_HELD = """
SELECT h.id, r.code, h.division_id, h.branch_id
  FROM staff_role AS h
  JOIN role AS r ON r.agency_id = h.agency_id AND r.id = h.role_id
 WHERE h.agency_id = $1 AND h.staff_id = $2::bigint
"""
_WITHDRAW = "DELETE FROM staff_role WHERE agency_id = $1 AND id = ANY ($2::integer[])"
_GIVE = """
INSERT INTO staff_role (agency_id, staff_id, role_id, division_id, branch_id)
SELECT r.agency_id, $2, r.id, $4, $5 FROM role AS r WHERE r.agency_id = $1 AND r.code = $3
"""
_roles = msgspec.json.Decoder(tuple[RoleHere, ...])
_places = msgspec.json.Decoder(tuple[PlaceHere, ...])
_UNKNOWN_PLACE = {
    "sign_in_role_division": "division_unknown",
    "sign_in_role_branch": "branch_unknown",
    "sign_in_place_division": "division_unknown",
    "sign_in_place_branch": "branch_unknown",
}


async def providers(tx: Transaction) -> list[Provider]:
    return [_provider(row) for row in await tx.rows(_LIST, tx.agency)]


async def load(tx: Transaction, code: str) -> tuple[Provider, bytes, str | None] | None:
    """The provider, its sealed secret, and its metadata (SAML)."""
    row = await tx.row(_LOAD, tx.agency, code)
    return None if row is None else (_provider(row), row["secret"], row["metadata"])


async def offered(tx: Transaction) -> list[Offered]:
    return [Offered(row["code"], row["name"]) for row in await tx.rows(_OFFERED, tx.agency)]


async def save(tx: Transaction, code: str, wanted: SetProvider, role_claim: str, sealed: bytes) -> int:
    provider: int = await tx.value(
        _SAVE,
        tx.agency,
        code,
        wanted.name,
        wanted.protocol.value,
        wanted.issuer,
        wanted.client,
        sealed,
        wanted.metadata,
        wanted.certificate,
        wanted.subject_claim,
        wanted.username_claim,
        wanted.name_claim,
        role_claim,
        wanted.cvr,
        wanted.is_open,
        tx.now,
        str(tx.actor),
    )
    return provider


async def save_meanings(
    tx: Transaction, provider: int, roles: Sequence[tuple[RoleHere, RoleId]], places: Sequence[PlaceHere]
) -> None:
    """In place of those there were. Raises NotFoundError for a place that is not in the agency."""
    await tx.execute(_FORGET_ROLES, tx.agency, provider)
    await tx.execute(_FORGET_PLACES, tx.agency, provider)
    rows = [
        (tx.agency, provider, each.outside, role, each.division, each.branch, each.is_by_place) for each, role in roles
    ]
    try:
        await tx.execute_many(_ADD_ROLE, rows)
        await tx.execute_many(
            _ADD_PLACE, [(tx.agency, provider, each.outside, each.division, each.branch) for each in places]
        )
    except asyncpg.ForeignKeyViolationError as problem:
        raise NotFoundError(_UNKNOWN_PLACE[problem.constraint_name or ""]) from None


async def remove(tx: Transaction, provider: int) -> None:
    await tx.execute(_REMOVE, tx.agency, provider)


async def use_answer(tx: Transaction, answer: str) -> bool:
    """Whether this is the first time that the answer is used."""
    digest = hashlib.sha256(answer.encode()).digest()
    return await tx.execute(_USE_ANSWER, tx.agency, digest, tx.now) == 1


async def forget_answers(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_ANSWERS, tx.agency, before)


async def known(tx: Transaction, provider: int, subject: str) -> Row | None:
    """Who of the staff that is. Whoever comes with the same subject waits until this transaction is over."""
    await tx.execute(_SERIALISE, f"federation/{tx.agency}/{provider}/{subject}")
    return await tx.row(_KNOWN, tx.agency, provider, subject)


async def know(tx: Transaction, provider: int, subject: str, staff: StaffId) -> None:
    await tx.execute(_KNOW, tx.agency, provider, subject, staff, tx.now)


async def note_let_in(tx: Transaction, provider: int, subject: str) -> None:
    await tx.execute(_LET_IN, tx.agency, provider, subject, tx.now)


async def is_vouched_for(tx: Transaction, staff: StaffId, since: datetime) -> bool:
    """Whether a provider has let them in since then; of those who never came through one, yes."""
    vouched: bool = await tx.value(_IS_VOUCHED_FOR, tx.agency, staff, since)
    return vouched


async def forget_people(tx: Transaction, provider: int) -> None:
    """Who they were there counts no more, nor the PIN of anybody who came that way."""
    await tx.execute(_FORGET_PEOPLE, tx.agency, provider)


async def is_taken(tx: Transaction, username: str) -> bool:
    taken: bool = await tx.value(_IS_TAKEN, tx.agency, username)
    return taken


async def held(tx: Transaction, staff: StaffId) -> dict[Granted, int]:
    """The roles that somebody holds, with the number of each holding."""
    rows = await tx.rows(_HELD, tx.agency, staff)
    return {Granted(row["code"], row["division_id"], row["branch_id"]): row["id"] for row in rows}


async def withdraw(tx: Transaction, holdings: Sequence[int]) -> None:
    await tx.execute(_WITHDRAW, tx.agency, holdings)


async def give(tx: Transaction, staff: StaffId, roles: Sequence[Granted]) -> None:
    await tx.execute_many(_GIVE, [(tx.agency, staff, each.role, each.division, each.branch) for each in roles])


def _provider(row: Row) -> Provider:
    return Provider(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        protocol=Protocol(row["protocol"]),
        issuer=row["issuer"],
        client=row["client"],
        certificate=row["certificate"],
        subject_claim=row["subject_claim"],
        username_claim=row["username_claim"],
        name_claim=row["name_claim"],
        role_claim=row["role_claim"],
        cvr=row["cvr"],
        is_open=row["is_open"],
        set_at=row["set_at"],
        set_by=row["set_by"],
        roles=_roles.decode(row["roles"]),
        places=_places.decode(row["places"]),
    )
