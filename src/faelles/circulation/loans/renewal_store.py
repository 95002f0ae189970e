"""The SQL of writing renewals: one statement for all loans."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from faelles.circulation.desk.repeats import Repeatable
from faelles.ground.database import Transaction
from faelles.ground.events import Dimension
from faelles.ground.ids import ItemId, LoanId, PatronId
from faelles.ground.jsonb import as_json


class RenewedLoan(msgspec.Struct, frozen=True, kw_only=True):
    """One loan's new due date, with its event's dimensions and what was overridden for it."""

    loan: LoanId
    item: ItemId
    due_on: date
    dimensions: Mapping[str, Dimension]
    overridden: Sequence[str]


class RefusedRenewal(msgspec.Struct, frozen=True, kw_only=True):
    loan: LoanId
    item: ItemId
    dimensions: Mapping[str, Dimension]


_WRITE_RENEWALS = """
WITH wanted AS (
    SELECT * FROM unnest($2::bigint[], $3::bigint[], $4::date[], $5::text[]) AS w (loan_id, item_id, due_on, dimensions)
), renewed AS (
    UPDATE loan AS l
       SET due_on = w.due_on, renewals = l.renewals + 1, renewed_at = $6
      FROM wanted AS w
     WHERE l.agency_id = $1 AND l.id = w.loan_id AND l.closed_at IS NULL
), overridden AS (
    INSERT INTO loan_override (agency_id, loan_id, block, reason, actor, at)
    SELECT $1, o.loan_id, o.block, $10, $7, $6 FROM unnest($8::bigint[], $9::text[]) AS o (loan_id, block)
), happened AS (
    INSERT INTO event (agency_id, at, actor, kind, loan_id, item_id, dimensions)
    SELECT $1, $6, $19, 'loan.renewed', w.loan_id, w.item_id, w.dimensions::jsonb FROM wanted AS w
     UNION ALL
    SELECT $1, $6, $19, 'renewal.refused', r.loan_id, r.item_id, r.dimensions::jsonb
      FROM unnest($16::bigint[], $17::bigint[], $18::text[]) AS r (loan_id, item_id, dimensions)
), seen AS (
    INSERT INTO access_log (agency_id, at, actor, person_id, operation)
    SELECT $1, $6, $7, patron_id, 'renewal' FROM unnest($11::bigint[]) AS patron_id
)
INSERT INTO idempotency (agency_id, client, operation, key, fingerprint, answer, answered_at)
SELECT $1, $7, $12, $13, $14, $15::jsonb, $6
 WHERE $13::text IS NOT NULL AND EXISTS (SELECT FROM wanted)
"""


async def write_renewals(
    tx: Transaction,
    renewed: Sequence[RenewedLoan],
    refused: Sequence[RefusedRenewal],
    *,
    patrons: Sequence[PatronId],
    reason: str | None,
    answer: bytes,
    repeat: Repeatable,
) -> None:
    """Move the due dates of loans, note which stayed and whose records were read. What renewed nothing keeps no key."""
    overridden = [(each.loan, code) for each in renewed for code in each.overridden]
    await tx.write(
        _WRITE_RENEWALS,
        tx.agency,
        [each.loan for each in renewed],
        [each.item for each in renewed],
        [each.due_on for each in renewed],
        [as_json(each.dimensions) for each in renewed],
        tx.now,
        str(tx.actor),
        [loan for loan, _ in overridden],
        [code for _, code in overridden],
        reason,
        list(patrons),
        repeat.operation,
        repeat.key,
        repeat.fingerprint,
        answer.decode(),
        [each.loan for each in refused],
        [each.item for each in refused],
        [as_json(each.dimensions) for each in refused],
        tx.actor.told,
    )
