"""The SQL of the issues of periodicals."""

from faelles.catalog.model import Issue, IssuePosition, NewIssue
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import IssueId, RecordId

_ISSUE_COLUMNS = "id, record_id, year, volume, number, published_on"
_INSERT_ISSUE = f"""
INSERT INTO periodical_issue (agency_id, record_id, year, volume, number, published_on)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING {_ISSUE_COLUMNS}
"""
_LIST_ISSUES = f"""
SELECT {_ISSUE_COLUMNS}
  FROM periodical_issue
 WHERE agency_id IN (0, $1) AND record_id = $2 AND (year, id) < ($3, $4)
 ORDER BY year DESC, id DESC
 LIMIT $5
"""
# An issue that the successor already has stays where it is, and is paired with its twin.
_PAIR_ISSUES = """
SELECT old.id, twin.id AS twin_id
  FROM periodical_issue AS old
  JOIN periodical_issue AS twin
    ON twin.agency_id = old.agency_id AND twin.record_id = $3
   AND (twin.year, twin.number) = (old.year, old.number) AND twin.volume IS NOT DISTINCT FROM old.volume
 WHERE old.agency_id = $1 AND old.record_id = $2
"""
_MOVE_ISSUES = """
UPDATE periodical_issue SET record_id = $3 WHERE agency_id = $1 AND record_id = $2 AND NOT id = ANY ($4::bigint[])
"""
_LAST_YEAR = 9999
_LAST_ID = 2**63 - 1


async def insert_issue(tx: Transaction, record: RecordId, new: NewIssue) -> Issue:
    row = await tx.row(_INSERT_ISSUE, tx.agency, record, new.year, new.volume, new.number, new.published_on)
    if row is None:
        raise LookupError("an insert without a conflict clause returns its row")
    return _issue(row)


async def list_issues(tx: Transaction, record: RecordId, after: IssuePosition | None, most: int) -> list[Issue]:
    start = after or IssuePosition(_LAST_YEAR, IssueId(_LAST_ID))
    rows = await tx.rows(_LIST_ISSUES, tx.agency, record, start.year, start.issue, most)
    return [_issue(row) for row in rows]


async def move_issues(tx: Transaction, record: RecordId, successor: RecordId) -> dict[IssueId, IssueId]:
    """Hand the issues of `record` to `successor`; those it has already are returned with the id of their twin."""
    rows = await tx.rows(_PAIR_ISSUES, tx.agency, record, successor)
    twins = {IssueId(row["id"]): IssueId(row["twin_id"]) for row in rows}
    await tx.execute(_MOVE_ISSUES, tx.agency, record, successor, list(twins))
    return twins


def _issue(row: Row) -> Issue:
    return Issue(
        id=row["id"],
        record=row["record_id"],
        year=row["year"],
        volume=row["volume"],
        number=row["number"],
        published_on=row["published_on"],
    )
