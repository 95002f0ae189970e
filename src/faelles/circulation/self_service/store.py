"""The SQL of whom machines ask about."""

from collections.abc import Sequence

import msgspec

from faelles.circulation.desk.facts import SignIn, Standing
from faelles.circulation.desk.repeats import Repeatable
from faelles.circulation.loans.facts import LoansFacts
from faelles.circulation.self_service.model import ClaimSeen, HoldSeen, LoanSeen
from faelles.ground.database import Transaction
from faelles.ground.ids import DivisionId, PatronId
from faelles.policies.model import SettingsRevision

# Everything about whoever stands at the machine, in one question; nothing is locked. The look is recorded with it,
# also where the PIN turns out to be wrong: that somebody tried is the patron's to know. What stands against them is not
# taken from patron_facts, which would read all their loans once more. OFFSET 0: from the patron to the loans; left to
# itself a generic plan begins with every open loan of the agency. What most have none of is told by functions, and only
# of those who have it: getting a look-up ready costs as much as making it.
_LOAD_PATRON = """
WITH found AS (
    SELECT min(i.patron_id) AS patron_id, count(DISTINCT i.patron_id) AS fitting
      FROM borrower_identifier AS i
      JOIN borrower AS b ON b.agency_id = $1 AND b.patron_id = i.patron_id AND b.merged_into_id IS NULL
     WHERE i.agency_id = $1 AND i.lookup = ANY ($2::text[]) AND i.ended_at IS NULL
), who AS (
    SELECT CASE WHEN fitting = 1 THEN patron_id END AS patron_id FROM found
), seen AS (
    INSERT INTO access_log (agency_id, at, actor, person_id, operation)
    SELECT $1, $5, $6, patron_id, $7 FROM who WHERE patron_id IS NOT NULL
)
SELECT json_build_object(
    'revision', (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = $1),
    'sign_in', (SELECT json_build_object('failures', s.failures, 'locked_until', s.locked_until)
                  FROM sign_in_lock AS s
                 WHERE s.agency_id = $1 AND s.identifier_hash = $3),
    'ended_identifier', CASE WHEN w.patron_id IS NULL THEN why_identifier_ended($1, $2) END,
    'patron', (
        SELECT json_build_object(
                   'id', b.patron_id, 'name', b.name, 'birth_date', b.birth_date, 'home_branch', b.home_branch_id,
                   'language', b.language, 'pin_hash', encode(b.pin_hash, 'hex'),
                   'memberships', ARRAY(
                       SELECT json_build_array(m.division_id, m.role, m.patron_group_id, lower(m.valid), upper(m.valid))
                         FROM borrower_membership AS m
                        WHERE m.agency_id = $1 AND m.patron_id = w.patron_id),
                   'blocks', ARRAY(
                       SELECT json_build_array(k.code, k.division_id, k.starts_on, k.ends_on)
                         FROM borrower_block AS k
                        WHERE k.agency_id = $1 AND k.patron_id = w.patron_id),
                   'debts', CASE WHEN EXISTS (SELECT FROM account_holder AS h
                                               WHERE h.agency_id = $1 AND h.patron_id = w.patron_id)
                                 THEN debt_facts($1, w.patron_id) END)
          FROM borrower AS b
         WHERE b.agency_id = $1 AND b.patron_id = w.patron_id),
    'loans', ARRAY(
        SELECT json_build_array(c.number, l.due_on, l.claimed_returned_at IS NOT NULL, l.lost_at IS NOT NULL,
                                o.role = 'primary')
          FROM (SELECT loan_id, role FROM loan_borrower WHERE agency_id = $1 AND patron_id = w.patron_id OFFSET 0) AS o
         CROSS JOIN LATERAL (SELECT * FROM loan WHERE agency_id = $1 AND id = o.loan_id OFFSET 0) AS l
          JOIN copy AS c ON c.agency_id = l.item_agency_id AND c.item_id = l.item_id
         WHERE l.closed_at IS NULL AND l.division_id = $4
         ORDER BY l.due_on, l.id),
    'claims', COALESCE(CASE WHEN EXISTS (SELECT FROM account_holder AS h
                                          WHERE h.agency_id = $1 AND h.patron_id = w.patron_id)
                            THEN claims_told($1, w.patron_id, $4) END, '[]'),
    'holds', COALESCE(CASE WHEN EXISTS (SELECT FROM hold_patron AS h
                                         WHERE h.agency_id = $1 AND h.patron_id = w.patron_id AND h.is_open)
                           THEN holds_told($1, w.patron_id, $4) END, '[]')
)::text
  FROM who AS w
"""

