"""Titles: searching, one title with its copies and its queue, and a new one by hand."""

import contextlib
import secrets
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response, Router, get, post
from litestar.params import QueryParameter

from faelles.catalog import material_types
from faelles.catalog.model import IsbnText, NewProvisionalRecord, TitleText
from faelles.catalog.operations import create_provisional_record, find_by_number, list_issues, view_record
from faelles.circulation.desk.issues import IssueNamed, told_issue
from faelles.circulation.desk.model import Borrower, Overrides
from faelles.circulation.finding.model import FindTitles, TitlesFound
from faelles.circulation.finding.operations import find_titles
from faelles.circulation.holds import operations as holds
from faelles.circulation.holds.model import Placed, PlaceHold, Wish
from faelles.circulation.holds.reading import holds_of_title
from faelles.circulation.looking.operations import show_copy
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId, QueryId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest, read_as
from faelles.doors.web.titles.names import Names, shelf_name
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.fields import Code, Id, Scan, ShortText
from faelles.ground.ids import MaterialGroupId, PlacementId, RecordId
from faelles.items.operations import find_item, items_of_record
from faelles.people.model import Caller, Permission
from faelles.policies.operations import current_settings

_MOST_COPIES: Final = 200
_MOST_WAITING: Final = 200
_MOST_ISSUES: Final = 200
_THIS_TITLE: Final = Example(path={"record": "{record}"})
_Chosen = Annotated[str, QueryParameter(max_length=200)]
_NARROWING: Final = ("type", "language", "year", "creator", "branch")
"""What a search is narrowed by, as it stands in the address."""


class HoldForm(msgspec.Struct, frozen=True, kw_only=True):
    """Whose card, and where it is to be picked up. `overrides` are the blocks of a refusal just shown that staff step
    over.
    """

    card: Scan
    pickup: Id
    material_group: Id | None = None
    issue: Id | None = None
    active_from: date | None = None
    interest_until: date | None = None
    overrides: Overrides = frozenset()
    reason: ShortText | None = None

    def __repr__(self) -> str:
        return "HoldForm()"


class NewTitleForm(msgspec.Struct, frozen=True, kw_only=True):
    """What can be read off the book while its borrower waits."""

    title: TitleText
    key: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
    material_type: Code = "book"
    creator: ShortText | None = None
    isbn: IsbnText | None = None


@get("/titles", opt=guarded(Permission.CATALOG_VIEW, example=Example(query={"q": "hav"})))
async def find(
    request: WebRequest,
    q: _Chosen = "",
    type: _Chosen = "",  # noqa: A002 - its name in the address
    language: _Chosen = "",
    year: QueryId = None,
    creator: _Chosen = "",
    branch: QueryId = None,
    skip: Annotated[int, QueryParameter(ge=0, le=2000)] = 0,
) -> Response[bytes]:
    """A search is an address: it can be sent to a colleague, and the browser goes back to it."""
    asked: dict[str, Any] = {"q": q.strip(), "type": type, "language": language, "creator": creator}
    asked |= {"year": str(year or ""), "branch": str(branch or ""), "skip": skip}
    wanted = _wanted(asked)
    if wanted and (only := await request.read(lambda tx: _numbered(tx, request.caller, asked["q"]))):
        return request.go_to(f"/titles/{only}")

    async def work(tx: Transaction) -> tuple[Desk, TitlesFound | None]:
        return await desk_of(tx, request), await find_titles(tx, request.caller, wanted) if wanted else None

    desk, found = await request.read(work)
    context = {
        "desk": desk,
        "q": asked["q"],
        "found": found,
        "asked": asked,
        "narrowed": _narrowed(asked),
        "names": Names(request.language),
        "branch_name": lambda branch: desk.name_of(int(branch)),
        "plain": str,
    }
    return request.page("titles/search.html", context)


async def _numbered(tx: Transaction, caller: Caller, typed: str) -> RecordId | None:
    """The one title that a number stands for: of a copy of the library's, ISBN, FAUST number."""
    number = "".join(typed.split())
    if not number[:-1].replace("-", "").isdigit():
        return None
    if caller.may(Permission.ITEM_VIEW):
        with contextlib.suppress(NotFoundError):
            return (await find_item(tx, caller, number)).record
    records = await find_by_number(tx, caller, number)
    return records[0].id if len(records) == 1 else None


def _wanted(asked: dict[str, Any]) -> FindTitles | None:
    if not asked["q"]:
        return None
    given = {
        "words": asked["q"],
        "material_type": asked["type"] or None,
        "language": asked["language"] or None,
        "year": asked["year"] or None,
        "creator": asked["creator"] or None,
        "at_branch": asked["branch"] or None,
        "skip": asked["skip"],
    }
    return read_as(FindTitles, given)


def _narrowed(asked: dict[str, Any]) -> Any:  # noqa: ANN401 - a function for the template
    """The address of the same search, on its first page, with something else chosen (an empty value: no longer)."""

    def address(name: str = "", value: object = "", *, skip: int = 0) -> str:
        kept = {each: asked[each] for each in ("q", *_NARROWING) if asked[each]}
        if name:
            kept |= {name: value}
        kept = {each: given for each, given in kept.items() if given}
        return "/titles?" + urlencode(kept | ({"skip": skip} if skip else {}))

    return address


