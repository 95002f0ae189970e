"""The SQL of claims with their copies."""

import msgspec

from faelles.circulation.claimed.model import OwnClaims
from faelles.ground.database import Read, Transaction
from faelles.ground.ids import PatronId

# One statement, which finds each claim and sums its entries once. What belongs to a claim is looked up by its key; one
# that concerns the patron twice is found once, for all that it is in the array twice.
_OWN_CLAIMS = """
SELECT json_build_array(
           (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = $1),
           ARRAY(
               SELECT json_build_array(
                          s.charge_id, s.patron_id, s.division_id, s.kind, s.step, s.reason, s.raised_at, s.charged_ore,
                          s.outstanding_ore,
                          ARRAY(SELECT json_build_array(
                                           c.number, t.identifier, c.material_group_id,
                                           CASE WHEN c.issue_id IS NOT NULL THEN issue_named(c.issue_id) END)
                                  FROM claimed_loan AS k
                                  JOIN loan_directory AS l ON l.agency_id = $1 AND l.loan_id = k.loan_id
                                  JOIN copy AS c ON c.agency_id = l.item_agency_id AND c.item_id = l.item_id
                                  JOIN title AS t ON t.record_id = l.record_id
                                 WHERE k.agency_id = $1 AND k.charge_id = s.charge_id
                                 ORDER BY k.line_id))
                 FROM claim_standing AS s
                WHERE s.agency_id = $1
                  AND s.charge_id = ANY (ARRAY(SELECT o.charge_id FROM claim_concerning AS o
                                                WHERE o.agency_id = $1 AND o.patron_id = $2))
                  AND (NOT $3 OR s.outstanding_ore > 0)
                ORDER BY s.charge_id DESC
                LIMIT $4))::text
"""

_decode = msgspec.json.Decoder(OwnClaims).decode


def own_claims(tx: Transaction, patron: PatronId, *, only_open: bool, limit: int) -> Read[OwnClaims]:
    return Read(_OWN_CLAIMS, (tx.agency, patron, only_open, limit), _decode)
