"""All SQL about rules, and what a policy is compiled from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import asyncpg
import msgspec

from faelles.ground.database import Row, Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import NATION, AgencyId, MaterialGroupId, PatronGroupId, RuleId
from faelles.policies.groups.model import Group
from faelles.policies.knobs import KNOBS
from faelles.policies.model import Ceiling, Cell, LoanKind, Rule, Scope, ScopeNode, SettingsRevision
from faelles.policies.requests import RuleFilter, RuleRecord

Decoded = TypeVar("Decoded")


class _StoredRule(msgspec.Struct, frozen=True):
    id: RuleId
    scope: Scope
    scope_id: int
    patron_group_id: PatronGroupId
    material_group_id: MaterialGroupId
    loan_kind: str
    knob: str
    value: Any
    is_locked: bool
    valid_from: datetime | None
    valid_until: datetime | None


class _StoredGroup(msgspec.Struct, frozen=True):
    id: int
    agency_id: AgencyId
    parent_id: int | None
    code: str
    name_da: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """All that a policy is compiled from, read by one statement and so of one revision."""

    revision: SettingsRevision
    is_uncommitted: bool
    """The revision is this transaction's own work and may yet be undone: nobody else may ever see it."""
    rules: list[Rule]
    ceilings: list[Ceiling]
    patron_groups: list[Group]
    material_groups: list[Group]


_REVISION = """
SELECT json_build_object('nation', COALESCE((SELECT number FROM settings_revision WHERE agency_id = $1), 0),
                         'agency', COALESCE((SELECT number FROM settings_revision WHERE agency_id = $2), 0))::text
"""

# The revision and what it numbers come from one snapshot, so a newer state is never kept under an older number.
_LOAD_POLICY = """
SELECT (SELECT number FROM settings_revision WHERE agency_id = $1) AS nation,
       COALESCE((SELECT number FROM settings_revision WHERE agency_id = $2), 0) AS agency,
       EXISTS (SELECT FROM settings_revision
                WHERE agency_id IN ($1, $2) AND xmin = pg_current_xact_id_if_assigned()::xid) AS is_uncommitted,
       (SELECT json_agg(r)::text
          FROM (SELECT id, scope, scope_id, patron_group_id, material_group_id, loan_kind, knob, value, is_locked,
                       lower(valid) AS valid_from, upper(valid) AS valid_until
                  FROM policy_rule
                 WHERE agency_id IN ($1, $2)
                   AND NOT isempty(valid)
                   AND (upper_inf(valid) OR upper(valid) > COALESCE($3, '-infinity'::timestamptz))) AS r) AS rules,
       (SELECT json_agg(c)::text
          FROM (SELECT knob, highest_ore, source, lower(valid) AS valid_from, upper(valid) AS valid_until
                  FROM policy_ceiling
                 WHERE agency_id = $1 AND NOT isempty(valid)) AS c) AS ceilings,
       (SELECT json_agg(g)::text
          FROM (SELECT id, agency_id, parent_id, code, name_da, name_en
                  FROM patron_group
                 WHERE agency_id IN ($1, $2)
                 ORDER BY id) AS g) AS patron_groups,
       (SELECT json_agg(g)::text
          FROM (SELECT id, agency_id, parent_id, code, name_da, name_en
                  FROM material_group
                 WHERE agency_id IN ($1, $2)
                 ORDER BY id) AS g) AS material_groups
"""


_decode_revision = msgspec.json.Decoder(SettingsRevision).decode


async def read_revision(tx: Transaction) -> SettingsRevision:
    """For whoever has no load of their own to read it in."""
    return _decode_revision(await tx.value(_REVISION, NATION, tx.agency))


async def load_policy(tx: Transaction, *, since: datetime | None) -> StoredPolicy:
    """The agency's rules and the nation's, without those that ended before `since`."""
    row = await tx.row(_LOAD_POLICY, NATION, tx.agency, since)
    if row is None:
        raise LookupError("a SELECT without FROM gives one row")
    return StoredPolicy(
        revision=SettingsRevision(row["nation"], row["agency"]),
        is_uncommitted=row["is_uncommitted"],
        rules=[_rule(stored) for stored in _decoded(row["rules"], _StoredRule) if _is_known(stored)],
        ceilings=_decoded(row["ceilings"], Ceiling),
        patron_groups=[_group(stored) for stored in _decoded(row["patron_groups"], _StoredGroup)],
        material_groups=[_group(stored) for stored in _decoded(row["material_groups"], _StoredGroup)],
    )


def _decoded(text: str | None, kind: type[Decoded]) -> list[Decoded]:
    # json_agg of no rows is NULL.
    return [msgspec.convert(entry, type=kind) for entry in msgspec.json.decode(text)] if text else []


def _is_known(stored: _StoredRule) -> bool:
    """Not one that only the next release understands, which may run beside this one."""
    return stored.knob in KNOBS and stored.loan_kind in LoanKind.__members__.values()


def _rule(stored: _StoredRule) -> Rule:
    return Rule(
        id=stored.id,
        cell=Cell(
            stored.knob,
            ScopeNode(stored.scope, stored.scope_id),
            stored.patron_group_id,
            stored.material_group_id,
            LoanKind(stored.loan_kind),
        ),
        value=KNOBS[stored.knob].decode(stored.value),
        is_locked=stored.is_locked,
        valid_from=stored.valid_from,
        valid_until=stored.valid_until,
    )


