"""The SQL of float groups and of the copies that float."""

from collections.abc import Sequence

import asyncpg

from faelles.circulation.floating.model import FloatGroup, FloatSubject, NewFloatGroup, RoomShown, SubjectShown
from faelles.ground.database import Row, Transaction
from faelles.ground.errors import ConflictError

_GROUPS = """
SELECT g.id, g.name, array_agg(m.branch_id ORDER BY m.branch_id) AS branches
  FROM float_group AS g
  JOIN float_member AS m ON m.agency_id = g.agency_id AND m.group_id = g.id
 WHERE g.agency_id = $1 AND ($2::integer IS NULL OR g.id = $2)
 GROUP BY g.id, g.name
 ORDER BY g.id
"""
_ROOM = """
SELECT s.group_id, s.id, s.name, s.material_group_id, s.classification, r.branch_id, r.copies,
       (SELECT count(*) FROM floating_copy AS f
         WHERE f.agency_id = r.agency_id AND f.subject_id = r.subject_id AND f.branch_id = r.branch_id) AS placed
  FROM float_subject AS s
  JOIN float_room AS r ON r.agency_id = s.agency_id AND r.subject_id = s.id
 WHERE s.agency_id = $1 AND ($2::integer IS NULL OR s.group_id = $2)
 ORDER BY s.group_id, s.position, r.branch_id
"""
_LOCK = "SELECT id FROM float_group WHERE agency_id = $1 AND id = $2 FOR NO KEY UPDATE"
_INSERT_GROUP = "INSERT INTO float_group (agency_id, name) VALUES ($1, $2) RETURNING id"
_RENAME = "UPDATE float_group SET name = $3 WHERE agency_id = $1 AND id = $2"
_INSERT_MEMBERS = """
INSERT INTO float_member (agency_id, branch_id, group_id) SELECT $1, branch, $2 FROM unnest($3::integer[]) AS branch
"""
_INSERT_SUBJECT = """
INSERT INTO float_subject (agency_id, group_id, position, name, material_group_id, classification)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
"""
_INSERT_ROOM = """
INSERT INTO float_room (agency_id, subject_id, branch_id, copies)
SELECT $1, $2, branch, copies FROM unnest($3::integer[], $4::integer[]) AS room (branch, copies)
"""
_DROP_COPIES = """
DELETE FROM floating_copy
 WHERE agency_id = $1 AND subject_id IN (SELECT id FROM float_subject WHERE agency_id = $1 AND group_id = $2)
"""
_DROP_ROOM = """
DELETE FROM float_room
 WHERE agency_id = $1 AND subject_id IN (SELECT id FROM float_subject WHERE agency_id = $1 AND group_id = $2)
"""
_DROP_SUBJECTS = "DELETE FROM float_subject WHERE agency_id = $1 AND group_id = $2"
_DROP_MEMBERS = "DELETE FROM float_member WHERE agency_id = $1 AND group_id = $2"
_DROP_GROUP = "DELETE FROM float_group WHERE agency_id = $1 AND id = $2"

# Which copies float as what, worked out once for each kind of copy. A row that is right already is not written again.
_REFRESH = """
WITH kinds AS MATERIALIZED (
    SELECT k.owner_branch_id, k.material_group_id, k.classification,
           float_subject_of($1, k.owner_branch_id, k.material_group_id, k.classification) AS subject_id
      FROM (SELECT DISTINCT c.owner_branch_id, c.material_group_id, t.classification
              FROM float_member AS m
              JOIN copy AS c ON c.agency_id = m.agency_id AND c.owner_branch_id = m.branch_id
              JOIN title AS t ON t.record_id = c.record_id
             WHERE m.agency_id = $1 AND c.withdrawn_at IS NULL AND c.sent_home_at IS NULL) AS k
), wanted AS MATERIALIZED (
    SELECT c.item_id, k.subject_id, p.branch_id
      FROM kinds AS k
      JOIN copy AS c ON c.agency_id = $1 AND c.owner_branch_id = k.owner_branch_id
                    AND c.material_group_id = k.material_group_id AND c.withdrawn_at IS NULL AND c.sent_home_at IS NULL
      JOIN title AS t ON t.record_id = c.record_id AND t.classification IS NOT DISTINCT FROM k.classification
      JOIN item_circulation AS w ON w.agency_id = $1 AND w.item_id = c.item_id
      JOIN placement_directory AS p
        ON p.agency_id = $1 AND p.placement_id = COALESCE(w.active_placement_id, c.default_placement_id)
     WHERE k.subject_id IS NOT NULL
), gone AS (
    DELETE FROM floating_copy AS f
     WHERE f.agency_id = $1 AND NOT EXISTS (SELECT FROM wanted AS w WHERE w.item_id = f.item_id)
)
INSERT INTO floating_copy AS f (agency_id, item_id, subject_id, branch_id)
SELECT $1, item_id, subject_id, branch_id FROM wanted ORDER BY item_id
ON CONFLICT (agency_id, item_id) DO UPDATE SET subject_id = excluded.subject_id, branch_id = excluded.branch_id
 WHERE (f.subject_id, f.branch_id) IS DISTINCT FROM (excluded.subject_id, excluded.branch_id)
"""
_MATERIAL_GROUPS = """
SELECT material_group_id FROM material_group_directory
 WHERE agency_id IN (0, $1) AND material_group_id = ANY ($2::integer[])
"""


