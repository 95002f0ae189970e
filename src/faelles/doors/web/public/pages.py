"""Searching a library's catalogue, one title with where it stands, and reserving it."""

from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, Router, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter

from faelles.catalog.model import Record
from faelles.catalog.operations import MOST_SKIPPED, search_words, view_record
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds import operations as holds
from faelles.circulation.holds.model import Placed, PlaceHold, Wish
from faelles.doors.rest.access import Example, own_account, public
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.public.library import Library, library_of
from faelles.doors.web.public.standing import Standing, pickup_branches, standings
from faelles.doors.web.request import WebRequest
from faelles.doors.web.sign_in.agencies import public_agencies
from faelles.doors.web.sign_in.session import remember_agency
from faelles.doors.web.titles.names import Names
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Transaction
from faelles.ground.fields import Id
from faelles.ground.ids import RecordId
from faelles.patrons.own_account.operations import own_home_branch
from faelles.policies.operations import current_settings

_PAGE: Final = 20
_ISIL: Final = "DK-"

Words = Annotated[str, QueryParameter(max_length=200)]


class ReserveForm(msgspec.Struct, frozen=True, kw_only=True):
    pickup: Id


class Hits(msgspec.Struct, frozen=True, kw_only=True):
    library: str
    records: tuple[Record, ...] = ()
    standings: dict[RecordId, Standing] = {}
    next_skip: int | None = None


@get("/search", opt=public(example=Example(query={"q": "hav", "library": "{isil}"})))
async def search(
    request: WebRequest,
    q: Words = "",
    skip: Annotated[int, QueryParameter(ge=0, le=MOST_SKIPPED)] = 0,
    library: Annotated[str, QueryParameter(max_length=20)] = "",
) -> Response[Any]:
    """Of the library that was chosen, which this browser remembers."""
    found = await library_of(request, library)
    if found is None:
        return await _choice(request)
    hits = await request.services.database.run(
        found.agency, SYSTEM, lambda tx: _hits(tx, found, q.strip(), skip), read_only=True
    )
    context = {"q": q.strip(), "hits": hits, "names": Names(request.language), "here": _here("/search", q.strip())}
    answer = request.page("public/search.html", context)
    if library:
        remember_agency(request, found.isil, answer)
    return answer


async def _hits(tx: Transaction, library: Library, words: str, skip: int) -> Hits:
    settings = await current_settings(tx)
    name = settings.directory.agency.name
    if not words:
        return Hits(library=name)
    found = await search_words(tx, library.visitor, words, limit=_PAGE, skip=skip)
    standing = await standings(tx, library.visitor, found.records)
    return Hits(library=name, records=found.records, standings=standing, next_skip=found.next_skip)


def _here(path: str, words: str) -> str:
    """What to come back to after a switch of language: the search as it stands."""
    return f"{path}?q={quote(words, safe='')}" if words else path


@get("/search/library", opt=public(example=Example()))
async def choose(request: WebRequest) -> Response[bytes]:
    """Which library's catalogue."""
    return await _choice(request)


async def _choice(request: WebRequest) -> Response[bytes]:
    return request.page("public/choose.html", {"agencies": await public_agencies(request)})


@get("/{isil:str}", opt=public(example=Example(path={"isil": "{isil}"})), status_code=303)
async def by_isil(request: WebRequest, isil: FromPath[str]) -> Response[Any]:
    """A library's own address, to link to from elsewhere."""
    known = any(each.isil == isil for each in await public_agencies(request)) if isil.startswith(_ISIL) else False
    if not known:
        raise NotFoundException
    return request.go_to(f"/search?library={quote(isil, safe='')}")


@get("/search/{record:int}", opt=public(example=Example(path={"record": "{record}"}, query={"library": "{isil}"})))
async def title(
    request: WebRequest, record: PathId, library: Annotated[str, QueryParameter(max_length=20)] = ""
) -> Response[bytes]:
    found = await library_of(request, library)
    if found is None:
        return await _choice(request)
    answer = await _title(request, found, RecordId(record))
    if library:
        remember_agency(request, found.isil, answer)
    return answer


async def _title(
    request: WebRequest, library: Library, record: RecordId, placed: Placed | None = None
) -> Response[bytes]:
    actor = SYSTEM if library.reader is None else library.reader.actor

    async def work(tx: Transaction) -> dict[str, object]:
        view = await view_record(tx, library.visitor, record)
        settings = await current_settings(tx)
        found = await standings(tx, library.visitor, [view.record])
        return {
            "view": view,
            "library": settings.directory.agency.name,
            "standing": found.get(view.record.id, Standing()),
            "pickups": pickup_branches(settings),
            "home": None if library.reader is None else await own_home_branch(tx, library.reader),
        }

    context = await request.services.database.run(library.agency, actor, work)
    status = 200 if placed is None or not placed.blocks else 422
    about = {"placed": placed, "names": Names(request.language)}
    return request.page("public/title.html", context | about, status=status)


@post(
    "/search/{record:int}/holds",
    opt=own_account(example=Example(path={"record": "{wished_record}"}, body={"pickup": "{branch}"})),
    status_code=200,
)
async def reserve(request: WebRequest, record: PathId) -> Response[bytes]:
    """For whoever is signed in; refused with every reason, and why."""
    form, caller = await request.typed(ReserveForm), request.caller
    asked = PlaceHold(patron=Borrower(patron=caller.patron), wish=Wish(record=record), pickup=form.pickup)
    placing = await request.run(lambda tx: holds.place_hold(tx, caller, request.services.keyring, asked))
    library = await library_of(request)
    if library is None:
        raise NotFoundException
    return await _title(request, library, RecordId(record), placing.holds[0])


router = Router(path="/", route_handlers=[by_isil, choose, reserve, search, title])
