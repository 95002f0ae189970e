"""Staff, roles, tokens and support grants over REST."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import JSONBody, QueryParameter

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.answers import Made
from faelles.doors.rest.paging import Page, cursor, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathCode, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.access import Look
from faelles.ground.database import Transaction
from faelles.ground.fields import Id
from faelles.ground.ids import PatronId, StaffId
from faelles.patrons.looking.operations import looks_of_staff
from faelles.people import ending
from faelles.people import operations as tokens
from faelles.people.model import Permission, Subject, SubjectKind, TokenSummary
from faelles.people.staff import operations as staff
from faelles.people.staff.model import (
    Assignment,
    NewPassword,
    NewRole,
    NewStaff,
    Role,
    RoleChange,
    Staff,
    StaffChange,
)
from faelles.people.support import operations as support
from faelles.people.support.model import NewSupportGrant, SupportGrant, SupportGranted

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
_THIS_USER = {"user": "{staff}"}

HolderKind = Annotated[SubjectKind, QueryParameter(description="Whose tokens; a patron's are not shown.")]
HolderId = Annotated[int, QueryParameter(name="id", ge=1, le=2**53 - 1)]


class Holder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose tokens."""

    kind: SubjectKind
    id: Id


class Ended(msgspec.Struct, frozen=True):
    """How many sessions there were to end."""

    number: int


class LookShown(msgspec.Struct, frozen=True):
    """A look at a patron; `operation` is what it was for."""

    at: datetime
    patron: PatronId
    operation: str


# -- Staff


@get("/", opt=guarded(_VIEW, example=Example()), summary="The agency's staff by username")
async def list_staff(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Staff]:
    start = read_cursor(after, str) or ""
    found = await request.read(lambda tx: staff.list_staff(tx, request.caller, after=start, limit=limit))
    return page(found, limit, key=lambda user: user.username)


@post(
    "/",
    opt=guarded(_EDIT, example=Example(body={"username": "ny.kollega", "name": "Åse Ny"})),
    summary="Add a staff user",
)
async def create_staff(request: ApiRequest, data: JSONBody[NewStaff]) -> Staff:
    """Without roles, and, without a password, not able to sign in."""

    async def work(tx: Transaction) -> Staff:
        return await staff.show_staff(tx, request.caller, await staff.create_staff(tx, request.caller, data))

    return await request.run(work)


@get("/{user:int}", opt=guarded(_VIEW, example=Example(path=_THIS_USER)), summary="One staff user with roles")
async def show_staff(request: ApiRequest, user: PathId) -> Staff:
    return await request.read(lambda tx: staff.show_staff(tx, request.caller, StaffId(user)))


@patch(
    "/{user:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_USER, body={"language": "en"})),
    status_code=204,
    summary="Rename, disable or enable a staff user",
)
async def change_staff(request: ApiRequest, user: PathId, data: JSONBody[StaffChange]) -> None:
    """Of a colleague who may no more than the caller. Disabling ends their sessions."""
    await request.run(lambda tx: staff.change_staff(tx, request.caller, StaffId(user), data))


@put(
    "/{user:int}/password",
    opt=guarded(_EDIT, example=Example(path=_THIS_USER, body={"password": "seven small ships"})),
    status_code=204,
    summary="Give a staff user a new password",
)
async def set_password(request: ApiRequest, user: PathId, data: JSONBody[NewPassword]) -> None:
    """Their sessions end, and a lock on their username is lifted."""
    keyring = request.services.keyring
    await request.run(lambda tx: staff.set_password(tx, keyring, request.caller, StaffId(user), data))


@post(
    "/{user:int}/roles",
    opt=guarded(_EDIT, example=Example(path=_THIS_USER, body={"role": "{role_code}", "branch": "{branch}"})),
    summary="Give a staff user a role at a branch, in a division or in the agency",
)
async def assign_role(request: ApiRequest, user: PathId, data: JSONBody[Assignment]) -> Made:
    """Nobody gives more than they hold there themselves."""
    return Made(await request.run(lambda tx: staff.assign_role(tx, request.caller, StaffId(user), data)))


@delete(
    "/{user:int}/roles/{held:int}",
    opt=guarded(_EDIT, example=Example(path={"user": "{staff}", "held": "{held_role}"})),
    summary="Take a role back",
)
async def withdraw_role(request: ApiRequest, user: PathId, held: PathId) -> None:
    await request.run(lambda tx: staff.withdraw_role(tx, request.caller, StaffId(user), held))


@get(
    "/{user:int}/looks",
    opt=guarded(Permission.PRIVACY, example=Example(path=_THIS_USER)),
    summary="Whom a staff user looked at, and what for",
)
async def list_looks(request: ApiRequest, user: PathId, limit: Limit = 50, after: After = None) -> Page[LookShown]:
    """The latest first. Those looked at are told of this look too."""
    before = read_cursor(after, Look)
    found = await request.run(lambda tx: looks_of_staff(tx, request.caller, StaffId(user), before=before, limit=limit))
    items = [LookShown(look.at, look.person, look.operation) for look in found]
    return Page(items=items, next=cursor(found[-1]) if len(found) == limit else None)


