"""All SQL about the group trees. The two tables have one shape."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import asyncpg

from faelles.ground.database import Row, Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import NATION
from faelles.policies.groups.model import Group, GroupKind, RenameGroup

_LIST: Final[Mapping[GroupKind, str]] = {
    GroupKind.PATRON: """
SELECT id, agency_id, parent_id, code, name_da, name_en
  FROM patron_group
 WHERE agency_id IN ($1, $2)
 ORDER BY id
""",
    GroupKind.MATERIAL: """
SELECT id, agency_id, parent_id, code, name_da, name_en
  FROM material_group
 WHERE agency_id IN ($1, $2)
 ORDER BY id
""",
}

_INSERT: Final[Mapping[GroupKind, str]] = {
    GroupKind.PATRON: """
INSERT INTO patron_group (agency_id, parent_id, code, name_da, name_en)
SELECT $1, parent_id, code, name_da, name_en
  FROM unnest($2::integer[], $3::text[], $4::text[], $5::text[]) AS added (parent_id, code, name_da, name_en)
RETURNING id, agency_id, parent_id, code, name_da, name_en
""",
    GroupKind.MATERIAL: """
INSERT INTO material_group (agency_id, parent_id, code, name_da, name_en)
SELECT $1, parent_id, code, name_da, name_en
  FROM unnest($2::integer[], $3::text[], $4::text[], $5::text[]) AS added (parent_id, code, name_da, name_en)
RETURNING id, agency_id, parent_id, code, name_da, name_en
""",
}

_RENAME: Final[Mapping[GroupKind, str]] = {
    GroupKind.PATRON: """
UPDATE patron_group SET name_da = $3, name_en = $4 WHERE agency_id = $1 AND id = $2
RETURNING id, agency_id, parent_id, code, name_da, name_en
""",
    GroupKind.MATERIAL: """
UPDATE material_group SET name_da = $3, name_en = $4 WHERE agency_id = $1 AND id = $2
RETURNING id, agency_id, parent_id, code, name_da, name_en
""",
}


async def list_groups(tx: Transaction, kind: GroupKind) -> list[Group]:
    """The nation's and the agency's own, parents first."""
    return [_group(row) for row in await tx.rows(_LIST[kind], NATION, tx.agency)]


async def insert_groups(tx: Transaction, kind: GroupKind, groups: Sequence[Group]) -> list[Group]:
    """Add groups to the agency (ids and agencies given are not looked at). Raises ConflictError for a code in use."""
    with _conflicts_told():
        rows = await tx.rows(
            _INSERT[kind],
            tx.agency,
            [group.parent for group in groups],
            [group.code for group in groups],
            [group.name_da for group in groups],
            [group.name_en for group in groups],
        )
    return [_group(row) for row in rows]


async def rename_group(tx: Transaction, kind: GroupKind, group: int, request: RenameGroup) -> Group | None:
    """None where the agency has no such group of its own."""
    row = await tx.row(_RENAME[kind], tx.agency, group, request.name_da, request.name_en)
    return _group(row) if row else None


@contextmanager
def _conflicts_told() -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as violation:
        if violation.constraint_name not in {"patron_group_code_taken", "material_group_code_taken"}:
            raise
        raise ConflictError("group_code_taken") from violation


def _group(row: Row) -> Group:
    return Group(
        id=row["id"],
        agency=row["agency_id"],
        parent=row["parent_id"],
        code=row["code"],
        name_da=row["name_da"],
        name_en=row["name_en"],
    )
