"""Records, their names and numbers, and the issues of periodicals."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from faelles.ground.fields import Code, Id, ShortText
from faelles.ground.ids import NATION, AgencyId, IssueId, RecordId

TitleText = Annotated[
    str,
    Meta(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$(?!\n)"),
]
"""One line with something on it."""
Identifier = Annotated[
    str, Meta(min_length=3, max_length=100, pattern=r"^[A-Za-z0-9-]{1,20}-[a-z]{1,20}:[A-Za-z0-9_.-]{1,60}$(?!\n)")
]
"""Owner, base and number: `870970-basis:29494940`."""
Alias = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[!-.0-~]+$(?!\n)")]
"""A number or identifier of somebody else's; printable ASCII without spaces and slashes."""
LanguageCode = Annotated[str, Meta(pattern=r"^[a-z]{3}$(?!\n)")]
"""danMARC2 008 *l: `dan`, `eng`, `mul` (several)."""
PublicationYear = Annotated[int, Meta(ge=1000, le=2200)]
IsbnText = Annotated[str, Meta(min_length=10, max_length=20, pattern=r"^[0-9Xx -]+$(?!\n)")]
Creators = Annotated[tuple[ShortText, ...], Meta(max_length=100)]
SubjectText = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Subjects = Annotated[tuple[SubjectText, ...], Meta(max_length=300)]
SortKey = Annotated[str, Meta(max_length=400, pattern=r"^[^\x00]*$")]
Isbns = Annotated[tuple[IsbnText, ...], Meta(max_length=20)]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What a thing is. Agency 0's are the nation's and read by all; any other is its own agency's secret."""

    id: RecordId
    agency: AgencyId
    identifier: str
    title: str
    creators: tuple[str, ...]
    material_type: str
    language: str | None
    classification: str | None
    """DK5."""
    subjects: tuple[str, ...]
    year: int | None
    is_periodical: bool
    is_provisional: bool
    """Made at the desk for a book that nobody knew; waits to be replaced by a real record."""
    successor: RecordId | None
    """The record that took this one's place."""
    version: int

    @property
    def is_national(self) -> bool:
        return self.agency == NATION


class RecordView(msgspec.Struct, frozen=True, kw_only=True):
    """A record with everything else it is known by."""

    record: Record
    aliases: tuple[str, ...]
    isbns: tuple[str, ...]
    """13 digits each."""


class NewRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `identifier` the record gets a number of the agency's own."""

    title: TitleText
    material_type: Code
    identifier: Identifier | None = None
    creators: Creators = ()
    language: LanguageCode | None = None
    classification: ShortText | None = None
    subjects: Subjects = ()
    year: PublicationYear | None = None
    is_periodical: bool = False
    isbns: Isbns = ()


class NewProvisionalRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be read off the book while its borrower waits."""

    title: TitleText
    material_type: Code = "book"
    creators: Creators = ()
    isbn: IsbnText | None = None


class RecordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is. `version` is the one that was read."""

    version: Id
    title: TitleText | UnsetType = UNSET
    material_type: Code | UnsetType = UNSET
    creators: Creators | UnsetType = UNSET
    language: LanguageCode | UnsetType | None = UNSET
    classification: ShortText | UnsetType | None = UNSET
    subjects: Subjects | UnsetType = UNSET
    year: PublicationYear | UnsetType | None = UNSET
    is_periodical: bool | UnsetType = UNSET


class SearchField(StrEnum):
    """Where the words must stand. Values are the weights asked of the words column; none: any."""

    ANYWHERE = ""
    CREATOR = "B"


class TitlePosition(msgspec.Struct, frozen=True):
    """Where a list by title goes on: after this sort key and record."""

    sort_title: SortKey
    record: Id


class TitlePage(msgspec.Struct, frozen=True, kw_only=True):
    records: tuple[Record, ...]
    next: TitlePosition | None


class FoundPage(msgspec.Struct, frozen=True, kw_only=True):
    """Best first. `next_skip` is how many to skip for the page after; None at the end."""

    records: tuple[Record, ...]
    next_skip: int | None


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a periodical."""

    id: IssueId
    record: RecordId
    year: int
    volume: str | None
    number: str
    published_on: date | None


class NewIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    year: PublicationYear
    number: ShortText
    volume: ShortText | None = None
    published_on: date | None = None


class IssuePosition(msgspec.Struct, frozen=True):
    """Where a list of issues, newest first, goes on: after this year and issue."""

    year: PublicationYear
    issue: Id


class IssuePage(msgspec.Struct, frozen=True, kw_only=True):
    issues: tuple[Issue, ...]
    next: IssuePosition | None


class Succession(msgspec.Struct, frozen=True, kw_only=True):
    """A record was replaced. Copies of the issues in `issues` belong to the issue that each now is."""

    record: RecordId
    successor: RecordId
    issues: dict[IssueId, IssueId]
