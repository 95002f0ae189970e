"""What is looked for, and what it came to."""

from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.catalog.model import Record
from faelles.ground.fields import Code, Id, PageSize, ShortText
from faelles.ground.ids import BranchId, RecordId

Year = Annotated[int, Meta(ge=1000, le=2200)]
Skip = Annotated[int, Meta(ge=0, le=2000)]


class FindTitles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All words, the last may be half typed; narrowed by whatever is given. `at_branch`: a copy stands there now."""

    words: ShortText
    material_type: Code | None = None
    language: Code | None = None
    year: Year | None = None
    creator: ShortText | None = None
    at_branch: Id | None = None
    skip: Skip = 0
    limit: PageSize = 20


class Count(msgspec.Struct, frozen=True):
    """So many of what was found have this value."""

    value: str
    titles: int


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """What the search could be narrowed by further, the most frequent first; years the latest first. Branches by id."""

    material_types: tuple[Count, ...]
    languages: tuple[Count, ...]
    years: tuple[Count, ...]
    creators: tuple[Count, ...]
    branches: tuple[Count, ...]


class TitleFound(msgspec.Struct, frozen=True, kw_only=True):
    """`there`: the branches where a copy stands on its shelf now; `copies`: how many there are in all."""

    record: Record
    copies: int
    there: tuple[BranchId, ...]


class TitlesFound(msgspec.Struct, frozen=True, kw_only=True):
    """One page, best first. `is_all` is False where more was found than is looked through."""

    titles: tuple[TitleFound, ...]
    total: int
    is_all: bool
    facets: Facets
    next_skip: int | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A title's copies: how many, and where one stands that could be lent now."""

    record: RecordId
    copies: int
    there: tuple[BranchId, ...]
