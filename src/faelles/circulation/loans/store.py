"""The SQL of the hot paths: one call loads and locks everything, one call writes.

The loads are functions of the database (0010_circulation_loads.sql), because a lock must be taken in a statement
before the one that reads. Each write is one statement, so that it is one message and one snapshot.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from faelles.circulation.desk.repeats import Repeatable
from faelles.circulation.desk.scans import Scanned
from faelles.circulation.loans.facts import CheckoutFacts, LoanKind, LoansFacts
from faelles.circulation.loans.return_facts import ReturnFacts
from faelles.ground.database import Transaction
from faelles.ground.events import Dimension
from faelles.ground.ids import (
    BranchId,
    DivisionId,
    ItemId,
    LoanId,
    MaterialGroupId,
    PatronGroupId,
    PatronId,
    RecordId,
)
from faelles.ground.jsonb import as_json

_LOAD_CHECKOUT = "SELECT load_checkout($1, $2, $3, $4, $5, $6, $7, $8)"
_LOAD_RETURN = "SELECT load_return($1, $2, $3, $4, $5, $6, $7)"
_LOAD_LOANS = "SELECT load_loans($1, $2, $3, $4, $5, $6, $7)"

_checkout_facts = msgspec.json.Decoder(CheckoutFacts)
_return_facts = msgspec.json.Decoder(ReturnFacts)
_loans_facts = msgspec.json.Decoder(LoansFacts)


async def load_checkout(tx: Transaction, who: Scanned, item_number: str, repeat: Repeatable) -> CheckoutFacts:
    """Lock the patron (with whoever has the item now) and the item, and read all that lending it depends on."""
    found: str = await tx.value(
        _LOAD_CHECKOUT,
        tx.agency,
        who.keys,
        who.patron,
        who.attempt,
        item_number,
        str(tx.actor),
        repeat.operation,
        repeat.key,
    )
    return _checkout_facts.decode(found)


async def load_return(
    tx: Transaction, item_number: str, repeat: Repeatable, *, branch: BranchId | None = None, makes_ready: bool = False
) -> ReturnFacts:
    """Lock whoever has the item, the queue of its title and the item, and read all that taking it back depends on; with
    a `branch`, where it goes from there as well. `makes_ready`: somebody may put it onto the hold shelf there.
    """
    found: str = await tx.value(
        _LOAD_RETURN, tx.agency, item_number, str(tx.actor), repeat.operation, repeat.key, branch, makes_ready
    )
    return _return_facts.decode(found)


async def load_loans(
    tx: Transaction,
    repeat: Repeatable,
    *,
    loans: Sequence[int] = (),
    patron: int | None = None,
    item_number: str | None = None,
) -> LoansFacts:
    """The named loans, the open ones of `patron` in either role, and the open one of the item: lock whoever answers for
    them and their items, and read them.
    """
    found: str = await tx.value(
        _LOAD_LOANS, tx.agency, list(loans), patron, item_number, str(tx.actor), repeat.operation, repeat.key
    )
    return _loans_facts.decode(found)


class NewLoan(msgspec.Struct, frozen=True, kw_only=True):
    """A loan to write, with everything that hangs on it."""

    id: LoanId
    item: ItemId
    record: RecordId
    division: DivisionId
    material_group: MaterialGroupId
    patron_group: PatronGroupId | None
    kind: LoanKind
    branch: BranchId
    lent_at: datetime
    lent_on: date
    due_on: date
    first_borrower: PatronId
    second_borrower: PatronId | None
    overridden: Sequence[str]
    reason: str | None
    dimensions: Mapping[str, Dimension]
    answer: bytes
    """The answer to keep for the request's key, as JSON."""


_WRITE_CHECKOUT = """
WITH lent AS (
    INSERT INTO loan (agency_id, id, item_agency_id, item_id, record_id, division_id, material_group_id,
                      patron_group_id, kind, branch_id, lent_at, lent_on, due_on)
    VALUES ($1, $2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
), borrowed AS (
    INSERT INTO loan_borrower (agency_id, loan_id, patron_id, role) VALUES ($1, $2, $13, 'primary')
), moved AS (
    UPDATE item_circulation
       SET state = 'on_loan', seen_branch_id = $9, seen_at = $14
     WHERE agency_id = $1 AND item_id = $3
), arrived AS (
    UPDATE journey SET ended_at = $14, ended_how = 'lent'
     WHERE agency_id = $1 AND item_id = $3 AND ended_at IS NULL
), happened AS (
    INSERT INTO event (agency_id, at, actor, kind, loan_id, item_id, dimensions)
    VALUES ($1, $14, $15, 'loan.opened', $2, $3, $16)
), seen AS (
    INSERT INTO access_log (agency_id, at, actor, person_id, operation)
    VALUES ($1, $14, $15, $13, 'checkout')
)
INSERT INTO idempotency (agency_id, client, operation, key, fingerprint, answer, answered_at)
SELECT $1, $15, $17, $18, $19, $20, $14
 WHERE $18::text IS NOT NULL
"""
_WRITE_SECOND_BORROWER = """
INSERT INTO loan_borrower (agency_id, loan_id, patron_id, role) VALUES ($1, $2, $3, 'secondary')
"""
_WRITE_OVERRIDES = """
INSERT INTO loan_override (agency_id, loan_id, block, reason, actor, at)
SELECT $1, $2, block, $4, $5, $6 FROM unnest($3::text[]) AS block
"""


async def write_checkout(tx: Transaction, new: NewLoan, repeat: Repeatable) -> None:
    """Write a loan; what is rare about it by statements of its own. All of it goes with the next message."""
    await tx.write(
        _WRITE_CHECKOUT,
        tx.agency,
        new.id,
        new.item,
        new.record,
        new.division,
        new.material_group,
        new.patron_group,
        new.kind.value,
        new.branch,
        new.lent_at,
        new.lent_on,
        new.due_on,
        new.first_borrower,
        tx.now,
        str(tx.actor),
        as_json(new.dimensions),
        repeat.operation,
        repeat.key,
        repeat.fingerprint,
        new.answer.decode(),
    )
    if new.second_borrower is not None:
        await tx.write(_WRITE_SECOND_BORROWER, tx.agency, new.id, new.second_borrower)
    if new.overridden:
        overridden = list(new.overridden)
        await tx.write(_WRITE_OVERRIDES, tx.agency, new.id, overridden, new.reason, str(tx.actor), tx.now)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A check-out or return that was refused: nobody's loan changes, but somebody was looked at."""

    kind: str
    patron: PatronId | None
    item: ItemId | None
    loan: LoanId | None
    dimensions: Mapping[str, Dimension]


_WRITE_REFUSAL = """
WITH happened AS (
    INSERT INTO event (agency_id, at, actor, kind, loan_id, item_id, dimensions)
    VALUES ($1, $2, $3, $4 || '.refused', $5, $6, $7::text::jsonb)
)
INSERT INTO access_log (agency_id, at, actor, person_id, operation)
SELECT $1, $2, $3, $8, $4 WHERE $8::bigint IS NOT NULL
"""


async def write_refusal(tx: Transaction, refusal: Refusal) -> None:
    """Note that something was refused, and whose record was read for it."""
    await tx.execute(
        _WRITE_REFUSAL,
        tx.agency,
        tx.now,
        str(tx.actor),
        refusal.kind,
        refusal.loan,
        refusal.item,
        as_json(refusal.dimensions),
        refusal.patron,
    )