def _group(stored: _StoredGroup) -> Group:
    return Group(
        id=stored.id,
        agency=stored.agency_id,
        parent=stored.parent_id,
        code=stored.code,
        name_da=stored.name_da,
        name_en=stored.name_en,
    )


# -- Writing rules

_END_RULES = """
UPDATE policy_rule
   SET valid = tstzrange(lower(valid), greatest($3, lower(valid)))
 WHERE agency_id = $1 AND id = ANY($2::integer[])
   AND NOT isempty(valid) AND (upper_inf(valid) OR upper(valid) > $3)
"""

_INSERT_RULES = """
INSERT INTO policy_rule (agency_id, scope, scope_id, patron_group_id, material_group_id, loan_kind, knob, value,
                         is_locked, valid, reason, written_by, written_at)
SELECT $1, scope, scope_id, patron_group_id, material_group_id, loan_kind, knob, value::jsonb, is_locked,
       tstzrange(valid_from, valid_until), $12, $13, $14
  FROM unnest($2::text[], $3::integer[], $4::integer[], $5::integer[], $6::text[], $7::text[], $8::text[],
              $9::boolean[], $10::timestamptz[], $11::timestamptz[])
       WITH ORDINALITY AS draft (scope, scope_id, patron_group_id, material_group_id, loan_kind, knob, value,
                                 is_locked, valid_from, valid_until, place)
 ORDER BY place
RETURNING id
"""


async def end_rules(tx: Transaction, rules: Sequence[RuleId], moment: datetime) -> int:
    """End rules of the agency at `moment`; one that had not begun by then is never in force. How many were ended."""
    return await tx.execute(_END_RULES, tx.agency, rules, moment) if rules else 0


async def insert_rules(tx: Transaction, drafts: Sequence[Rule], reason: str | None) -> list[RuleId]:
    """Their ids, in order. Raises ConflictError where a rule stands in the same cell at the same time."""
    with _conflicts_told():
        rows = await tx.rows(
            _INSERT_RULES,
            tx.agency,
            [draft.cell.node.scope.value for draft in drafts],
            [draft.cell.node.id for draft in drafts],
            [draft.cell.patron_group for draft in drafts],
            [draft.cell.material_group for draft in drafts],
            [draft.cell.loan_kind.value for draft in drafts],
            [draft.cell.knob for draft in drafts],
            [msgspec.json.encode(draft.value).decode() for draft in drafts],
            [draft.is_locked for draft in drafts],
            [draft.valid_from for draft in drafts],
            [draft.valid_until for draft in drafts],
            reason,
            str(tx.actor),
            tx.now,
        )
    return [RuleId(row["id"]) for row in rows]


@contextmanager
def _conflicts_told() -> Iterator[None]:
    try:
        yield
    except asyncpg.ExclusionViolationError as violation:
        if violation.constraint_name != "one_rule_per_cell":
            raise
        raise ConflictError("one_rule_per_cell") from violation


# -- Reading rules as people see them

_RECORD = """
SELECT id, agency_id, scope, scope_id, patron_group_id, material_group_id, loan_kind, knob, value::text AS value,
       is_locked, isempty(valid) AS was_never_in_force, lower(valid) AS valid_from, upper(valid) AS valid_until,
       reason, written_by, written_at
  FROM policy_rule
 WHERE agency_id IN ($1, $2) AND id = $3
"""

_LIST = """
SELECT id, agency_id, scope, scope_id, patron_group_id, material_group_id, loan_kind, knob, value::text AS value,
       is_locked, isempty(valid) AS was_never_in_force, lower(valid) AS valid_from, upper(valid) AS valid_until,
       reason, written_by, written_at
  FROM policy_rule
 WHERE agency_id IN ($1, $2)
   AND id > $3
   AND ($4::text IS NULL OR knob = $4)
   AND ($5::text IS NULL OR scope = $5)
   AND ($6::bigint IS NULL OR scope_id = $6)
   AND ($7::bigint IS NULL OR patron_group_id = $7)
   AND ($8::bigint IS NULL OR material_group_id = $8)
   AND ($9 OR valid @> $10::timestamptz)
 ORDER BY id
 LIMIT $11
"""


async def find_rule(tx: Transaction, rule: RuleId) -> RuleRecord | None:
    """A rule of the agency or of the nation."""
    row = await tx.row(_RECORD, NATION, tx.agency, rule)
    return _record(row) if row else None


async def list_rules(
    tx: Transaction, wanted: RuleFilter, *, after: RuleId, limit: int, moment: datetime
) -> list[RuleRecord]:
    """In the order of their ids, those after `after`."""
    rows = await tx.rows(
        _LIST,
        NATION,
        tx.agency,
        after,
        wanted.knob,
        wanted.scope.value if wanted.scope else None,
        wanted.scope_id,
        wanted.patron_group,
        wanted.material_group,
        wanted.include_past_and_planned,
        moment,
        limit,
    )
    return [_record(row) for row in rows]


def _record(row: Row) -> RuleRecord:
    return RuleRecord(
        id=row["id"],
        agency=row["agency_id"],
        knob=row["knob"],
        value=msgspec.json.decode(row["value"]),
        scope=Scope(row["scope"]),
        scope_id=row["scope_id"],
        patron_group=row["patron_group_id"],
        material_group=row["material_group_id"],
        loan_kind=row["loan_kind"],
        is_locked=row["is_locked"],
        was_never_in_force=row["was_never_in_force"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        reason=row["reason"],
        written_by=row["written_by"],
        written_at=row["written_at"],
    )
