"""The SQL of what decides about a patron's renewals, read without a lock."""

import msgspec

from faelles.circulation.loans.facts import LoansFacts
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId

# In the shape of load_loans, which locks them to renew; here nothing is changed.
_FACTS = """
WITH meant AS MATERIALIZED (
    SELECT m.loan_id, m.borrower_id FROM loans_meant($1, '{}', $2, NULL) AS m)
SELECT json_build_object(
           'revision', (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = $1),
           'earlier', NULL,
           'borrowed', ARRAY(
               SELECT json_build_object(
                          'patron', p.facts,
                          'loans', ARRAY(
                              SELECT json_build_object(
                                         'loan', l.facts, 'item', i.facts, 'lent_again', false,
                                         'waited_for_from', waited_for_from($1, l.item_id, who.borrower_id),
                                         'bookings', CASE WHEN NOT i.is_booked THEN '[]'
                                                          ELSE bookings_of($1, l.item_id, who.borrower_id) END)
                                FROM meant AS m
                                JOIN loan_facts AS l ON l.agency_id = $1 AND l.loan_id = m.loan_id
                                JOIN item_facts AS i ON i.agency_id = l.item_agency_id AND i.item_id = l.item_id
                               WHERE m.borrower_id = who.borrower_id
                               ORDER BY m.loan_id))
                 FROM (SELECT DISTINCT borrower_id FROM meant) AS who
                CROSS JOIN LATERAL (SELECT f.facts FROM patron_facts AS f
                                     WHERE f.agency_id = $1 AND f.patron_id = who.borrower_id OFFSET 0) AS p))::text
"""

_decode = msgspec.json.Decoder(LoansFacts)


async def renewal_facts(tx: Transaction, patron: PatronId) -> LoansFacts:
    """The open loans of a patron in either role, by whoever answers for them."""
    found: str = await tx.value(_FACTS, tx.agency, patron)
    return _decode.decode(found)
