"""Records, their names and the issues of periodicals over REST."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import JSONBody
from msgspec import Meta

from faelles.catalog import operations
from faelles.catalog.model import (
    Alias,
    Issue,
    IssuePosition,
    NewIssue,
    NewProvisionalRecord,
    NewRecord,
    Record,
    RecordChange,
    RecordView,
    SearchField,
    Succession,
    TitlePosition,
)
from faelles.circulation.finding import operations as finding
from faelles.circulation.finding.model import FindTitles, TitlesFound
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathCode, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.fields import Id, PageSize, ShortText
from faelles.ground.ids import RecordId
from faelles.items import operations as items
from faelles.people.model import Permission

_VIEW: Final = Permission.CATALOG_VIEW
_EDIT: Final = Permission.CATALOG_EDIT
_THIS_RECORD = {"record": "{record}"}


Cursor = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[A-Za-z0-9_-]*$(?!\n)")]
Skip = Annotated[int, Meta(ge=0, le=1_000_000)]


class SearchIn(StrEnum):
    """Where the words are looked for, and how."""

    ANYWHERE = "anywhere"
    """All words, in title, creators and subjects; the last may be half typed. Best first."""
    CREATOR = "creator"
    """All words, in creators. Best first."""
    TITLE = "title"
    """The title begins so. In alphabetical order."""


class RecordSearch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: ShortText
    search_in: SearchIn = SearchIn.ANYWHERE
    limit: PageSize = 50
    after: Cursor | None = None
    """`next` of the page before."""


class SuccessorChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    successor: Id


class NewAlias(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    alias: Alias


@post(
    "/search",
    opt=guarded(_VIEW, example=Example(body={"words": "lokalhist", "limit": 2})),
    summary="Search the catalogue by words or by the beginning of a title",
    status_code=200,
)
async def search_records(request: ApiRequest, data: JSONBody[RecordSearch]) -> Page[Record]:
    """The nation's records and the agency's own. What people look for stands in no URL."""
    if data.search_in is SearchIn.TITLE:
        return await _titles_beginning(request, data)
    return await _words_found(request, data)


async def _titles_beginning(request: ApiRequest, data: RecordSearch) -> Page[Record]:
    cursor = read_cursor(data.after, TitlePosition)
    found = await request.read(
        lambda tx: operations.titles_beginning(tx, request.caller, data.words, limit=data.limit, after=cursor)
    )
    if found.next is None:
        return Page(items=found.records, next=None)
    return page(found.records, data.limit, key=lambda _: found.next)


async def _words_found(request: ApiRequest, data: RecordSearch) -> Page[Record]:
    field = SearchField.CREATOR if data.search_in is SearchIn.CREATOR else SearchField.ANYWHERE
    skip = read_cursor(data.after, Skip) or 0
    found = await request.read(
        lambda tx: operations.search_words(tx, request.caller, data.words, field=field, limit=data.limit, skip=skip)
    )
    if found.next_skip is None:
        return Page(items=found.records, next=None)
    return page(found.records, data.limit, key=lambda _: found.next_skip)


@post(
    "/finding",
    opt=guarded(_VIEW, example=Example(body={"words": "lokalhist", "material_type": "book"})),
    summary="Find titles, narrowed by what they are and where a copy stands",
    status_code=200,
)
async def find_titles(request: ApiRequest, data: JSONBody[FindTitles]) -> TitlesFound:
    """One page of what was found, best first, with what it could be narrowed by further."""
    return await request.read(lambda tx: finding.find_titles(tx, request.caller, data))


@get(
    "/numbered/{number:str}",
    opt=guarded(_VIEW, example=Example(path={"number": "29494940"})),
    summary="Records by FAUST number, identifier, alias or ISBN",
)
async def find_records_numbered(request: ApiRequest, number: PathCode) -> Page[Record]:
    """Empty where there is none; several where two records share an ISBN."""
    found = await request.read(lambda tx: operations.find_by_number(tx, request.caller, number))
    return Page(items=found, next=None)


@get("/{record:int}", opt=guarded(_VIEW, example=Example(path=_THIS_RECORD)), summary="One record and its names")
async def show_record(request: ApiRequest, record: PathId) -> RecordView:
    """Of a record that was replaced, the one that took its place."""
    return await request.read(lambda tx: operations.view_record(tx, request.caller, RecordId(record)))


@post(
    "/",
    opt=guarded(_EDIT, example=Example(body={"title": "Byens krønike", "material_type": "book", "year": 1998})),
    summary="Add a record of the agency's own",
)
async def create_record(
    request: ApiRequest, data: JSONBody[NewRecord], idempotency_key: IdempotencyKey = None
) -> Record:
    return await request.run(lambda tx: operations.create_record(tx, request.caller, data, key=idempotency_key))


@post(
    "/provisional",
    opt=guarded(_EDIT, example=Example(body={"title": "Ukendt bog fra skranken"})),
    summary="Add a stand-in for a book nobody knows",
)
async def create_provisional_record(
    request: ApiRequest, data: JSONBody[NewProvisionalRecord], idempotency_key: IdempotencyKey = None
) -> Record:
    """To be replaced by the real record later; its copies follow."""
    return await request.run(
        lambda tx: operations.create_provisional_record(tx, request.caller, data, key=idempotency_key)
    )


@patch(
    "/{record:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_RECORD, body={"version": 1, "year": 2001})),
    summary="Change a record of the agency's own",
)
async def change_record(request: ApiRequest, record: PathId, data: JSONBody[RecordChange]) -> Record:
    """What is left out stays as it is."""
    return await request.run(lambda tx: operations.change_record(tx, request.caller, RecordId(record), data))


@put(
    "/{record:int}/successor",
    opt=guarded(_EDIT, example=Example(path=_THIS_RECORD, body={"successor": "{other_record}"})),
    summary="Let another record take this one's place",
)
async def succeed_record(request: ApiRequest, record: PathId, data: JSONBody[SuccessorChoice]) -> Succession:
    """For good. Copies and issues follow."""
    return await request.run(
        lambda tx: items.merge_records(tx, request.caller, RecordId(record), RecordId(data.successor))
    )


@post(
    "/{record:int}/aliases",
    opt=guarded(_EDIT, example=Example(path=_THIS_RECORD, body={"alias": "BOG-17"})),
    summary="Another number that the record is known by",
    status_code=204,
)
async def add_record_alias(request: ApiRequest, record: PathId, data: JSONBody[NewAlias]) -> None:
    await request.run(lambda tx: operations.add_alias(tx, request.caller, RecordId(record), data.alias))


@delete(
    "/{record:int}/aliases/{alias:str}",
    opt=guarded(_EDIT, example=Example(path={**_THIS_RECORD, "alias": "{record_alias}"})),
    summary="The record is known by this number no more",
)
async def remove_record_alias(request: ApiRequest, record: PathId, alias: PathCode) -> None:
    await request.run(lambda tx: operations.remove_alias(tx, request.caller, RecordId(record), alias))


@get(
    "/{record:int}/issues",
    opt=guarded(_VIEW, example=Example(path={"record": "{periodical}"})),
    summary="Issues of a periodical, newest first",
)
async def list_issues(request: ApiRequest, record: PathId, limit: Limit = 50, after: After = None) -> Page[Issue]:
    cursor = read_cursor(after, IssuePosition)
    found = await request.read(
        lambda tx: operations.list_issues(tx, request.caller, RecordId(record), limit=limit, after=cursor)
    )
    return page(found.issues, limit, key=lambda issue: IssuePosition(issue.year, issue.id))


@post(
    "/{record:int}/issues",
    opt=guarded(_EDIT, example=Example(path={"record": "{periodical}"}, body={"year": 2024, "number": "7"})),
    summary="Add an issue of a periodical",
)
async def create_issue(request: ApiRequest, record: PathId, data: JSONBody[NewIssue]) -> Issue:
    return await request.run(lambda tx: operations.create_issue(tx, request.caller, RecordId(record), data))


router = Router(
    path="/records",
    route_handlers=[
        find_titles,
        search_records,
        find_records_numbered,
        show_record,
        create_record,
        create_provisional_record,
        change_record,
        succeed_record,
        add_record_alias,
        remove_record_alias,
        list_issues,
        create_issue,
    ],
    tags=["catalogue"],
)
