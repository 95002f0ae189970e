"""The municipality and its divisions, each with the ISILs it has and had."""

from typing import Final

from litestar import Response, Router, get, post

from faelles.agencies import operations as agencies
from faelles.agencies.model import AddDivision, ChangeIsil, NewName
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import MOST_LISTED, manage_page
from faelles.doors.web.request import WebRequest
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.ids import DivisionId
from faelles.people.model import Permission

_VIEW, _EDIT = Permission.AGENCY_VIEW, Permission.AGENCY_EDIT
_THIS_DIVISION: Final = {"division": "{division}"}


@get("/manage/agency", opt=guarded(_VIEW, example=Example()))
async def show_agency(request: WebRequest) -> Response[bytes]:
    return await _agency(request)


async def _agency(request: WebRequest, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        agency = await agencies.show_agency(tx, request.caller)
        return {
            "agency": agency,
            "divisions": await agencies.list_divisions(tx, request.caller),
            "branches": await agencies.list_branches(tx, request.caller, limit=MOST_LISTED),
            "today": local_date(tx.now, agency.time_zone),
        }

    return manage_page(request, "agency", await request.read(work), refused=refused)


@post("/manage/agency", opt=guarded(_EDIT, example=Example(body={"name": "Prøve Kommune"})), status_code=200)
async def rename_agency(request: WebRequest) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(NewName)
        await request.run(lambda tx: agencies.rename_agency(tx, request.caller, form.name))
        return request.go_to("/manage/agency?done=saved")

    return await sent(request, "agency", do, lambda refused: _agency(request, refused))


@post(
    "/manage/divisions",
    opt=guarded(_EDIT, example=Example(body={"kind": "school", "name": "Pædagogisk Center", "isil": "DK-899999"})),
    status_code=200,
)
async def add_division(request: WebRequest) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(AddDivision)
        await request.run(lambda tx: agencies.add_division(tx, request.caller, form))
        return request.go_to("/manage/agency?done=division_added")

    return await sent(request, "division", do, lambda refused: _agency(request, refused))


@post(
    "/manage/divisions/{division:int}/name",
    opt=guarded(_EDIT, example=Example(path=_THIS_DIVISION, body={"name": "Folkebiblioteket"})),
    status_code=200,
)
async def rename_division(request: WebRequest, division: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(NewName)
        await request.run(lambda tx: agencies.rename_division(tx, request.caller, DivisionId(division), form.name))
        return request.go_to("/manage/agency?done=saved")

    return await sent(request, f"name-{division}", do, lambda refused: _agency(request, refused))


@post(
    "/manage/divisions/{division:int}/isil",
    opt=guarded(_EDIT, example=Example(path=_THIS_DIVISION, body={"isil": "DK-899998", "first_day": "2027-07-01"})),
    status_code=200,
)
async def change_isil(request: WebRequest, division: PathId) -> Response[bytes]:
    """The one it has ends the day before and names the new one as its successor."""

    async def do() -> Response[bytes]:
        form = await request.typed(ChangeIsil)
        await request.run(lambda tx: agencies.change_isil(tx, request.caller, DivisionId(division), form))
        return request.go_to("/manage/agency?done=isil_changed")

    return await sent(request, f"isil-{division}", do, lambda refused: _agency(request, refused))


router = Router(path="/", route_handlers=[add_division, change_isil, rename_agency, rename_division, show_agency])