async def list_groups(tx: Transaction, group: int | None = None) -> list[FloatGroup]:
    """The agency's groups with room and copies, or the one."""
    rooms = await tx.rows(_ROOM, tx.agency, group)
    return [
        FloatGroup(
            id=row["id"],
            name=row["name"],
            branches=tuple(row["branches"]),
            subjects=_subjects([room for room in rooms if room["group_id"] == row["id"]]),
        )
        for row in await tx.rows(_GROUPS, tx.agency, group)
    ]


async def lock_group(tx: Transaction, group: int) -> bool:
    return await tx.value(_LOCK, tx.agency, group) is not None


async def insert_group(tx: Transaction, new: NewFloatGroup) -> int:
    """Raises ConflictError for a taken name, and for a branch that is in another group."""
    try:
        group: int = await tx.value(_INSERT_GROUP, tx.agency, new.name)
        await _insert_contents(tx, group, new)
    except asyncpg.UniqueViolationError as problem:
        raise _told(problem) from None
    return group


async def replace_group(tx: Transaction, group: int, new: NewFloatGroup) -> None:
    """As `insert_group`, for one that is there."""
    await _drop_contents(tx, group)
    try:
        await tx.execute(_RENAME, tx.agency, group, new.name)
        await _insert_contents(tx, group, new)
    except asyncpg.UniqueViolationError as problem:
        raise _told(problem) from None


async def drop_group(tx: Transaction, group: int) -> None:
    """Copies stay where they are, and go home when they are returned next."""
    await _drop_contents(tx, group)
    await tx.execute(_DROP_GROUP, tx.agency, group)


async def refresh(tx: Transaction) -> int:
    """Find out for all copies which float and where they have their place; how many rows changed."""
    return await tx.execute(_REFRESH, tx.agency)


async def known_material_groups(tx: Transaction, groups: Sequence[int]) -> set[int]:
    return {row["material_group_id"] for row in await tx.rows(_MATERIAL_GROUPS, tx.agency, list(groups))}


async def _insert_contents(tx: Transaction, group: int, new: NewFloatGroup) -> None:
    await tx.execute(_INSERT_MEMBERS, tx.agency, group, sorted(set(new.branches)))
    for position, subject in enumerate(new.subjects, 1):
        await _insert_subject(tx, group, position, subject)


async def _insert_subject(tx: Transaction, group: int, position: int, subject: FloatSubject) -> None:
    number = await tx.value(
        _INSERT_SUBJECT, tx.agency, group, position, subject.name, subject.material_group, subject.classification
    )
    branches, copies = zip(*((room.branch, room.copies) for room in subject.room), strict=True)
    await tx.execute(_INSERT_ROOM, tx.agency, number, list(branches), list(copies))


async def _drop_contents(tx: Transaction, group: int) -> None:
    for statement in (_DROP_COPIES, _DROP_ROOM, _DROP_SUBJECTS, _DROP_MEMBERS):
        await tx.execute(statement, tx.agency, group)


def _told(problem: asyncpg.UniqueViolationError) -> Exception:
    if problem.constraint_name in {"float_group_name_taken", "branch_floats_already"}:
        return ConflictError(problem.constraint_name)
    return problem


def _subjects(rooms: Sequence[Row]) -> tuple[SubjectShown, ...]:
    by_subject: dict[int, list[Row]] = {}
    for room in rooms:
        by_subject.setdefault(room["id"], []).append(room)
    return tuple(
        SubjectShown(
            id=number,
            name=here[0]["name"],
            material_group=here[0]["material_group_id"],
            classification=here[0]["classification"],
            room=tuple(
                RoomShown(branch=room["branch_id"], copies=room["copies"], placed=room["placed"]) for room in here
            ),
        )
        for number, here in by_subject.items()
    )
