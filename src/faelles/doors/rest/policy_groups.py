"""The trees of patron groups and of material groups over REST."""

from litestar import Router, get, post, put
from litestar.params import FromPath, JSONBody

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page
from faelles.doors.rest.parameters import PathId
from faelles.doors.rest.request import ApiRequest
from faelles.people.model import Permission
from faelles.policies.groups import operations as groups
from faelles.policies.groups.model import AddGroup, Group, GroupKind, RenameGroup

_VIEW, _EDIT = Permission.POLICY_VIEW, Permission.POLICY_EDIT


@get(
    "/groups/{kind:str}",
    opt=guarded(_VIEW, example=Example(path={"kind": "material"})),
    summary="The tree of patron groups or of material groups",
)
async def list_groups(request: ApiRequest, kind: FromPath[GroupKind]) -> Page[Group]:
    """Always one page, parents first. `agency` 0 is the nation."""
    return Page(items=await request.read(lambda tx: groups.list_groups(tx, request.caller, kind)), next=None)


@post(
    "/groups/{kind:str}",
    opt=guarded(
        _EDIT,
        example=Example(
            path={"kind": "material"},
            body={"parent": "{material_group}", "code": "manga", "name_da": "Manga", "name_en": "Manga"},
        ),
    ),
    summary="Add a group of the agency's own",
)
async def add_group(request: ApiRequest, kind: FromPath[GroupKind], data: JSONBody[AddGroup]) -> Group:
    return await request.run(lambda tx: groups.add_group(tx, request.caller, kind, data))


@put(
    "/groups/{kind:str}/{group:int}",
    opt=guarded(
        _EDIT,
        example=Example(
            path={"kind": "patron", "group": "{patron_group}"}, body={"name_da": "Filmklub", "name_en": "Film club"}
        ),
    ),
    summary="Rename a group of the agency's own",
)
async def rename_group(
    request: ApiRequest, kind: FromPath[GroupKind], group: PathId, data: JSONBody[RenameGroup]
) -> Group:
    return await request.run(lambda tx: groups.rename_group(tx, request.caller, kind, group, data))


router = Router(
    path="/policies",
    route_handlers=[list_groups, add_group, rename_group],
    tags=["policies"],
)
