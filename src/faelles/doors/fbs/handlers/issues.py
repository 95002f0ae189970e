"""Issues of periodicals by what is printed on them."""

from faelles.circulation.availability import operations as availability
from faelles.ground.database import Transaction
from faelles.ground.ids import IssueId, RecordId


async def issue_meant(
    tx: Transaction, record: RecordId, year: str | None, volume: str | None, number: str | None
) -> IssueId | None:
    """The one issue of the title that has all that is said; None where there is none, or more than one."""
    found = [
        issue.id
        for issue in await availability.issues_of_title(tx, record)
        if year in {None, "", str(issue.year)}
        and volume in {None, "", issue.volume}
        and number in {None, "", issue.number}
    ]
    return found[0] if len(found) == 1 else None
