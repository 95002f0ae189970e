"""One issue of a periodical, and how people are told which."""

from typing import Protocol

import msgspec

from faelles.ground.database import Row
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


def with_issue(title: str, issue: IssueNamed | None, language: Language) -> str:
    """A title, and of a periodical which issue."""
    return ", ".join(word for word in (title, told_issue(issue, language)) if word)


class Titled(Protocol):
    """A copy, as it is called."""

    @property
    def title(self) -> str: ...
    @property
    def issue(self) -> IssueNamed | None: ...


def titled(copy: Titled, language: Language) -> str:
    """What a copy is called: its title, and of a periodical which issue."""
    return with_issue(copy.title, copy.issue, language)


def issue_of(row: Row) -> IssueNamed | None:
    """What `issue_named` says in the column `issue`, which is text."""
    return None if row["issue"] is None else msgspec.json.decode(row["issue"], type=IssueNamed)
