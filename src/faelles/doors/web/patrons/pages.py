"""Finding patrons, and who they are. No name stands in an address: searches are forms."""

from typing import Annotated

import msgspec
from litestar import Response, Router, get, post

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.patrons.frame import THIS_PATRON, VIEW, PatronFrame, frame_of, patron_page
from faelles.doors.web.patrons.relations import memberships_of
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.classes.operations import classes_of
from faelles.patrons.looking.model import AccessEntry, PatronSummary, SearchPatrons
from faelles.patrons.looking.operations import access_report, search

_MOST_LOOKS = 200


class SearchForm(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""


@get("/patrons", opt=guarded(VIEW, example=Example()))
async def ask(request: WebRequest) -> Response[bytes]:
    desk = await request.read(lambda tx: desk_of(tx, request))
    return request.page("patrons/search.html", {"desk": desk, "form": SearchForm(), "people": None})


@post("/patrons", opt=guarded(VIEW, example=Example(body={"name": "Hansen"})), status_code=200)
async def find(request: WebRequest) -> Response[bytes]:
    form = await request.typed(SearchForm)

    async def work(tx: Transaction) -> tuple[Desk, list[PatronSummary]]:
        return await desk_of(tx, request), await search(tx, request.caller, SearchPatrons(name=form.name or None))

    desk, people = await request.run(work)
    return request.page("patrons/search.html", {"desk": desk, "form": form, "people": people})


@get("/patrons/{patron:int}", opt=guarded(VIEW, example=THIS_PATRON))
async def show(request: WebRequest, patron: PathId) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[PatronFrame, dict[str, object]]:
        frame = await frame_of(tx, request, patron)
        return frame, {
            "memberships": await memberships_of(tx, request, frame),
            "classes": await classes_of(tx, request.caller, PatronId(patron)),
        }

    frame, more = await request.run(work)
    return patron_page(request, "summary", frame, more=more)


@get("/patrons/{patron:int}/looks", opt=guarded(VIEW, example=THIS_PATRON))
async def looks(request: WebRequest, patron: PathId) -> Response[bytes]:
    """Who looked at the patron, and what for."""

    async def work(tx: Transaction) -> tuple[PatronFrame, list[AccessEntry]]:
        found = await access_report(tx, request.caller, PatronId(patron), limit=_MOST_LOOKS)
        return await frame_of(tx, request, patron), found

    frame, found = await request.run(work)
    return patron_page(request, "looks", frame, more={"looks": found})


router = Router(path="/", route_handlers=[ask, find, looks, show])
