"""A division's settings over REST: what web sites, apps and kiosks ask for by key."""

from litestar import Router, delete, get, put
from litestar.params import JSONBody

from faelles.agencies.settings import operations
from faelles.agencies.settings.model import SetSetting, Setting
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page
from faelles.doors.rest.parameters import PathCode, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import DivisionId
from faelles.people.model import Permission

_THIS = {"division": "{division}"}
_KEY = _THIS | {"key": "booking.enabled"}


@get("/", opt=guarded(Permission.AGENCY_VIEW, example=Example(path=_THIS)), summary="A division's settings")
async def list_settings(request: ApiRequest, division: PathId) -> Page[Setting]:
    """Every key there is, with what holds. One page."""
    found = await request.read(lambda tx: operations.list_settings(tx, request.caller, DivisionId(division)))
    return Page(items=found, next=None)


@get("/{key:str}", opt=guarded(Permission.AGENCY_VIEW, example=Example(path=_KEY)), summary="One setting")
async def show_setting(request: ApiRequest, division: PathId, key: PathCode) -> Setting:
    return await request.read(lambda tx: operations.show_setting(tx, request.caller, DivisionId(division), key))


@put(
    "/{key:str}",
    opt=guarded(Permission.AGENCY_EDIT, example=Example(path=_KEY, body={"values": ["false"]})),
    summary="Change a setting",
)
async def set_setting(request: ApiRequest, division: PathId, key: PathCode, data: JSONBody[SetSetting]) -> Setting:
    return await request.run(lambda tx: operations.set_setting(tx, request.caller, DivisionId(division), key, data))


@delete(
    "/{key:str}",
    opt=guarded(Permission.AGENCY_EDIT, example=Example(path=_KEY)),
    summary="Let a setting be as the program has it",
)
async def clear_setting(request: ApiRequest, division: PathId, key: PathCode) -> None:
    await request.run(lambda tx: operations.clear_setting(tx, request.caller, DivisionId(division), key))


router = Router(
    path="/divisions/{division:int}/settings",
    tags=["agencies"],
    route_handlers=[list_settings, show_setting, set_setting, clear_setting],
)
