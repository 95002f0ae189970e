"""The SQL of items themselves."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import msgspec

from faelles.ground.database import Transaction
from faelles.ground.database.transaction import Row
from faelles.ground.ids import BranchId, IssueId, ItemId, RecordId
from faelles.items.model import BulkItem, Condition, HeldItem, Item, ItemKind, Lender, Note, Part, RfidFacts
from faelles.people.model import Place

_ITEM = """
SELECT i.id, i.number, i.kind, i.record_id, i.issue_id, i.owner_branch_id, i.default_placement_id, i.material_group_id,
       i.price_ore, i.condition, i.not_for_loan, i.minimum_age, i.rfid::text AS rfid, i.acquired_on, i.withdrawn_at,
       i.withdrawn_why, i.lender_isil, i.lender_reference, i.lender_due_on, i.received_at, i.sent_home_at, i.version,
       (SELECT json_agg(json_build_object('number', p.number, 'description', p.description, 'is_present', p.is_present)
                        ORDER BY p.number)
          FROM item_part AS p WHERE p.agency_id = i.agency_id AND p.item_id = i.id)::text AS parts,
       (SELECT json_agg(json_build_object('id', n.id, 'text', n.text, 'on_checkout', n.on_checkout, 'on_return',
                                          n.on_return, 'written_by', n.written_by, 'written_at', n.written_at)
                        ORDER BY n.id)
          FROM item_note AS n
         WHERE n.agency_id = i.agency_id AND n.item_id = i.id AND n.dismissed_at IS NULL)::text AS notes
  FROM item AS i
"""
_FIND = _ITEM + "WHERE i.agency_id = $1 AND i.id = $2"
_FIND_NUMBERED = _ITEM + "WHERE i.agency_id = $1 AND i.number = $2"
_LIST_OF_RECORDS = (
    _ITEM
    + """
WHERE i.agency_id = $1 AND i.record_id = ANY ($2::bigint[]) AND i.id > $3 AND ($4 OR i.withdrawn_at IS NULL)
ORDER BY i.id
LIMIT $5
"""
)
_LIST_OF_BRANCH = (
    _ITEM
    + """
WHERE i.agency_id = $1 AND i.owner_branch_id = $2::bigint AND i.id > $3 AND ($4 OR i.withdrawn_at IS NULL)
ORDER BY i.id
LIMIT $5
"""
)

# Locked first and joined after, in the order of ids, so that two who want the same items never wait in a circle.
_HOLD = """
WITH locked AS MATERIALIZED (
    SELECT * FROM item WHERE agency_id = $1 AND id = ANY ($2::bigint[]) ORDER BY id FOR NO KEY UPDATE)
SELECT i.id, i.kind, i.owner_branch_id, b.division_id, i.material_group_id, i.record_id, t.material_type, t.language,
       t.classification, i.price_ore, i.withdrawn_at IS NOT NULL AS is_withdrawn,
       i.received_at IS NOT NULL AS is_received, i.sent_home_at IS NOT NULL AS is_sent_home
  FROM locked AS i
  JOIN branch_directory AS b ON b.agency_id = i.agency_id AND b.branch_id = i.owner_branch_id
  JOIN title AS t ON t.record_id = i.record_id
"""


_INSERT = """
INSERT INTO item (agency_id, number, kind, record_id, issue_id, owner_branch_id, default_placement_id,
                  material_group_id, price_ore, condition, not_for_loan, minimum_age, rfid, acquired_on, lender_isil,
                  lender_reference, lender_due_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::jsonb, $14, $15, $16, $17)
ON CONFLICT (agency_id, number) DO NOTHING
RETURNING id
"""
_UPDATE = """
UPDATE item
   SET number = $4, record_id = $5, issue_id = $6, owner_branch_id = $7, default_placement_id = $8,
       material_group_id = $9, price_ore = $10, condition = $11, not_for_loan = $12, minimum_age = $13,
       rfid = $14::jsonb, acquired_on = $15, version = version + 1
 WHERE agency_id = $1 AND id = $2 AND version = $3::bigint
"""
_COPY = """
INSERT INTO item (agency_id, number, record_id, owner_branch_id, default_placement_id, material_group_id, price_ore,
                  not_for_loan, minimum_age, acquired_on)
SELECT $1, n.* FROM unnest($2::text[], $3::bigint[], $4::integer[], $5::integer[], $6::integer[], $7::bigint[],
                           $8::text[], $9::integer[], $10::date[]) AS n
"""
_COPY_BATCH = 10_000

_WITHDRAW = """
UPDATE item SET withdrawn_at = $3, withdrawn_why = $4, version = version + 1
 WHERE agency_id = $1 AND id = ANY ($2::bigint[])
"""
_REFILE = """
UPDATE item
   SET record_id = $3, issue_id = COALESCE(($4::jsonb ->> issue_id::text)::bigint, issue_id), version = version + 1
 WHERE agency_id = $1 AND record_id = $2