@get("/titles/new", opt=guarded(Permission.CATALOG_EDIT, example=Example()))
async def ask_new(request: WebRequest) -> Response[bytes]:
    return await _new_page(request)


async def _new_page(request: WebRequest, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    desk = await request.read(lambda tx: desk_of(tx, request))
    context = {
        "desk": desk,
        "refused": refused,
        "key": f"desk-{secrets.token_hex(8)}",
        "material_types": sorted(material_types.known()),
        "names": Names(request.language),
    }
    return request.page("titles/new.html", context, status=refused.status)


@post(
    "/titles/new",
    opt=guarded(Permission.CATALOG_EDIT, example=Example(body={"title": "Sogneblad", "key": "desk-0123456789"})),
)
async def add_new(request: WebRequest) -> Response[bytes]:
    """A stand-in for a title that nobody knows: its copies can be lent now, and it is catalogued later."""

    async def do() -> Response[Any]:
        form = await request.typed(NewTitleForm)
        new = NewProvisionalRecord(
            title=form.title,
            material_type=form.material_type,
            creators=(form.creator,) if form.creator else (),
            isbn=form.isbn,
        )
        made = await request.run(lambda tx: create_provisional_record(tx, request.caller, new, key=form.key))
        return request.go_to(f"/titles/{made.id}/items/new?done=title_added")

    return await sent(request, "new", do, lambda refused: _new_page(request, refused))


@get("/titles/{record:int}", opt=guarded(Permission.CATALOG_VIEW, example=_THIS_TITLE))
async def show(request: WebRequest, record: PathId) -> Response[bytes]:
    return await _title(request, RecordId(record))


async def _title(
    request: WebRequest, record: RecordId, placed: Placed | None = None, refused: Refusal = NOTHING_REFUSED
) -> Response[bytes]:
    caller = request.caller
    sees_items = caller.may(Permission.ITEM_VIEW)

    async def work(tx: Transaction) -> dict[str, object]:
        queue = []
        if caller.may(Permission.HOLD_VIEW):
            queue = (await holds_of_title(tx, caller, record, limit=_MOST_WAITING))[0]
        listed = (await items_of_record(tx, caller, record, limit=_MOST_COPIES)).items if sees_items else ()
        copies = [await show_copy(tx, caller, each.number) for each in listed]
        return {
            "desk": await desk_of(tx, request),
            "view": await view_record(tx, caller, record),
            "copies": copies,
            "groups": await _groups(tx, request, {each.material_group for each in listed}),
            "issues": await _issues(tx, request, record),
            "shelves": await shelves_of(tx, [each.placement for each in copies]),
            "queue": queue,
            "placed": placed,
            "refused": refused,
            "done": request.done_just_now,
            "names": Names(request.language),
        }

    status = refused.status if refused.form else 422 if placed else 200
    return request.page("titles/title.html", await request.run(work), status=status)


async def _groups(tx: Transaction, request: WebRequest, groups: set[MaterialGroupId]) -> list[tuple[int, str]]:
    """The groups of materials that somebody may choose among; none where all copies are of one."""
    known = (await current_settings(tx)).material_groups
    named = [(each, known[each].name(request.language)) for each in groups]
    return sorted(named, key=lambda each: each[1]) if len(named) > 1 else []


async def _issues(tx: Transaction, request: WebRequest, record: RecordId) -> list[tuple[int, str | None]]:
    """The issues of a periodical, the newest first; a title that is none has none."""
    found = (await list_issues(tx, request.caller, record, limit=_MOST_ISSUES)).issues
    named = [IssueNamed(id=each.id, year=each.year, volume=each.volume, number=each.number) for each in found]
    return [(each.id, told_issue(each, request.language)) for each in named]


def _wish(record: int, form: HoldForm) -> Wish:
    """Of a periodical it is the issue that is waited for."""
    return Wish(record=record, material_group=form.material_group) if form.issue is None else Wish(issue=form.issue)


async def shelves_of(tx: Transaction, placements: Sequence[PlacementId]) -> dict[PlacementId, str]:
    """What the places are called: department, location, sublocation, section."""
    known = (await current_settings(tx)).directory.placements
    return {each: shelf_name(known[each]) for each in placements if each in known}


@post(
    "/titles/{record:int}/holds",
    opt=guarded(
        Permission.HOLD_PLACE,
        example=Example(path={"record": "{record}"}, body={"card": "{card}", "pickup": "{branch}"}),
    ),
)
async def place_hold(request: WebRequest, record: PathId) -> Response[bytes]:
    """For the patron whose card was scanned; refused with every reason."""

    async def do() -> Response[Any]:
        form = await request.typed(HoldForm)
        asked = PlaceHold(
            patron=Borrower(card=form.card.strip()),
            wish=_wish(record, form),
            pickup=form.pickup,
            active_from=form.active_from,
            interest_until=form.interest_until,
            overrides=form.overrides,
            reason=form.reason,
        )
        placed = await request.run(lambda tx: holds.place_hold(tx, request.caller, request.services.keyring, asked))
        if placed.is_refused:
            return await _title(request, RecordId(record), placed.holds[0])
        return request.go_to(f"/titles/{record}?done=hold_placed#queue")

    async def again(refused: Refusal) -> Response[Any]:
        return await _title(request, RecordId(record), refused=refused)

    return await sent(request, "hold", do, again, secret=frozenset({"card"}))


router = Router(path="/", route_handlers=[add_new, ask_new, find, place_hold, show])
