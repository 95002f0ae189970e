"""The SQL of what a patron has, without a lock.

Rows of lists are arrays by place, in the order in which their structs have the fields: names cost as much as values.
What few rows have is looked up by a function that is called for those alone.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.circulation.own.model import AtHome, ItemByPlace, LoanAtHome, LoanByPlace, OwnHold, OwnHolds
from faelles.ground.database import Read, Transaction
from faelles.ground.ids import DivisionId, PatronId


def _by_place(kind: type[msgspec.Struct], columns: Mapping[str, str]) -> str:
    """An array of `columns`, each under the name of the field that it is for."""
    return f"json_build_array({', '.join(columns[field] for field in kind.__struct_fields__)})"


_BORROWER: Final = "CASE o.role WHEN 'primary' THEN o.patron_id ELSE answering_for($1, o.loan_id) END"
_LOAN: Final = _by_place(
    LoanByPlace,
    MappingProxyType(
        {
            "id": "l.id",
            "item": "l.item_id",
            "division": "l.division_id",
            "lent_at": "l.lent_at",
            "lent_on": "l.lent_on",
            "due_on": "l.due_on",
            "renewals": "l.renewals",
            "lost_at": "l.lost_at",
            "claimed_returned_at": "l.claimed_returned_at",
            "closed_at": "NULL",
        }
    ),
)
_ITEM: Final = _by_place(
    ItemByPlace,
    MappingProxyType(
        {
            "id": "c.item_id",
            "number": "c.number",
            "kind": "c.kind",
            "record": "c.record_id",
            "owner_branch": "c.owner_branch_id",
            "default_placement": "c.default_placement_id",
            "material_group": "c.material_group_id",
            "withdrawn": "c.withdrawn_at IS NOT NULL",
            "lender_due_on": "c.lender_due_on",
        }
    ),
)
_ELSEWHERE: Final = "json_build_array(t.title, t.creators, t.material_type)"
# Who waits is looked up by what decides for a renewal too, but only for titles for which anybody does.
_WAITED_FOR: Final = f"""CASE WHEN EXISTS (SELECT FROM hold AS h
                   WHERE h.agency_id = $1 AND h.record_id = c.record_id AND h.closed_at IS NULL AND h.state = 'pending')
     THEN waited_for_from($1, l.item_id, {_BORROWER}) END"""
_LENT: Final = _by_place(
    LoanAtHome,
    MappingProxyType(
        {
            "loan": _LOAN,
            "item": _ITEM,
            "waited_for_from": _WAITED_FOR,
            "bookings": f"CASE WHEN w.is_booked THEN bookings_of($1, l.item_id, {_BORROWER}) ELSE '[]' END",
            "identifier": "t.identifier",
            "issue": "CASE WHEN c.issue_id IS NOT NULL THEN issue_named(c.issue_id) END",
            "elsewhere": f"CASE c.kind WHEN 'placeholder' THEN {_ELSEWHERE} END",
            "answering": f"CASE WHEN o.role <> 'primary' THEN facts_of_patron($1, {_BORROWER}) END",
        }
    ),
)
# What load_loans reads of the same loans, which locks them to renew; of the patron, too, only what decides. Each loan
# is looked up by its key (OFFSET 0): as a join all the open loans of the agency would be read.
_AT_HOME = f"""
SELECT json_build_array(
           (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = $1),
           (SELECT json_build_object(
                       'id', b.patron_id, 'kind', b.kind, 'name', b.name, 'birth_date', b.birth_date,
                       'home_branch', b.home_branch_id, 'language', b.language, 'pin_hash', NULL,
                       'memberships', ARRAY(
                           SELECT json_build_array(m.division_id, m.role, m.patron_group_id, lower(m.valid),
                                                   upper(m.valid))
                             FROM borrower_membership AS m
                            WHERE m.agency_id = $1 AND m.patron_id = $2),
                       'blocks', ARRAY(
                           SELECT json_build_array(k.code, k.division_id, k.starts_on, k.ends_on)
                             FROM borrower_block AS k
                            WHERE k.agency_id = $1 AND k.patron_id = $2),
                       'debts', CASE WHEN EXISTS (SELECT FROM account_holder AS h
                                                   WHERE h.agency_id = $1 AND h.patron_id = $2)
                                     THEN debt_facts($1, $2) END,
                       'guardians', '[]'::json, 'loans', '[]'::json)
              FROM borrower AS b
             WHERE b.agency_id = $1 AND b.patron_id = $2),
           ARRAY(
               SELECT {_LENT}
                 FROM loan_borrower AS o
                CROSS JOIN LATERAL (
                    SELECT * FROM loan AS one
                     WHERE one.agency_id = $1 AND one.id = o.loan_id AND one.closed_at IS NULL
                    OFFSET 0) AS l
                 JOIN copy AS c ON c.agency_id = l.item_agency_id AND c.item_id = l.item_id
                 JOIN item_circulation AS w ON w.agency_id = c.agency_id AND w.item_id = c.item_id
                 JOIN title AS t ON t.record_id = c.record_id
                WHERE o.agency_id = $1 AND o.patron_id = $2))::text
"""
_HOLD: Final = _by_place(
    OwnHold,
    MappingProxyType(
        {
            "id": "h.id",
            "record": "h.record_id",
            "identifier": "t.identifier",
            "issue": "CASE WHEN h.issue_id IS NOT NULL THEN issue_named(h.issue_id) END",
            "transaction": "h.transaction_id",
            "is_parallel": "h.is_parallel",
            "pickup": "h.pickup_branch_id",
            "state": "h.state",
            "placed_at": "h.placed_at",
            "active_from": "h.active_from",
            "interest_until": "h.interest_until",
            "position": """CASE WHEN h.state IN ('pending', 'matched') THEN (
                      SELECT count(*)
                        FROM hold AS q
                       WHERE q.agency_id = $1 AND q.record_id = h.record_id AND q.closed_at IS NULL
                         AND q.state IN ('pending', 'matched') AND q.rank <= h.rank
                         AND compete(q.issue_id, q.wanted_item_id, h.issue_id, h.wanted_item_id)) END""",
            "shelf_number": "h.shelf_number",
            "pickup_deadline": "h.pickup_deadline",
        }
    ),
)
_OWN_HOLDS = f"""
SELECT json_build_array(
           (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = $1),
           ARRAY(
               SELECT {_HOLD}
                 FROM hold_patron AS o
                 JOIN hold AS h ON h.agency_id = $1 AND h.id = o.hold_id
                 JOIN title AS t ON t.record_id = h.record_id
                WHERE o.agency_id = $1 AND o.patron_id = $2 AND o.is_open
                  AND ($3::integer[] IS NULL OR h.division_id = ANY ($3))))::text
"""

_decode_at_home = msgspec.json.Decoder(AtHome).decode
_decode_holds = msgspec.json.Decoder(OwnHolds).decode


def at_home(tx: Transaction, patron: PatronId) -> Read[AtHome]:
    return Read(_AT_HOME, (tx.agency, patron), _decode_at_home)


def own_holds(tx: Transaction, patron: PatronId, divisions: list[DivisionId] | None) -> Read[OwnHolds]:
    """Open ones."""
    return Read(_OWN_HOLDS, (tx.agency, patron, divisions), _holds)


def _holds(text: str) -> OwnHolds:
    """By id."""
    found = _decode_holds(text)
    found.holds.sort(key=lambda each: each.id)
    return found
