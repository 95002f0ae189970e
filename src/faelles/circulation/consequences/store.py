"""The SQL of dates that move."""

from collections.abc import Mapping, Sequence
from datetime import date

from faelles.circulation.consequences.model import Dated, DateKind, OpenLoans
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import BranchId
from faelles.policies.model import LoanKind

_DATED = """
SELECT 'due' AS kind, branch_id, division_id, material_group_id, patron_group_id, kind AS loan_kind, due_on AS day,
       count(*) AS number
  FROM loan
 WHERE agency_id = $1 AND closed_at IS NULL AND lost_at IS NULL AND branch_id = ANY ($2)
   AND due_on BETWEEN $3 AND $4
 GROUP BY branch_id, division_id, material_group_id, patron_group_id, kind, due_on
 UNION ALL
SELECT 'pickup', pickup_branch_id, division_id, material_group_id, patron_group_id, 'loan', pickup_deadline, count(*)
  FROM hold
 WHERE agency_id = $1 AND state = 'ready' AND pickup_branch_id = ANY ($2) AND pickup_deadline BETWEEN $3 AND $4
 GROUP BY pickup_branch_id, division_id, material_group_id, patron_group_id, pickup_deadline
"""
_OPEN_LOANS = """
SELECT l.division_id, c.owner_branch_id, l.branch_id, l.material_group_id, l.patron_group_id, l.kind, count(*) AS number
  FROM loan AS l
  JOIN copy AS c ON c.agency_id = l.item_agency_id AND c.item_id = l.item_id
 WHERE l.agency_id = $1 AND l.closed_at IS NULL AND l.lost_at IS NULL
 GROUP BY l.division_id, c.owner_branch_id, l.branch_id, l.material_group_id, l.patron_group_id, l.kind
"""
_MOVED = """
  FROM unnest($2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::date[], $7::date[])
       AS m (branch_id, division_id, material_group_id, patron_group_id, day, to_day)
"""
# What was closed or renewed meanwhile is not as it was counted, and stays.
_MOVE_DUE = (
    "UPDATE loan AS l SET due_on = m.to_day"
    + _MOVED
    + """
 WHERE l.agency_id = $1 AND l.closed_at IS NULL AND l.lost_at IS NULL AND l.kind = 'loan'
   AND l.branch_id = m.branch_id AND l.division_id = m.division_id AND l.material_group_id = m.material_group_id
   AND l.patron_group_id IS NOT DISTINCT FROM m.patron_group_id AND l.due_on = m.day
"""
)
_MOVE_PICKUPS = (
    "UPDATE hold AS h SET pickup_deadline = m.to_day"
    + _MOVED
    + """
 WHERE h.agency_id = $1 AND h.state = 'ready'
   AND h.pickup_branch_id = m.branch_id AND h.division_id = m.division_id
   AND h.material_group_id IS NOT DISTINCT FROM m.material_group_id
   AND h.patron_group_id IS NOT DISTINCT FROM m.patron_group_id AND h.pickup_deadline = m.day
"""
)


async def dated(tx: Transaction, branches: Sequence[BranchId], first_day: date, last_day: date) -> list[Dated]:
    """What is due at the branches, or kept there until, a day of the period."""
    return [_dated(row) for row in await tx.rows(_DATED, tx.agency, list(branches), first_day, last_day)]


async def open_loans(tx: Transaction) -> list[OpenLoans]:
    """All open loans of the agency, counted."""
    return [
        OpenLoans(
            division=row["division_id"],
            owner_branch=row["owner_branch_id"],
            branch=row["branch_id"],
            material_group=row["material_group_id"],
            patron_group=row["patron_group_id"],
            loan_kind=LoanKind(row["kind"]),
            number=row["number"],
        )
        for row in await tx.rows(_OPEN_LOANS, tx.agency)
    ]


async def move(tx: Transaction, moved: Mapping[Dated, date]) -> None:
    for kind, statement in ((DateKind.DUE, _MOVE_DUE), (DateKind.PICKUP, _MOVE_PICKUPS)):
        wanted = [(each, day) for each, day in moved.items() if each.kind is kind]
        if wanted:
            await tx.execute(
                statement,
                tx.agency,
                [each.branch for each, _ in wanted],
                [each.division for each, _ in wanted],
                [each.material_group for each, _ in wanted],
                [each.patron_group for each, _ in wanted],
                [each.day for each, _ in wanted],
                [day for _, day in wanted],
            )


def _dated(row: Row) -> Dated:
    return Dated(
        kind=DateKind(row["kind"]),
        branch=row["branch_id"],
        division=row["division_id"],
        material_group=row["material_group_id"],
        patron_group=row["patron_group_id"],
        loan_kind=LoanKind(row["loan_kind"]),
        day=row["day"],
        number=row["number"],
    )
