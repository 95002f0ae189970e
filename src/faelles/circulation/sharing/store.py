"""The SQL of lending between agencies: requests and answers, each side writing its own rows only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from faelles.ground.database import Transaction
from faelles.ground.ids import AgencyId, BranchId, DivisionId, HoldId, PatronGroupId, RecordId

# Another agency is being asked for the hold h, and has not said no.
_IS_ASKED: Final = """EXISTS (
           SELECT FROM lending_request_hold AS l
             JOIN lending_request AS r ON r.agency_id = l.agency_id AND r.id = l.request_id
             LEFT JOIN lending_answer AS a
                    ON a.agency_id = r.lender_agency_id AND a.borrower_agency_id = $1 AND a.request_id = r.id
            WHERE l.agency_id = $1 AND l.hold_id = h.id AND r.withdrawn_at IS NULL
              AND a.state IS DISTINCT FROM 'refused')"""
# Titles of the whole country alone: another agency cannot have a copy of a local record, nor copies of our groups.
_IS_OF_ALL: Final = "t.record_agency_id = 0 AND h.target = 'title' AND h.wanted_group_id IS NULL"
# The lender of the agreement g was not asked for the hold h before.
_UNASKED: Final = """NOT EXISTS (
           SELECT FROM lending_request_hold AS l
             JOIN lending_request AS r ON r.agency_id = l.agency_id AND r.id = l.request_id
            WHERE l.agency_id = $1 AND l.hold_id = h.id AND r.lender_agency_id = g.agency_id)"""
_WAITING_LONG = f"""
SELECT h.id, h.record_id, h.division_id, h.patron_group_id, GREATEST(h.placed_on, h.active_from) AS waits_from
  FROM hold AS h
  JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
  JOIN title AS t ON t.record_id = h.record_id
 WHERE h.agency_id = $1 AND h.closed_at IS NULL AND h.state = 'pending' AND {_IS_OF_ALL}
   AND (h.active_from IS NULL OR h.active_from <= $2) AND h.id > $3 AND NOT {_IS_ASKED}
 ORDER BY h.id
 LIMIT $4
"""
_PROSPECTS = f"""
SELECT h.id, h.division_id, h.patron_group_id, {_IS_ASKED} AS is_asked
  FROM hold AS h
  JOIN title AS t ON t.record_id = h.record_id
 WHERE h.agency_id = $1 AND h.id = ANY ($2::bigint[])
   AND ({_IS_ASKED}
        OR {_IS_OF_ALL}
           AND EXISTS (SELECT FROM lending_agreement AS g
                        WHERE g.borrower_agency_id = $1 AND g.valid @> $3::date
                          AND {_UNASKED}))
"""
# The lender whose agreement stood first among those that were not asked for this hold before.
_ASK = f"""
WITH lender AS (
    SELECT g.agency_id
      FROM hold AS h
      JOIN lending_agreement AS g ON g.borrower_agency_id = $1 AND g.valid @> $4::date
     WHERE h.agency_id = $1 AND h.id = $2 AND {_UNASKED}
     ORDER BY g.given_at, g.agency_id
     LIMIT 1
), asked AS (
    INSERT INTO lending_request (agency_id, lender_agency_id, record_id, asked_at)
    SELECT $1, agency_id, $3, $5 FROM lender
    RETURNING id, lender_agency_id
), linked AS (
    INSERT INTO lending_request_hold (agency_id, request_id, hold_id) SELECT $1, id, $2 FROM asked
), happened AS (
    INSERT INTO event (agency_id, at, actor, kind, hold_id, subject_id, dimensions)
    SELECT $1, $5, $6, 'lending.asked', $2, id, jsonb_build_object('lender', lender_agency_id, 'record', $3::bigint)
      FROM asked
)
SELECT id FROM asked
"""
_WITHDRAW = """
WITH over AS (
    UPDATE lending_request AS r SET withdrawn_at = $2
      FROM lending_request_hold AS l
      JOIN hold AS h ON h.agency_id = l.agency_id AND h.id = l.hold_id
     WHERE r.agency_id = $1 AND l.agency_id = $1 AND l.request_id = r.id AND r.withdrawn_at IS NULL
       AND h.closed_at IS NOT NULL AND r.received_at IS NULL
       AND NOT EXISTS (SELECT FROM lending_answer AS a
                        WHERE a.agency_id = r.lender_agency_id AND a.borrower_agency_id = $1 AND a.request_id = r.id
                          AND a.state IN ('sent', 'home'))
    RETURNING r.id, r.lender_agency_id
)
INSERT INTO event (agency_id, at, actor, kind, subject_id, dimensions)
SELECT $1, $2, $3, 'lending.withdrawn', id, jsonb_build_object('lender', lender_agency_id) FROM over
"""
_INCOMING = """
SELECT r.agency_id, r.id, r.record_id,
       EXISTS (SELECT FROM lending_agreement AS g
                WHERE g.agency_id = $1 AND g.borrower_agency_id = r.agency_id AND g.valid @> $2::date) AS is_agreed
  FROM lending_request AS r
 WHERE r.lender_agency_id = $1 AND r.withdrawn_at IS NULL
   AND NOT EXISTS (SELECT FROM lending_answer AS a
                    WHERE a.agency_id = $1 AND a.borrower_agency_id = r.agency_id AND a.request_id = r.id)
 ORDER BY r.asked_at, r.agency_id, r.id
 LIMIT $3
