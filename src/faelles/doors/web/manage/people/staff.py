"""Staff: the list, one colleague with roles per branch, password and sessions."""

from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import QueryParameter

from faelles.agencies import operations as agencies
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web import sheet
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import MOST_LISTED, PAGE, manage_page
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.fields import Code, Id, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import StaffId
from faelles.people import ending
from faelles.people import operations as people
from faelles.people.model import Permission, Subject, SubjectKind
from faelles.people.staff import operations as staff
from faelles.people.staff.model import Assignment, NewPassword, NewStaff, Staff, StaffChange, Typed

After = Annotated[str, QueryParameter(max_length=64, pattern=r"^[a-z0-9._@-]*$")]

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
_THIS_USER: Final = {"user": "{staff}"}


class RoleForm(msgspec.Struct, frozen=True, kw_only=True):
    """`at`: `agency` for the whole of it, `division:3` or `branch:12`. Nothing stands until somebody says where."""

    role: Code
    at: Annotated[str, msgspec.Meta(pattern=r"^(agency|(division|branch):[0-9]{1,15})$")]

    @property
    def assignment(self) -> Assignment:
        kind, _, number = self.at.partition(":")
        return Assignment(role=self.role, **({kind: int(number)} if number else {}))


class PersonForm(msgspec.Struct, frozen=True, kw_only=True):
    name: ShortText
    language: Language


class PasswordForm(msgspec.Struct, frozen=True, kw_only=True):
    password: Typed

    def __repr__(self) -> str:
        return "PasswordForm()"


class HeldForm(msgspec.Struct, frozen=True, kw_only=True):
    held: Id


class SessionForm(msgspec.Struct, frozen=True, kw_only=True):
    """None: all of them."""

    token: Id | None = None


class AbleForm(msgspec.Struct, frozen=True, kw_only=True):
    is_disabled: bool


@get("/manage/staff", opt=guarded(_VIEW, example=Example()))
async def list_staff(request: WebRequest, after: After = "") -> Response[bytes]:
    return await _list(request, after)


