"""The two trees of groups that rules are made for: seen, added to, renamed."""

from typing import Final

from litestar import Response, Router, get, post
from litestar.params import FromPath

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import manage_page
from faelles.doors.web.manage.policies.spot import tree
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.people.model import Permission
from faelles.policies.groups import operations as groups
from faelles.policies.groups.model import AddGroup, GroupKind, RenameGroup

_VIEW, _EDIT = Permission.POLICY_VIEW, Permission.POLICY_EDIT
_FILMS: Final = {"name_da": "Film", "name_en": "Films"}


@get("/manage/groups/{kind:str}", opt=guarded(_VIEW, example=Example(path={"kind": "material"})))
async def show_groups(request: WebRequest, kind: FromPath[GroupKind]) -> Response[bytes]:
    return await _groups(request, kind)


async def _groups(request: WebRequest, kind: GroupKind, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        found = await groups.list_groups(tx, request.caller, kind)
        known = {str(each.id): each for each in found}
        listed = [(known[number], shown) for number, shown in tree(found, request.language)]
        return {"kind": kind.value, "listed": listed, "parents": tree(found, request.language), "agency": tx.agency}

    return manage_page(request, "groups", await request.read(work), refused=refused)


@post(
    "/manage/groups/{kind:str}",
    opt=guarded(
        _EDIT,
        example=Example(path={"kind": "material"}, body={"parent": "{material_group}", "code": "ny-film", **_FILMS}),
    ),
    status_code=200,
)
async def add_group(request: WebRequest, kind: FromPath[GroupKind]) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(AddGroup)
        await request.run(lambda tx: groups.add_group(tx, request.caller, kind, form))
        return request.go_to(f"/manage/groups/{kind}?done=group_added")

    return await sent(request, "group", do, lambda refused: _groups(request, kind, refused))


@post(
    "/manage/groups/{kind:str}/{group:int}",
    opt=guarded(_EDIT, example=Example(path={"kind": "material", "group": "{material_group}"}, body=_FILMS)),
    status_code=200,
)
async def rename_group(request: WebRequest, kind: FromPath[GroupKind], group: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(RenameGroup)
        await request.run(lambda tx: groups.rename_group(tx, request.caller, kind, group, form))
        return request.go_to(f"/manage/groups/{kind}?done=group_renamed")

    return await sent(request, f"group-{group}", do, lambda refused: _groups(request, kind, refused))


router = Router(path="/", route_handlers=[add_group, rename_group, show_groups])