# Who it is and what proves it, for what loads the rest by itself.
_LOAD_WHO = """
WITH found AS (
    SELECT min(i.patron_id) AS patron_id, count(DISTINCT i.patron_id) AS fitting
      FROM borrower_identifier AS i
      JOIN borrower AS b ON b.agency_id = $1 AND b.patron_id = i.patron_id AND b.merged_into_id IS NULL
     WHERE i.agency_id = $1 AND i.lookup = ANY ($2::text[]) AND i.ended_at IS NULL
), lent AS (
    SELECT l.id
      FROM copy AS c
      JOIN loan AS l ON l.agency_id = $1 AND l.item_agency_id = $1 AND l.item_id = c.item_id AND l.closed_at IS NULL
     WHERE c.agency_id = $1 AND c.number = $4
)
SELECT json_build_object(
    'sign_in', (SELECT json_build_object('failures', s.failures, 'locked_until', s.locked_until)
                  FROM sign_in_lock AS s
                 WHERE s.agency_id = $1 AND s.identifier_hash = $3),
    'patron', (SELECT json_build_object('id', b.patron_id, 'language', b.language,
                                        'pin_hash', encode(b.pin_hash, 'hex'))
                 FROM borrower AS b, found
                WHERE b.agency_id = $1 AND b.patron_id = found.patron_id AND found.fitting = 1),
    'holds_item', EXISTS (
        SELECT FROM lent AS l
          JOIN loan_borrower AS o ON o.agency_id = $1 AND o.loan_id = l.id
          JOIN found ON found.fitting = 1 AND found.patron_id = o.patron_id),
    'is_lent', EXISTS (SELECT FROM lent)
)::text
"""
# The same with the loan that is open on the item: who it is was read before the locks, and is not what they are for.
_LOAD_WHO_AND_LOANS = f"SELECT ({_LOAD_WHO}) AS who, load_loans($1, '{{}}', NULL, $4, $5, $6, $7) AS loans"
_NUMBER_OF = """
SELECT CASE WHEN min(b.patron_id) = max(b.patron_id) THEN min(b.patron_id) END
  FROM borrower_identifier AS i
  JOIN borrower AS b ON b.agency_id = $1 AND b.patron_id = i.patron_id AND b.merged_into_id IS NULL
 WHERE i.agency_id = $1 AND i.lookup = ANY ($2::text[]) AND i.ended_at IS NULL
"""
_CARD_OF_NUMBER = """
SELECT min(lookup) FROM borrower_identifier
 WHERE agency_id = $1 AND patron_id = $2 AND kind = 'card' AND ended_at IS NULL
"""
_LANGUAGE = """
SELECT b.language
  FROM borrower_identifier AS i
  JOIN borrower AS b ON b.agency_id = $1 AND b.patron_id = i.patron_id
 WHERE i.agency_id = $1 AND i.lookup = ANY ($2::text[]) AND i.ended_at IS NULL
 LIMIT 1
"""


class SeenFacts(msgspec.Struct, frozen=True, kw_only=True):
    revision: SettingsRevision
    sign_in: SignIn | None
    ended_identifier: str | None
    patron: Standing | None
    loans: tuple[LoanSeen, ...]
    claims: tuple[ClaimSeen, ...]
    holds: tuple[HoldSeen, ...]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody a card stands for: no more than it takes to check a PIN and to answer in their language."""

    id: PatronId
    language: str
    pin_hash: str | None


class WhoFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`holds_item`: the item is on loan to them; `is_lent`: to anybody."""

    sign_in: SignIn | None
    patron: Known | None
    holds_item: bool
    is_lent: bool


_seen_facts = msgspec.json.Decoder(SeenFacts)
_who_facts = msgspec.json.Decoder(WhoFacts)
_loans_facts = msgspec.json.Decoder(LoansFacts)


async def load_patron(
    tx: Transaction, keys: Sequence[str], attempt: bytes, division: DivisionId, operation: str
) -> SeenFacts:
    """Whom the keys stand for in the division, with all that is shown of them; the look is recorded."""
    found: str = await tx.value(
        _LOAD_PATRON, tx.agency, list(keys), attempt, division, tx.now, str(tx.actor), operation
    )
    return _seen_facts.decode(found)


async def load_who(tx: Transaction, keys: Sequence[str], attempt: bytes, item_number: str | None) -> WhoFacts:
    found: str = await tx.value(_LOAD_WHO, tx.agency, list(keys), attempt, item_number)
    return _who_facts.decode(found)


async def load_who_and_loan(
    tx: Transaction, keys: Sequence[str], attempt: bytes, item_number: str, repeat: Repeatable
) -> tuple[WhoFacts, LoansFacts]:
    """As `load_who`, and all that renewing the item's loan depends on, locked (`loans.store.load_loans`)."""
    row = await tx.row(
        _LOAD_WHO_AND_LOANS,
        tx.agency,
        list(keys),
        attempt,
        item_number,
        str(tx.actor),
        repeat.operation,
        repeat.key,
    )
    if row is None:
        raise RuntimeError("a row of two facts has no row")
    return _who_facts.decode(row["who"]), _loans_facts.decode(row["loans"])


async def language_of(tx: Transaction, keys: Sequence[str]) -> str | None:
    """What whoever the keys stand for is spoken to in."""
    found: str | None = await tx.value(_LANGUAGE, tx.agency, list(keys))
    return found


async def number_of(tx: Transaction, keys: Sequence[str]) -> PatronId | None:
    found: int | None = await tx.value(_NUMBER_OF, tx.agency, list(keys))
    return None if found is None else PatronId(found)


async def card_of_number(tx: Transaction, number: PatronId) -> str | None:
    found: str | None = await tx.value(_CARD_OF_NUMBER, tx.agency, number)
    return found
