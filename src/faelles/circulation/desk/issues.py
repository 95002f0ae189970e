"""One issue of a periodical, and how people are told which."""

import msgspec

from faelles.ground.i18n import Language, text
from faelles.ground.ids import IssueId


class IssueNamed(msgspec.Struct, frozen=True, kw_only=True):
    """One issue of a periodical as it is printed on it."""

    id: IssueId
    year: int
    volume: str | None
    number: str


def told_issue(issue: IssueNamed | None, language: Language) -> str | None:
    """Year, volume, number."""
    if issue is None:
        return None
    code = "issue_told" if issue.volume is None else "issue_told_with_volume"
    return text(code, language, {"year": issue.year, "volume": issue.volume, "number": issue.number})
