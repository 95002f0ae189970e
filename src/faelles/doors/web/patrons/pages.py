"""Finding patrons, and who they are. No name stands in an address: searches are forms."""

import base64
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web import cookies
from faelles.doors.web.lists.picks import Position
from faelles.doors.web.manage.logs.looks import names_of_staff
from faelles.doors.web.patrons.frame import THIS_PATRON, VIEW, PatronFrame, frame_of, frame_with_relations, patron_page
from faelles.doors.web.patrons.relations import memberships_of
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.errors import MisconfiguredError
from faelles.ground.ids import PatronId
from faelles.patrons.classes.operations import classes_of
from faelles.patrons.looking.model import NamePart, PatronSummary, SearchPatrons
from faelles.patrons.looking.operations import access_report, search, stands_for

_MOST_LOOKS: Final = 200
_PAGE: Final = 50
_PURPOSE: Final = "patron_search"
_SECONDS_KEPT: Final = 15 * 60


class SearchForm(msgspec.Struct, frozen=True, kw_only=True):
    name: NamePart


@get("/patrons", opt=guarded(VIEW, example=Example()))
async def ask(
    request: WebRequest,
    found: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
    after: Position = 0,
) -> Response[bytes]:
    """The search, and whom it found: the list can be come back to, and left for its next page."""
    sought = _sought(request) if found else ""

    async def work(tx: Transaction) -> tuple[Desk, list[PatronSummary] | None]:
        asked = SearchPatrons(name=sought, after=after or None, limit=_PAGE) if sought else None
        return await desk_of(tx, request), await search(tx, request.caller, asked) if asked else None

    desk, people = await request.run(work)
    more = people[-1].id if people and len(people) == _PAGE else None
    return request.page("patrons/search.html", {"desk": desk, "sought": sought, "people": people, "more": more})


@post("/patrons", opt=guarded(VIEW, example=Example(body={"name": "Hansen"})))
async def find(request: WebRequest) -> Response[Any]:
    """By name; a card or a number that is scanned here leads to whoever has it."""
    services, agency = request.services, request.caller.agency
    sought = (await request.typed(SearchForm)).name
    if _may_be_number(sought):
        holder = await request.read(lambda tx: stands_for(tx, request.caller, services.keyring, sought))
        if holder is not None:
            return request.go_to(f"/patrons/{holder}")
    sealed = services.keyring.encrypt(_PURPOSE, agency, sought)
    answer = request.go_to("/patrons?found=true")
    value = base64.urlsafe_b64encode(sealed).decode()
    answer.set_cookie(cookies.secret_cookie(services, cookies.SOUGHT, value, _SECONDS_KEPT))
    return answer


def _may_be_number(sought: str) -> bool:
    """Names have no figures in them; cards, CPR numbers and most user names have."""
    return any(sign.isdigit() for sign in sought)


def _sought(request: WebRequest) -> str:
    """Empty where the search was too long ago, or somebody else's."""
    try:
        sealed = base64.urlsafe_b64decode(request.cookies.get(cookies.SOUGHT, ""))
        return request.services.keyring.decrypt(_PURPOSE, request.caller.agency, sealed) if sealed else ""
    except (ValueError, InvalidTag, MisconfiguredError):
        return ""


@get("/patrons/{patron:int}", opt=guarded(VIEW, example=THIS_PATRON))
async def show(request: WebRequest, patron: PathId) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[PatronFrame, dict[str, object]]:
        frame = await frame_with_relations(tx, request, patron)
        return frame, {
            "memberships": await memberships_of(tx, request, frame),
            "classes": await classes_of(tx, request.caller, PatronId(patron)),
        }

    frame, more = await request.run(work)
    return patron_page(request, "summary", frame, more=more)


@get("/patrons/{patron:int}/looks", opt=guarded(VIEW, example=THIS_PATRON))
async def looks(request: WebRequest, patron: PathId) -> Response[bytes]:
    """Who looked at the patron, and what for."""

    async def work(tx: Transaction) -> tuple[PatronFrame, dict[str, object]]:
        frame = await frame_of(tx, request, patron)
        found = await access_report(tx, request.caller, PatronId(patron), limit=_MOST_LOOKS, is_known=True)
        return frame, {"looks": found, "names": await names_of_staff(tx, request)}

    frame, more = await request.run(work)
    return patron_page(request, "looks", frame, more=more)


router = Router(path="/", route_handlers=[ask, find, looks, show])
