"""All SQL about tills."""

from collections.abc import Mapping, Sequence

from faelles.fees.desk.model import Means
from faelles.fees.tills.model import Moved, MovementKind, NewMovement, NewTill, Report, Session, Till
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import BranchId
from faelles.ground.money import Ore

_INSERT_TILL = """
INSERT INTO till (agency_id, branch_id, name) VALUES ($1, $2, $3)
    ON CONFLICT (agency_id, branch_id, name) WHERE removed_at IS NULL DO NOTHING
RETURNING id
"""

_REMOVE_TILL = "UPDATE till SET removed_at = $3 WHERE agency_id = $1 AND id = $2 AND removed_at IS NULL"

_LOCK_TILL = "SELECT 1 FROM till WHERE agency_id = $1 AND id = $2 AND removed_at IS NULL FOR NO KEY UPDATE"

_LIST_TILLS = """
SELECT t.id, t.branch_id, t.name, s.id AS session_id
  FROM till AS t
  LEFT JOIN till_session AS s ON s.agency_id = $1 AND s.till_id = t.id AND s.closed_at IS NULL
 WHERE t.agency_id = $1 AND t.removed_at IS NULL AND ($2::integer IS NULL OR t.id = $2) AND t.id > $3
 ORDER BY t.id
 LIMIT $4
"""

_OPEN = """
INSERT INTO till_session (agency_id, till_id, opened_at, opened_by, float_ore) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (agency_id, till_id) WHERE closed_at IS NULL DO NOTHING
RETURNING id
"""

_SESSIONS = """
SELECT s.id, s.till_id, t.branch_id, s.opened_at, s.opened_by, s.float_ore, s.closed_at, s.closed_by, s.note
  FROM till_session AS s
  JOIN till AS t ON t.agency_id = $1 AND t.id = s.till_id
"""

_LOAD_SESSION = _SESSIONS + "WHERE s.agency_id = $1 AND s.id = $2"

_LIST_SESSIONS = _SESSIONS + "WHERE s.agency_id = $1 AND s.till_id = $2 AND s.id < $3 ORDER BY s.id DESC LIMIT $4"

# Who takes money holds the session open; who closes it waits for them, and they see that it is closed.
_HOLD_OPEN = _SESSIONS + "WHERE s.agency_id = $1 AND s.till_id = $2 AND s.closed_at IS NULL FOR SHARE OF s"

_LOCK_OPEN = _SESSIONS + "WHERE s.agency_id = $1 AND s.till_id = $2 AND s.closed_at IS NULL FOR NO KEY UPDATE OF s"

_INSERT_MOVEMENT = """
INSERT INTO till_movement (agency_id, session_id, kind, means, amount_ore, payment_id, entry_id, reason, actor, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
RETURNING id
"""

_MOVED = """
SELECT kind, means, sum(amount_ore)::bigint AS amount_ore, count(*) AS number
  FROM till_movement
 WHERE agency_id = $1 AND session_id = $2
 GROUP BY kind, means
 ORDER BY kind, means
"""

_COUNTS = "SELECT means, counted_ore FROM till_count WHERE agency_id = $1 AND session_id = $2"

_CLOSE = """
UPDATE till_session SET closed_at = $3, closed_by = $4, note = $5
 WHERE agency_id = $1 AND id = $2 AND closed_at IS NULL
"""

_INSERT_COUNT = """
INSERT INTO till_count (agency_id, session_id, means, expected_ore, counted_ore) VALUES ($1, $2, $3, $4, $5)
"""


async def insert_till(tx: Transaction, new: NewTill) -> int | None:
    """The new till's id; None where the branch has one of that name."""
    added: int | None = await tx.value(_INSERT_TILL, tx.agency, new.branch, new.name)
    return added


async def remove_till(tx: Transaction, till: int) -> None:
    await tx.execute(_REMOVE_TILL, tx.agency, till, tx.now)


async def lock_till(tx: Transaction, till: int) -> bool:
    """Whether it is in use, and stays so until the transaction ends."""
    return await tx.value(_LOCK_TILL, tx.agency, till) is not None


async def load_till(tx: Transaction, till: int) -> Till | None:
    rows = await tx.rows(_LIST_TILLS, tx.agency, till, 0, 1)
    return _till(rows[0]) if rows else None


async def list_tills(tx: Transaction, *, after: int, limit: int) -> list[Till]:
    return [_till(row) for row in await tx.rows(_LIST_TILLS, tx.agency, None, after, limit)]


async def open_session(tx: Transaction, till: int, float_ore: int) -> int | None:
    """The new session's id; None where one is open."""
    added: int | None = await tx.value(_OPEN, tx.agency, till, tx.now, str(tx.actor), float_ore)
    return added


async def load_session(tx: Transaction, session: int) -> Session | None:
    row = await tx.row(_LOAD_SESSION, tx.agency, session)
    return _session(row) if row else None


async def list_sessions(tx: Transaction, till: int, *, before: int, limit: int) -> list[Session]:
    """Newest first."""
    return [_session(row) for row in await tx.rows(_LIST_SESSIONS, tx.agency, till, before, limit)]


async def hold_open(tx: Transaction, till: int) -> Session | None:
    """The session that is open, and stays so until the transaction ends."""
    row = await tx.row(_HOLD_OPEN, tx.agency, till)
    return _session(row) if row else None


async def lock_open(tx: Transaction, till: int) -> Session | None:
    """The session that is open, with everybody who takes money waited for."""
    row = await tx.row(_LOCK_OPEN, tx.agency, till)
    return _session(row) if row else None


async def insert_movement(tx: Transaction, session: int, new: NewMovement) -> int:
    added: int = await tx.value(
        _INSERT_MOVEMENT,
        tx.agency,
        session,
        new.kind,
        new.means,
        new.amount_ore,
        new.payment,
        new.entry,
        new.reason,
        str(tx.actor),
        tx.now,
    )
    return added


async def load_moved(tx: Transaction, session: int) -> list[Moved]:
    return [
        Moved(
            kind=MovementKind(row["kind"]),
            means=Means(row["means"]),
            amount_ore=row["amount_ore"],
            number=row["number"],
        )
        for row in await tx.rows(_MOVED, tx.agency, session)
    ]


async def load_counts(tx: Transaction, session: int) -> Mapping[Means, Ore]:
    return {Means(row["means"]): row["counted_ore"] for row in await tx.rows(_COUNTS, tx.agency, session)}


async def close_session(tx: Transaction, report: Report, note: str | None) -> None:
    session = report.session.id
    await tx.execute(_CLOSE, tx.agency, session, tx.now, str(tx.actor), note)
    counted: Sequence[tuple[object, ...]] = [
        (tx.agency, session, line.means, line.expected_ore, line.counted_ore)
        for line in report.lines
        if line.counted_ore is not None
    ]
    await tx.execute_many(_INSERT_COUNT, counted)


def _till(row: Row) -> Till:
    return Till(id=row["id"], branch=BranchId(row["branch_id"]), name=row["name"], session=row["session_id"])


def _session(row: Row) -> Session:
    return Session(
        id=row["id"],
        till=row["till_id"],
        branch=BranchId(row["branch_id"]),
        opened_at=row["opened_at"],
        opened_by=row["opened_by"],
        float_ore=row["float_ore"],
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
        note=row["note"],
    )