"""
# The place that `QueueEnd` gives whoever wants a copy today; behind everybody where two stand too close.
_ACCEPT = """
WITH line AS (
    SELECT COALESCE(max(rank), 0) AS highest,
           COALESCE(max(rank) FILTER (WHERE NOT $12::boolean OR active_from IS NULL OR active_from <= $8), 0) AS last
      FROM hold WHERE agency_id = $1 AND record_id = $4 AND closed_at IS NULL
), behind AS (
    SELECT min(h.rank) AS first
      FROM hold AS h, line
     WHERE h.agency_id = $1 AND h.record_id = $4 AND h.closed_at IS NULL AND h.rank > line.last
), placed AS (
    INSERT INTO hold (agency_id, target, record_id, transaction_id, division_id, patron_group_id, pickup_branch_id,
                      placed_at, placed_on, placed_by, interest_until, rank)
    SELECT $1, 'title', $4, 0, $5, $11, $6, $7, $8, 'system', $8::date + 180,
           CASE WHEN first - last = 1 THEN highest + $9 ELSE LEAST(last + $9, (last + first) / 2) END
      FROM line, behind
    RETURNING id
), answered AS (
    INSERT INTO lending_answer (agency_id, borrower_agency_id, request_id, state, hold_id, changed_at)
    SELECT $1, $2, $3, 'accepted', id, $7 FROM placed
), marked AS (
    INSERT INTO dirty_title (agency_id, record_id, marked_at) VALUES ($1, $4, $7)
)
INSERT INTO event (agency_id, at, actor, kind, hold_id, subject_id, dimensions)
SELECT $1, $7, $10, 'lending.accepted', id, $3, jsonb_build_object('borrower', $2::integer, 'record', $4::bigint)
  FROM placed
"""
_REFUSE = """
WITH answered AS (
    INSERT INTO lending_answer (agency_id, borrower_agency_id, request_id, state, changed_at)
    VALUES ($1, $2, $3, 'refused', $4)
)
INSERT INTO event (agency_id, at, actor, kind, subject_id, dimensions)
VALUES ($1, $4, $5, 'lending.refused', $3, jsonb_build_object('borrower', $2::integer))
"""
_NOTE_RETURNED = """
WITH returned AS (
    UPDATE lending_request AS r SET returned_at = $2
      FROM lending_request_hold AS l
      JOIN copy AS c ON c.agency_id = l.agency_id AND c.item_id = l.item_id
     WHERE r.agency_id = $1 AND l.agency_id = $1 AND l.request_id = r.id AND r.returned_at IS NULL
       AND c.sent_home_at IS NOT NULL
    RETURNING r.id, r.lender_agency_id
)
INSERT INTO event (agency_id, at, actor, kind, subject_id, dimensions)
SELECT $1, $2, $3, 'lending.returned', id, jsonb_build_object('lender', lender_agency_id) FROM returned
"""
_WITHDRAWN_HERE = """
UPDATE lending_answer AS a SET state = 'withdrawn', changed_at = $2
  FROM lending_request AS r
 WHERE a.agency_id = $1 AND a.state = 'accepted' AND r.agency_id = a.borrower_agency_id AND r.id = a.request_id
   AND r.lender_agency_id = $1 AND r.withdrawn_at IS NOT NULL
