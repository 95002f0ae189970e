"""The SQL of what a patron has, without a lock."""

import msgspec

from faelles.circulation.availability.model import LentCopy
from faelles.circulation.availability.store import LENT_COPY, by_loan
from faelles.circulation.own.model import AtHome, OwnHold
from faelles.ground.database import Read, Transaction
from faelles.ground.ids import DivisionId, LoanId, PatronId

# What load_loans reads of the same loans, which locks them to renew. What decides nothing is left out here, and who
# waits is looked up in place: as a function, once a loan, it costs as much as all the rest. Each loan is looked up by
# its key (OFFSET 0): as a join all the open loans of the agency would be read.
_AT_HOME = """
WITH mine AS MATERIALIZED (
    SELECT o.loan_id,
           CASE o.role WHEN 'primary' THEN o.patron_id
                       ELSE (SELECT b.patron_id FROM loan_borrower AS b
                              WHERE b.agency_id = $1 AND b.loan_id = o.loan_id AND b.role = 'primary')
           END AS borrower_id
      FROM loan_borrower AS o
     WHERE o.agency_id = $1 AND o.patron_id = $2)
SELECT json_build_object(
           'revision', (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = $1),
           'borrowed', ARRAY(
               SELECT json_build_object(
                          'patron', p.facts,
                          'loans', ARRAY(
                              SELECT json_build_object(
                                         'loan', json_build_object(
                                             'id', l.id, 'item', l.item_id, 'kind', l.kind, 'division', l.division_id,
                                             'branch', l.branch_id, 'patron_group', l.patron_group_id,
                                             'lent_at', l.lent_at, 'lent_on', l.lent_on, 'due_on', l.due_on,
                                             'renewals', l.renewals, 'lost_at', l.lost_at,
                                             'claimed_returned_at', l.claimed_returned_at, 'closed_at', NULL,
                                             'closed_on', NULL, 'closed_how', NULL, 'borrower', m.borrower_id,
                                             'second_borrower', NULLIF($2, m.borrower_id)),
                                         'item', json_build_object(
                                             'id', c.item_id, 'number', c.number, 'kind', c.kind,
                                             'record', c.record_id, 'title', t.title, 'creators', t.creators,
                                             'material_type', t.material_type, 'classification', t.classification,
                                             'owner_branch', c.owner_branch_id,
                                             'default_placement', c.default_placement_id,
                                             'material_group', c.material_group_id, 'price_ore', c.price_ore,
                                             'condition', c.condition, 'not_for_loan', c.not_for_loan,
                                             'minimum_age', c.minimum_age, 'withdrawn', c.withdrawn_at IS NOT NULL,
                                             'lender_due_on', c.lender_due_on,
                                             'received', c.received_at IS NOT NULL,
                                             'sent_home', c.sent_home_at IS NOT NULL, 'state', w.state,
                                             'parts', '[]'::json, 'notes', '[]'::json),
                                         'lent_again', false,
                                         'identifier', t.identifier,
                                         'issue', CASE WHEN c.issue_id IS NOT NULL THEN (
                                             SELECT json_build_object('id', i.issue_id, 'year', i.year,
                                                                      'volume', i.volume, 'number', i.number)
                                               FROM title_issue AS i
                                              WHERE i.issue_id = c.issue_id) END,
                                         'waited_for_from', (
                                             SELECT min(COALESCE(h.active_from, h.placed_on))
                                               FROM hold AS h
                                               LEFT JOIN hold_patron AS o
                                                      ON o.agency_id = h.agency_id AND o.hold_id = h.id
                                              WHERE h.agency_id = $1 AND h.record_id = c.record_id
                                                AND h.closed_at IS NULL AND h.state = 'pending'
                                                AND o.patron_id IS DISTINCT FROM m.borrower_id
                                                AND would_fill(h, c.item_id, c.issue_id, c.material_group_id)),
                                         'bookings', CASE WHEN w.is_booked
                                                          THEN bookings_of($1, l.item_id, m.borrower_id) ELSE '[]' END)
                                FROM mine AS m
                               CROSS JOIN LATERAL (
                                   SELECT * FROM loan AS one
                                    WHERE one.agency_id = $1 AND one.id = m.loan_id AND one.closed_at IS NULL
                                   OFFSET 0) AS l
                                JOIN copy AS c ON c.agency_id = l.item_agency_id AND c.item_id = l.item_id
                                JOIN item_circulation AS w ON w.agency_id = c.agency_id AND w.item_id = c.item_id
                                JOIN title AS t ON t.record_id = c.record_id
                               WHERE m.borrower_id = who.borrower_id
                               ORDER BY l.id))
                 FROM (SELECT DISTINCT borrower_id FROM mine) AS who
                CROSS JOIN LATERAL (SELECT f.facts FROM patron_facts AS f
                                     WHERE f.agency_id = $1 AND f.patron_id = who.borrower_id OFFSET 0) AS p))::text
"""
_OWN_HOLDS = """
SELECT COALESCE(json_agg(json_build_object(
           'id', h.id, 'record', h.record_id, 'identifier', t.identifier, 'transaction', h.transaction_id,
           'is_parallel', h.is_parallel, 'pickup', h.pickup_branch_id, 'state', h.state, 'placed_at', h.placed_at,
           'active_from', h.active_from, 'interest_until', h.interest_until, 'shelf_number', h.shelf_number,
           'pickup_deadline', h.pickup_deadline,
           'position', CASE WHEN h.state IN ('pending', 'matched') THEN (
               SELECT count(*)
                 FROM hold AS q
                WHERE q.agency_id = $1 AND q.record_id = h.record_id AND q.closed_at IS NULL
                  AND q.state IN ('pending', 'matched') AND q.rank <= h.rank) END,
           'issue', CASE WHEN h.issue_id IS NOT NULL THEN (
               SELECT json_build_object('id', i.issue_id, 'year', i.year, 'volume', i.volume, 'number', i.number)
                 FROM title_issue AS i
                WHERE i.issue_id = h.issue_id) END) ORDER BY h.id), '[]')::text
  FROM hold_patron AS o
  JOIN hold AS h ON h.agency_id = $1 AND h.id = o.hold_id
  JOIN title AS t ON t.record_id = h.record_id
 WHERE o.agency_id = $1 AND o.patron_id = $2 AND o.is_open
   AND ($3::integer[] IS NULL OR h.division_id = ANY ($3))
"""
# Claims on the patron's own accounts, and those of others that the patron is liable for.
_CLAIMED = f"""
WITH theirs AS (
    SELECT o.charge_id
      FROM account_directory AS a
      JOIN claim_directory AS o ON o.agency_id = $1 AND o.account_id = a.account_id
     WHERE a.agency_id = $1 AND a.patron_id = $2 AND (NOT $3 OR o.outstanding_ore > 0)
     UNION
    SELECT o.charge_id
      FROM claim_directory AS o
     WHERE o.agency_id = $1 AND o.liable_id = $2 AND (NOT $3 OR o.outstanding_ore > 0))
SELECT COALESCE(json_agg(copy), '[]')::text
  FROM ({LENT_COPY} (ARRAY(SELECT k.loan_id FROM theirs JOIN claimed_loan AS k USING (charge_id)
                            WHERE k.agency_id = $1))) AS lent
"""

_decode_at_home = msgspec.json.Decoder(AtHome).decode
_decode_holds = msgspec.json.Decoder(list[OwnHold]).decode


def at_home(tx: Transaction, patron: PatronId) -> Read[AtHome]:
    """Loans by their ids."""
    return Read(_AT_HOME, (tx.agency, patron), _decode_at_home)


def own_holds(tx: Transaction, patron: PatronId, divisions: list[DivisionId] | None) -> Read[list[OwnHold]]:
    """Open ones, by id."""
    return Read(_OWN_HOLDS, (tx.agency, patron, divisions), _decode_holds)


def claimed_copies(tx: Transaction, patron: PatronId, *, only_open: bool) -> Read[dict[LoanId, LentCopy]]:
    return Read(_CLAIMED, (tx.agency, patron, only_open), by_loan)