"""


async def find_item(tx: Transaction, item: ItemId) -> Item | None:
    row = await tx.row(_FIND, tx.agency, item)
    return None if row is None else _item(row)


async def find_numbered(tx: Transaction, number: str) -> Item | None:
    row = await tx.row(_FIND_NUMBERED, tx.agency, number)
    return None if row is None else _item(row)


async def list_of_records(
    tx: Transaction, records: Sequence[RecordId], *, after: int, most: int, with_withdrawn: bool
) -> list[Item]:
    rows = await tx.rows(_LIST_OF_RECORDS, tx.agency, records, after, with_withdrawn, most)
    return [_item(row) for row in rows]


async def list_of_branch(
    tx: Transaction, branch: BranchId, *, after: int, most: int, with_withdrawn: bool
) -> list[Item]:
    rows = await tx.rows(_LIST_OF_BRANCH, tx.agency, branch, after, with_withdrawn, most)
    return [_item(row) for row in rows]


async def hold_items(tx: Transaction, items: Sequence[ItemId]) -> dict[ItemId, HeldItem]:
    """Lock the agency's items among `items` until the commit, and read what deciding about them needs."""
    return {row["id"]: _held(row) for row in await tx.rows(_HOLD, tx.agency, items)}


async def insert_item(tx: Transaction, item: Item) -> ItemId | None:
    """Write a new item (its id, version, parts and notes are not looked at); None when its number is taken."""
    lender = item.lender
    found: int | None = await tx.value(
        _INSERT,
        tx.agency,
        item.number,
        item.kind.value,
        item.record,
        item.issue,
        item.owner_branch,
        item.default_placement,
        item.material_group,
        item.price_ore,
        item.condition.value,
        item.not_for_loan,
        item.minimum_age,
        _rfid_text(item.rfid),
        item.acquired_on,
        None if lender is None else lender.isil,
        None if lender is None else lender.reference,
        None if lender is None else lender.due_on,
    )
    return None if found is None else ItemId(found)


async def update_item(tx: Transaction, changed: Item) -> bool:
    """Write `changed` over the version it was made from; whether that was still the one that stands."""
    touched = await tx.execute(
        _UPDATE,
        tx.agency,
        changed.id,
        changed.version,
        changed.number,
        changed.record,
        changed.issue,
        changed.owner_branch,
        changed.default_placement,
        changed.material_group,
        changed.price_ore,
        changed.condition.value,
        changed.not_for_loan,
        changed.minimum_age,
        _rfid_text(changed.rfid),
        changed.acquired_on,
    )
    return touched > 0


async def copy_items(tx: Transaction, rows: Iterable[BulkItem]) -> int:
    """Write very many items, ten thousand a statement (COPY itself is refused under row policies); how many."""
    count = 0
    left = iter(rows)
    while batch := list(islice(left, _COPY_BATCH)):
        columns = zip(*(msgspec.structs.astuple(row) for row in batch), strict=True)
        count += await tx.execute(_COPY, tx.agency, *columns)
    return count


async def withdraw(tx: Transaction, items: Sequence[ItemId], reason: str) -> None:
    await tx.execute(_WITHDRAW, tx.agency, items, tx.now, reason)


async def restore(tx: Transaction, items: Sequence[ItemId]) -> None:
    await tx.execute(_WITHDRAW, tx.agency, items, None, None)


async def refile(tx: Transaction, record: RecordId, successor: RecordId, issues: Mapping[IssueId, IssueId]) -> int:
    """Put the items of `record` under `successor`, those of an issue in `issues` under the issue that it now is."""
    return await tx.execute(_REFILE, tx.agency, record, successor, msgspec.json.encode(issues).decode())


def _rfid_text(rfid: RfidFacts | None) -> str | None:
    return None if rfid is None else msgspec.json.encode(rfid).decode()


def _item(row: Row) -> Item:
    return Item(
        id=row["id"],
        number=row["number"],
        kind=ItemKind(row["kind"]),
        record=row["record_id"],
        issue=row["issue_id"],
        owner_branch=row["owner_branch_id"],
        default_placement=row["default_placement_id"],
        material_group=row["material_group_id"],
        price_ore=row["price_ore"],
        condition=Condition(row["condition"]),
        not_for_loan=row["not_for_loan"],
        minimum_age=row["minimum_age"],
        rfid=msgspec.json.decode(row["rfid"], type=RfidFacts) if row["rfid"] else None,
        acquired_on=row["acquired_on"],
        withdrawn_at=row["withdrawn_at"],
        withdrawn_why=row["withdrawn_why"],
        lender=_lender(row),
        parts=msgspec.json.decode(row["parts"] or "[]", type=tuple[Part, ...]),
        notes=msgspec.json.decode(row["notes"] or "[]", type=tuple[Note, ...]),
        version=row["version"],
    )


def _lender(row: Row) -> Lender | None:
    if row["lender_isil"] is None:
        return None
    return Lender(
        isil=row["lender_isil"],
        reference=row["lender_reference"],
        due_on=row["lender_due_on"],
        received_at=row["received_at"],
        sent_home_at=row["sent_home_at"],
    )


def _held(row: Row) -> HeldItem:
    return HeldItem(
        id=row["id"],
        kind=ItemKind(row["kind"]),
        place=Place(row["division_id"], row["owner_branch_id"]),
        material_group=row["material_group_id"],
        record=row["record_id"],
        material_type=row["material_type"],
        language=row["language"],
        classification=row["classification"],
        price_ore=row["price_ore"],
        is_withdrawn=row["is_withdrawn"],
        is_received=row["is_received"],
        is_sent_home=row["is_sent_home"],
    )