RETURNING a.hold_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongWait:
    """A hold for which no other agency is being asked."""

    hold: HoldId
    record: RecordId
    division: DivisionId
    patron_group: PatronGroupId | None
    waits_from: date


async def waiting_long(tx: Transaction, day: date, *, after: int, limit: int) -> list[LongWait]:
    return [
        LongWait(
            hold=row["id"],
            record=row["record_id"],
            division=row["division_id"],
            patron_group=row["patron_group_id"],
            waits_from=row["waits_from"],
        )
        for row in await tx.rows(_WAITING_LONG, tx.agency, day, after, limit)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A hold that another agency is being asked for, or might be."""

    hold: HoldId
    division: DivisionId
    patron_group: PatronGroupId | None
    is_asked: bool


async def prospects(tx: Transaction, holds: Sequence[HoldId], day: date) -> list[Prospect]:
    """Those of `holds` that other agencies could still help with."""
    return [
        Prospect(
            hold=row["id"],
            division=row["division_id"],
            patron_group=row["patron_group_id"],
            is_asked=row["is_asked"],
        )
        for row in await tx.rows(_PROSPECTS, tx.agency, list(holds), day)
    ]


async def ask(tx: Transaction, hold: LongWait, day: date) -> bool:
    """Ask the next lender for a copy; whether there is one that was not asked before."""
    values = (tx.agency, hold.hold, hold.record, day, tx.now, tx.actor.told)
    return await tx.value(_ASK, *values) is not None


async def withdraw_over(tx: Transaction) -> int:
    """Withdraw the requests whose holds are over; how many."""
    return await tx.execute(_WITHDRAW, tx.agency, tx.now, tx.actor.told)


@dataclass(frozen=True, slots=True)
class Incoming:
    """Another agency's request; `is_agreed`: whether it may still borrow from us."""

    borrower: AgencyId
    request: int
    record: RecordId
    is_agreed: bool


async def incoming(tx: Transaction, day: date, limit: int) -> list[Incoming]:
    """What was asked of us and not answered yet, the oldest first."""
    return [
        Incoming(row["agency_id"], row["id"], row["record_id"], row["is_agreed"])
        for row in await tx.rows(_INCOMING, tx.agency, day, limit)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where what goes to other agencies is gathered, and the group whose rules other libraries borrow by. `slots_in`:
    by those, whoever wants a title now goes before those who want it later.
    """

    division: DivisionId
    branch: BranchId
    group: PatronGroupId
    slots_in: bool


async def accept(tx: Transaction, asked: Incoming, sent_from: Counter, day: date, rank_step: int) -> None:
    """Put the request into our own queue, behind all who want the title now, as a hold of nobody's."""
    await tx.execute(
        _ACCEPT,
        tx.agency,
        asked.borrower,
        asked.request,
        asked.record,
        sent_from.division,
        sent_from.branch,
        tx.now,
        day,
        rank_step,
        tx.actor.told,
        sent_from.group,
        sent_from.slots_in,
    )


async def note_returned(tx: Transaction) -> int:
    """Tell the lenders what was sent home to them; how many copies."""
    return await tx.execute(_NOTE_RETURNED, tx.agency, tx.now, tx.actor.told)


async def refuse(tx: Transaction, asked: Incoming) -> None:
    await tx.execute(_REFUSE, tx.agency, asked.borrower, asked.request, tx.now, tx.actor.told)


async def withdrawn_here(tx: Transaction) -> list[HoldId]:
    """Note what the borrowers need no longer; our holds for it, which are to be closed."""
    return [HoldId(row["hold_id"]) for row in await tx.rows(_WITHDRAWN_HERE, tx.agency, tx.now)]