async def _list(request: WebRequest, after: str = "", refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        found = await staff.list_staff(tx, request.caller, after=after, limit=PAGE)
        roles = await staff.list_roles(tx, request.caller, limit=MOST_LISTED)
        return {
            "staff": found,
            "roles": {role.code: role.name for role in roles},
            "after": after,
            "more": found[-1].username if len(found) == PAGE else None,
        }

    return manage_page(request, "staff", await request.read(work), refused=refused)


@get("/manage/staff.csv", opt=guarded(_VIEW, example=Example()))
async def staff_as_sheet(request: WebRequest) -> Response[bytes]:
    async def work(tx: Transaction) -> list[Staff]:
        found: list[Staff] = []
        while len(found) < sheet.MOST_ROWS:
            after = found[-1].username if found else ""
            page = await staff.list_staff(tx, request.caller, after=after, limit=MOST_LISTED)
            found += page
            if len(page) < MOST_LISTED:
                break
        return found

    headings = ["web_username", "web_name", "web_roles", "web_may_sign_in", "web_disabled_since"]
    rows = [
        (
            each.username,
            each.name,
            ", ".join(sorted({held.role for held in each.roles})),
            each.has_password and each.disabled_at is None,
            each.disabled_at,
        )
        for each in await request.read(work)
    ]
    return sheet.sheet(request, "staff", headings, rows)


@post(
    "/manage/staff",
    opt=guarded(_EDIT, example=Example(body={"username": "ny.kollega", "name": "Åse Ny", "language": "da"})),
    status_code=200,
)
async def create_staff(request: WebRequest) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(NewStaff)
        made = await request.run(lambda tx: staff.create_staff(tx, request.caller, form))
        return request.go_to(f"/manage/staff/{made}?done=staff_created")

    return await sent(request, "staff", do, lambda refused: _list(request, "", refused), secret=frozenset({"password"}))


@get("/manage/staff/{user:int}", opt=guarded(_VIEW, example=Example(path=_THIS_USER)))
async def show_staff(request: WebRequest, user: PathId) -> Response[bytes]:
    return await _one(request, user)


async def _one(request: WebRequest, user: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        caller = request.caller
        branches = await agencies.list_branches(tx, caller, limit=MOST_LISTED)
        divisions = await agencies.list_divisions(tx, caller) if caller.may(Permission.AGENCY_VIEW) else []
        return {
            "user": await staff.show_staff(tx, caller, StaffId(user)),
            "roles": await staff.list_roles(tx, caller, limit=MOST_LISTED),
            "branches": branches,
            "divisions": divisions,
            "branch_names": {each.id: each.name for each in branches},
            "division_names": {each.id: each.name for each in divisions},
            "sessions": await people.list_tokens(tx, caller, Subject(SubjectKind.STAFF, user), after=0, limit=PAGE),
            "is_self": caller.actor.id == user and caller.actor.kind.value == SubjectKind.STAFF.value,
        }

    return manage_page(request, "person", await request.read(work), refused=refused)


@post(
    "/manage/staff/{user:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_USER, body={"name": "Lise", "language": "da"})),
    status_code=200,
)
async def change_staff(request: WebRequest, user: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(PersonForm)
        change = StaffChange(name=form.name, language=form.language)
        await request.run(lambda tx: staff.change_staff(tx, request.caller, StaffId(user), change))
        return request.go_to(f"/manage/staff/{user}?done=saved")

    return await sent(request, "person", do, lambda refused: _one(request, user, refused))


@post(
    "/manage/staff/{user:int}/able",
    opt=guarded(_EDIT, example=Example(path=_THIS_USER, body={"is_disabled": "true"})),
    status_code=200,
)
async def disable_staff(request: WebRequest, user: PathId) -> Response[bytes]:
    """Disabled, they cannot sign in, and their sessions end; or let in again."""

    async def do() -> Response[bytes]:
        form = await request.typed(AbleForm)
        change = StaffChange(is_disabled=form.is_disabled)
        await request.run(lambda tx: staff.change_staff(tx, request.caller, StaffId(user), change))
        return request.go_to(f"/manage/staff/{user}?done={'disabled' if form.is_disabled else 'enabled'}")

    return await sent(request, "able", do, lambda refused: _one(request, user, refused))


@post(
    "/manage/staff/{user:int}/password",
    opt=guarded(_EDIT, example=Example(path=_THIS_USER, body={"password": "seven small ships"})),
    status_code=200,
)
async def set_password(request: WebRequest, user: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        new = NewPassword(password=(await request.typed(PasswordForm)).password)
        keyring = request.services.keyring
        await request.run(lambda tx: staff.set_password(tx, keyring, request.caller, StaffId(user), new))
        return request.go_to(f"/manage/staff/{user}?done=password_set")

    secret = frozenset({"password"})
    return await sent(request, "password", do, lambda refused: _one(request, user, refused), secret=secret)


@post(
    "/manage/staff/{user:int}/roles",
    opt=guarded(_EDIT, example=Example(path=_THIS_USER, body={"role": "{role_code}", "at": "agency"})),
    status_code=200,
)
async def assign_role(request: WebRequest, user: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        wanted = (await request.typed(RoleForm)).assignment
        await request.run(lambda tx: staff.assign_role(tx, request.caller, StaffId(user), wanted))
        return request.go_to(f"/manage/staff/{user}?done=role_assigned#roles")

    return await sent(request, "role", do, lambda refused: _one(request, user, refused))


@post(
    "/manage/staff/{user:int}/roles/withdrawn",
    opt=guarded(_EDIT, example=Example(path=_THIS_USER, body={"held": "{held_role}"})),
    status_code=200,
)
async def withdraw_role(request: WebRequest, user: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(HeldForm)
        await request.run(lambda tx: staff.withdraw_role(tx, request.caller, StaffId(user), form.held))
        return request.go_to(f"/manage/staff/{user}?done=role_withdrawn#roles")

    return await sent(request, "role", do, lambda refused: _one(request, user, refused))


@post(
    "/manage/staff/{user:int}/sessions/ended",
    opt=guarded(_EDIT, example=Example(path=_THIS_USER, body={"token": "{token}"})),
    status_code=200,
)
async def end_sessions(request: WebRequest, user: PathId) -> Response[bytes]:
    """One, or all of them."""

    async def do() -> Response[bytes]:
        token = (await request.typed(SessionForm)).token
        subject = Subject(SubjectKind.STAFF, user)
        if token is None:
            await request.run(lambda tx: ending.revoke_all_tokens(tx, request.caller, subject))
        else:
            await request.run(lambda tx: ending.revoke_token(tx, request.caller, token))
        return request.go_to(f"/manage/staff/{user}?done=sessions_ended#sessions")

    return await sent(request, "sessions", do, lambda refused: _one(request, user, refused))


router = Router(
    path="/",
    route_handlers=[
        assign_role,
        change_staff,
        create_staff,
        disable_staff,
        end_sessions,
        list_staff,
        set_password,
        show_staff,
        staff_as_sheet,
        withdraw_role,
    ],
)