# -- Roles


@get("/", opt=guarded(_VIEW, example=Example()), summary="The agency's roles by code")
async def list_roles(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Role]:
    start = read_cursor(after, str) or ""
    found = await request.read(lambda tx: staff.list_roles(tx, request.caller, after=start, limit=limit))
    return page(found, limit, key=lambda role: role.code)


@post(
    "/",
    opt=guarded(_EDIT, example=Example(body={"code": "plukker", "name": "Plukker", "permissions": ["worklist"]})),
    summary="Add a role",
)
async def create_role(request: ApiRequest, data: JSONBody[NewRole]) -> Made:
    """Of permissions that the caller holds in the whole agency."""
    return Made(await request.run(lambda tx: staff.create_role(tx, request.caller, data)))


@patch(
    "/{code:str}",
    opt=guarded(
        _EDIT,
        example=Example(
            path={"code": "{role_code}"},
            body={"permissions": ["renew"]},
            answers_neighbours="A role's code is an agency's own word; in the test theirs has the same.",
        ),
    ),
    status_code=204,
    summary="Rename a role or change what it allows",
)
async def change_role(request: ApiRequest, code: PathCode, data: JSONBody[RoleChange]) -> None:
    """For everybody who holds it, from their next request on."""
    await request.run(lambda tx: staff.change_role(tx, request.caller, code, data))


# -- Tokens


@get(
    "/",
    opt=guarded(_VIEW, example=Example(query={"kind": "machine", "id": "{machine}"})),
    summary="The open sessions of staff, a machine, a client or a supporter",
)
async def list_tokens(
    request: ApiRequest, kind: HolderKind, holder: HolderId, limit: Limit = 50, after: After = None
) -> Page[TokenSummary]:
    start = read_cursor(after, int) or 0
    subject = Subject(kind, holder)
    found = await request.read(lambda tx: tokens.list_tokens(tx, request.caller, subject, after=start, limit=limit))
    return page(found, limit, key=lambda token: token.id)


@delete("/{token:int}", opt=guarded(_EDIT, example=Example(path={"token": "{token}"})), summary="End one session")
async def revoke_token(request: ApiRequest, token: PathId) -> None:
    await request.run(lambda tx: ending.revoke_token(tx, request.caller, token))


@post(
    "/revoke",
    opt=guarded(_EDIT, example=Example(body={"kind": "staff", "id": "{staff}"})),
    status_code=200,
    summary="End every session of staff, a machine, a client or a supporter",
)
async def revoke_all_tokens(request: ApiRequest, data: JSONBody[Holder]) -> Ended:
    subject = Subject(data.kind, data.id)
    return Ended(await request.run(lambda tx: ending.revoke_all_tokens(tx, request.caller, subject)))


# -- Support grants


@get("/", opt=guarded(_VIEW, example=Example()), summary="When the operator's supporters have been let in, and why")
async def list_support_grants(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[SupportGrant]:
    start = read_cursor(after, int) or 0
    found = await request.read(lambda tx: support.list_support_grants(tx, request.caller, after=start, limit=limit))
    return page(found, limit, key=lambda grant: grant.id)


@post(
    "/",
    opt=guarded(Permission.SUPPORT_GRANT, example=Example(body={"reason": "Fejl ved fornyelse", "hours": 2})),
    summary="Let the operator's supporters in",
)
async def grant_support(
    request: ApiRequest, data: JSONBody[NewSupportGrant], idempotency_key: IdempotencyKey = None
) -> SupportGranted:
    """For some hours, to look and not to change. Both ends and every entry are logged."""
    return await request.run(lambda tx: support.grant_support(tx, request.caller, data, key=idempotency_key))


@delete(
    "/{grant:int}",
    opt=guarded(Permission.SUPPORT_GRANT, example=Example(path={"grant": "{support_grant}"})),
    summary="Put the operator's supporters out",
)
async def revoke_support(request: ApiRequest, grant: PathId) -> None:
    """At once, whoever is inside."""
    await request.run(lambda tx: support.revoke_support(tx, request.caller, grant))


router = Router(
    path="/",
    tags=["people"],
    route_handlers=[
        Router(
            path="/staff",
            route_handlers=[
                list_staff,
                create_staff,
                show_staff,
                change_staff,
                set_password,
                list_looks,
                assign_role,
                withdraw_role,
            ],
        ),
        Router(path="/roles", route_handlers=[list_roles, create_role, change_role]),
        Router(path="/tokens", route_handlers=[list_tokens, revoke_token, revoke_all_tokens]),
        Router(path="/support-grants", route_handlers=[list_support_grants, grant_support, revoke_support]),
    ],
)
