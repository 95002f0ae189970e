"""The SQL of looking."""

from datetime import datetime

import msgspec

from faelles.circulation.desk.facts import ItemFacts, PatronFacts
from faelles.circulation.looking.model import FoundCopy, LoanShown, PastJourney, PastLoan
from faelles.ground.database import Read, Row, Transaction
from faelles.ground.ids import DivisionId, ItemId, LoanId, PatronId

_COLUMNS = """
SELECT l.id, l.item_id, c.number AS item_number, l.record_id, t.title, t.creators, t.material_type, l.kind,
       l.division_id, l.branch_id, l.lent_at, l.due_on, l.renewals, l.lost_at, l.claimed_returned_at, l.closed_at,
       l.closed_how,
       (SELECT b.patron_id FROM loan_borrower AS b
         WHERE b.agency_id = l.agency_id AND b.loan_id = l.id AND b.role = 'primary') AS borrower,
       (SELECT b.patron_id FROM loan_borrower AS b
         WHERE b.agency_id = l.agency_id AND b.loan_id = l.id AND b.role = 'secondary') AS second_borrower
  FROM loan AS l
  JOIN copy AS c ON c.agency_id = l.item_agency_id AND c.item_id = l.item_id
  JOIN title AS t ON t.record_id = l.record_id
"""
_LOAN = _COLUMNS + " WHERE l.agency_id = $1 AND l.id = $2"
_LOANS_OF_PATRON = (
    _COLUMNS
    + """
 WHERE l.agency_id = $1
   AND l.id IN (SELECT b.loan_id FROM loan_borrower AS b WHERE b.agency_id = $1 AND b.patron_id = $2)
   AND (l.closed_at IS NULL) = $3
   AND ($4::integer[] IS NULL OR l.division_id = ANY ($4))
   AND ($5::timestamptz IS NULL OR l.closed_at >= $5)
   AND l.id > $6
 ORDER BY l.id
 LIMIT $7
"""
)
_COPY = """
SELECT COALESCE((
SELECT json_build_object('division', b.division_id, 'copy', json_build_object(
           'item', w.item_id, 'number', c.number, 'record', c.record_id, 'title', t.title, 'creators', t.creators,
           'material_type', t.material_type, 'owner_branch', c.owner_branch_id, 'placement', w.placement_id,
           'state', w.state, 'due_on', w.due_on, 'seen_at', w.seen_at, 'seen_branch', w.seen_branch_id,
           'bound_for', w.bound_for_branch_id, 'loan', w.loan_id, 'withdrawn_at', c.withdrawn_at))
  FROM copy AS c
  JOIN copy_whereabouts AS w ON w.agency_id = c.agency_id AND w.item_id = c.item_id
  JOIN title AS t ON t.record_id = c.record_id
  JOIN branch_directory AS b ON b.agency_id = c.agency_id AND b.branch_id = c.owner_branch_id
 WHERE c.agency_id = $1 AND c.number = $2), 'null')::text
"""
_PATRON_FACTS = "SELECT facts::text FROM patron_facts WHERE agency_id = $1 AND patron_id = $2"
_ITEM_FACTS = "SELECT facts::text FROM item_facts WHERE agency_id = $1 AND item_id = (SELECT item_numbered($1, $2))"
# Open ones first, then the latest to end; both by an index of their own.
_LOANS_OF_ITEM = """
SELECT l.id, l.division_id, l.branch_id, l.lent_at, l.due_on, l.renewals, l.closed_at, l.closed_how, l.closed_branch_id,
       (SELECT b.patron_id FROM loan_borrower AS b
         WHERE b.agency_id = $1 AND b.loan_id = l.id AND b.role = 'primary') AS borrower
  FROM loan AS l
 WHERE l.agency_id = $1 AND l.item_agency_id = $1 AND l.item_id = $2
 ORDER BY l.closed_at DESC NULLS FIRST, l.id DESC
 LIMIT $3
"""
_JOURNEYS_OF_ITEM = """
SELECT id, from_branch_id, to_branch_id, reason, sent_at, ended_at, ended_how
  FROM journey
 WHERE agency_id = $1 AND item_id = $2
 ORDER BY id DESC
 LIMIT $3
"""

_decode_patron = msgspec.json.Decoder(PatronFacts)
_decode_copy: msgspec.json.Decoder[FoundCopy | None] = msgspec.json.Decoder(FoundCopy | None)
_decode_item = msgspec.json.Decoder(ItemFacts)


async def find_loan(tx: Transaction, loan: LoanId) -> LoanShown | None:
    row = await tx.row(_LOAN, tx.agency, loan)
    return _loan(row) if row else None


async def loans_of(
    tx: Transaction,
    patron: PatronId,
    *,
    is_open: bool,
    divisions: list[DivisionId] | None,
    closed_since: datetime | None,
    after: int,
    limit: int,
) -> list[LoanShown]:
    """Open or closed loans of a patron in either role, oldest first."""
    rows = await tx.rows(_LOANS_OF_PATRON, tx.agency, patron, is_open, divisions, closed_since, after, limit)
    return [_loan(row) for row in rows]


def copy_asked_for(tx: Transaction, number: str) -> Read[FoundCopy | None]:
    return Read(_COPY, (tx.agency, number), _decode_copy.decode)


async def patron_facts(tx: Transaction, patron: PatronId) -> PatronFacts | None:
    """What a check-out knows of the patron; nothing is locked."""
    found: str | None = await tx.value(_PATRON_FACTS, tx.agency, patron)
    return None if found is None else _decode_patron.decode(found)


async def item_facts(tx: Transaction, number: str) -> ItemFacts | None:
    """What a check-out knows of the item; nothing is locked."""
    found: str | None = await tx.value(_ITEM_FACTS, tx.agency, number)
    return None if found is None else _decode_item.decode(found)


async def loans_of_item(tx: Transaction, item: ItemId, limit: int) -> list[PastLoan]:
    return [
        PastLoan(
            loan=row["id"],
            division=row["division_id"],
            branch=row["branch_id"],
            lent_at=row["lent_at"],
            due_on=row["due_on"],
            renewals=row["renewals"],
            closed_at=row["closed_at"],
            closed_how=row["closed_how"],
            closed_branch=row["closed_branch_id"],
            borrower=row["borrower"],
        )
        for row in await tx.rows(_LOANS_OF_ITEM, tx.agency, item, limit)
    ]


async def journeys_of_item(tx: Transaction, item: ItemId, limit: int) -> list[PastJourney]:
    return [
        PastJourney(
            journey=row["id"],
            from_branch=row["from_branch_id"],
            to_branch=row["to_branch_id"],
            reason=row["reason"],
            sent_at=row["sent_at"],
            ended_at=row["ended_at"],
            ended_how=row["ended_how"],
        )
        for row in await tx.rows(_JOURNEYS_OF_ITEM, tx.agency, item, limit)
    ]


def _loan(row: Row) -> LoanShown:
    return LoanShown(
        id=row["id"],
        item=row["item_id"],
        item_number=row["item_number"],
        record=row["record_id"],
        title=row["title"],
        creators=tuple(row["creators"]),
        material_type=row["material_type"],
        kind=row["kind"],
        division=row["division_id"],
        branch=row["branch_id"],
        lent_at=row["lent_at"],
        due_on=row["due_on"],
        renewals=row["renewals"],
        borrower=row["borrower"],
        second_borrower=row["second_borrower"],
        lost_at=row["lost_at"],
        claimed_returned_at=row["claimed_returned_at"],
        closed_at=row["closed_at"],
        closed_how=row["closed_how"],
    )
