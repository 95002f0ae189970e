"""Float groups over REST."""

from typing import Final

from litestar import Router, delete, get, post, put
from litestar.params import JSONBody

from faelles.circulation.floating import operations
from faelles.circulation.floating.model import FloatGroup, NewFloatGroup
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import IdempotencyKey, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.people.model import Permission

_EDIT: Final = Permission.AGENCY_EDIT
_THIS_GROUP: Final = {"group": "{float_group}"}


def _a_group(*branches: str) -> dict[str, object]:
    room = [{"branch": branch, "copies": 40} for branch in branches]
    subject = {"name": "Film", "material_group": "{material_group}", "classification": "77", "room": room}
    return {"name": "Byen", "branches": branches, "subjects": [subject]}


@get(
    "/",
    opt=guarded(Permission.LOGISTICS, example=Example()),
    summary="Float groups, with the room there is and the copies that have their place there",
)
async def list_float_groups(request: ApiRequest) -> list[FloatGroup]:
    return await request.read(lambda tx: operations.list_groups(tx, request.caller))


@post(
    "/",
    opt=guarded(_EDIT, example=Example(body=_a_group("{other_branch}", "{third_branch}"))),
    summary="Branches among which copies float from now on",
)
async def add_float_group(
    request: ApiRequest, data: JSONBody[NewFloatGroup], idempotency_key: IdempotencyKey = None
) -> FloatGroup:
    """A branch is in one group at most. Of the subjects the first that fits a copy counts."""
    return await request.run(lambda tx: operations.add_group(tx, request.caller, data, idempotency_key))


@put(
    "/{group:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_GROUP, body=_a_group("{branch}", "{suburb}"))),
    summary="Change a float group as a whole",
)
async def change_float_group(request: ApiRequest, group: PathId, data: JSONBody[NewFloatGroup]) -> FloatGroup:
    return await request.run(lambda tx: operations.change_group(tx, request.caller, group, data))


@delete(
    "/{group:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_GROUP)),
    summary="Dissolve a float group; its copies go home when they are returned next",
)
async def dissolve_float_group(request: ApiRequest, group: PathId) -> None:
    await request.run(lambda tx: operations.dissolve_group(tx, request.caller, group))


router = Router(
    path="/float-groups",
    route_handlers=[add_float_group, change_float_group, dissolve_float_group, list_float_groups],
    tags=["floating"],
)
