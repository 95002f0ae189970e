"""Where staff sign in besides with a password: the municipality's own directory, and what its words mean here."""

import re
from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import Any, Final, Literal

import msgspec
from litestar import Response, Router, get, post

from faelles.agencies import operations as agencies
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathCode
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import MOST_LISTED, manage_page
from faelles.doors.web.request import WebRequest, read_as
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, ForbiddenError, invalid_field
from faelles.ground.fields import Code
from faelles.people.federation import operations
from faelles.people.federation.model import USUAL_ROLE_CLAIMS, Protocol, Provider, SetProvider
from faelles.people.model import Caller, Permission
from faelles.people.staff import operations as staff

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
_OWN_WORD: Final = "A provider's code is an agency's own word; in the test theirs has the same."
_THIS_ONE: Final = Example(path={"code": "{sign_in_provider}"}, answers_neighbours=_OWN_WORD)
_EVERYWHERE: Final = "agency"
_BY_PLACE: Final = "place"
_PLACE: Final = re.compile(r"(division|branch):([0-9]{1,15})")
_CLAIMS: Final = ("subject_claim", "username_claim", "name_claim", "role_claim")
_EMPTY_LINES: Final = 3
_SECRETS: Final = frozenset({"secret", "key"})


class RoleLine(msgspec.Struct, frozen=True, kw_only=True):
    """`at`: `branch:7`, `division:2`, `place` (where the provider says), or `agency`; empty for not chosen."""

    outside: str = ""
    role: str = ""
    at: str = ""


class PlaceLine(msgspec.Struct, frozen=True, kw_only=True):
    outside: str = ""
    at: str = ""


@get("/manage/sign-in", opt=guarded(_VIEW, example=Example()))
async def list_providers(request: WebRequest) -> Response[bytes]:
    found = await request.read(lambda tx: operations.list_providers(tx, request.caller))
    return manage_page(request, "providers", {"providers": found, "may_edit": _may_edit(request)})


@get("/manage/sign-in/new", opt=guarded(_EDIT, example=Example()))
async def new_provider(request: WebRequest) -> Response[bytes]:
    if not _may_edit(request):
        raise ForbiddenError("permission_missing", permission=_EDIT.value)
    return await _form(request, None)


def _may_edit(request: WebRequest) -> bool:
    """Who signs in there does so in the whole agency."""
    return request.caller.may(_EDIT) and request.caller.divisions(_EDIT) is None


@get("/manage/sign-in/{code:str}", opt=guarded(_VIEW, example=_THIS_ONE))
async def show_provider(request: WebRequest, code: PathCode) -> Response[bytes]:
    return await _form(request, code)


async def _form(request: WebRequest, code: str | None, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    typed = refused.at("provider").is_refused
    roles, places = await _lines(request) if typed else ([], [])

    async def work(tx: Transaction) -> dict[str, object]:
        caller = request.caller
        found = None if code is None else await operations.show_provider(tx, caller, code)
        role_lines = roles if typed else _roles_of(found)
        place_lines = places if typed else _places_of(found)
        chosen = [line.at for line in role_lines] + [line.at for line in place_lines]
        listed = await staff.list_roles(tx, caller, limit=MOST_LISTED)
        listed_places = await _listed_places(tx, caller)
        sees_agency = caller.may(Permission.AGENCY_VIEW)
        return {
            "provider": found,
            "may_edit": _may_edit(request),
            "claims": _claims_of(found),
            "role_lines": [*role_lines, *[RoleLine()] * _EMPTY_LINES],
            "place_lines": [*place_lines, *[PlaceLine()] * _EMPTY_LINES],
            "roles": listed,
            "unlisted_roles": _unlisted([line.role for line in role_lines], [role.code for role in listed]),
            "places": listed_places,
            "unlisted_places": _unlisted([at for at in chosen if _PLACE.fullmatch(at)], listed_places),
            "own_address": _address(request, found, (await agencies.show_agency(tx, caller)).isil)
            if sees_agency
            else "",
        }

    return manage_page(request, "provider", await request.read(work), refused=refused)


async def _listed_places(tx: Transaction, caller: Caller) -> dict[str, str]:
    """The names of the divisions and branches to choose from, by what the form calls them."""
    divisions = await agencies.list_divisions(tx, caller) if caller.may(Permission.AGENCY_VIEW) else []
    branches = await agencies.list_branches(tx, caller, limit=MOST_LISTED)
    return {f"division:{each.id}": each.name for each in divisions} | {
        f"branch:{each.id}": each.name for each in branches
    }


def _unlisted(chosen: Sequence[str], listed: Collection[str]) -> list[str]:
    """What lines name that is not in the list; a browser would send another choice in its stead."""
    return sorted({each for each in chosen if each and each not in listed})


def _address(request: WebRequest, provider: Provider | None, isil: str) -> str:
    """Where the provider finds us: to send people back to (OpenID), or our metadata (SAML)."""
    if provider is None:
        return ""
    place = f"back/{isil}/{provider.code}"
    if provider.protocol is Protocol.SAML:
        place = f"saml/{isil}/{provider.code}/metadata"
    return f"{request.services.installation.public_url}/sign-in/{place}"


def _claims_of(provider: Provider | None) -> dict[str, str]:
    """The claims that are not the protocol's usual ones: those would be the wrong ones of another protocol."""
    if provider is None:
        return dict.fromkeys(_CLAIMS, "")
    is_usual = provider.role_claim == USUAL_ROLE_CLAIMS[provider.protocol]
    return {
        "subject_claim": provider.subject_claim or "",
        "username_claim": provider.username_claim or "",
        "name_claim": provider.name_claim or "",
        "role_claim": "" if is_usual else provider.role_claim,
    }


def _roles_of(provider: Provider | None) -> list[RoleLine]:
    return [
        RoleLine(
            outside=each.outside,
            role=each.role,
            at=_BY_PLACE if each.is_by_place else _at(each.division, each.branch) or _EVERYWHERE,
        )
        for each in (provider.roles if provider else ())
    ]


def _places_of(provider: Provider | None) -> list[PlaceLine]:
    return [
        PlaceLine(outside=each.outside, at=_at(each.division, each.branch))
        for each in (provider.places if provider else ())
    ]


def _at(division: int | None, branch: int | None) -> str:
    if branch is not None:
        return f"branch:{branch}"
    return "" if division is None else f"division:{division}"


async def _lines(request: WebRequest) -> tuple[list[RoleLine], list[PlaceLine]]:
    """The tables of the form, without their empty lines. A line lacks what the form does not hold of it."""
    form = await request.form()

    def column(name: str) -> list[str]:
        return [str(each).strip() for each in form.getall(name, [])]

    roles = zip_longest(column("role_outside"), column("role"), column("role_at"), fillvalue="")
    places = zip_longest(column("place_outside"), column("place_at"), fillvalue="")
    return (
        [RoleLine(outside=outside, role=role, at=at) for outside, role, at in roles if outside or role],
        [PlaceLine(outside=outside, at=at) for outside, at in places if outside],
    )


async def _wanted(request: WebRequest) -> SetProvider:
    """The form as the operation takes it. Raises InvalidRequestError naming every misfit."""
    names = {field.name for field in msgspec.structs.fields(SetProvider)} - {"roles", "places", "is_open"}
    form = await request.form()
    given: dict[str, Any] = {name: str(form[name]).strip() for name in names if str(form.get(name, "")).strip()}
    roles, places = await _lines(request)
    if any(not (line.outside and line.role) for line in roles):
        raise invalid_field("roles", "web_provider_line_incomplete")
    given["is_open"] = form.get("is_open") == "true"
    given["roles"] = [{"outside": line.outside, "role": line.role, **_role_at(line.at)} for line in roles]
    given["places"] = [{"outside": line.outside, **_place("places", line.at)} for line in places]
    return read_as(SetProvider, given)


def _role_at(at: str) -> dict[str, object]:
    """The whole agency only where it is said: a line without a place is refused."""
    if at == _EVERYWHERE:
        return {}
    return {"is_by_place": True} if at == _BY_PLACE else _place("roles", at)


def _place(field: str, at: str) -> dict[str, object]:
    said = _PLACE.fullmatch(at)
    if said is None:
        raise invalid_field(field, "web_provider_line_incomplete")
    return {said[1]: int(said[2])}


_WANTED: Final = {
    "name": "Kommunens login",
    "protocol": "oidc",
    "issuer": "https://login.example.dk",
    "client": "bibliotek",
    "secret": "not so secret",
    "is_open": "true",
}


class NewForm(msgspec.Struct, frozen=True, kw_only=True):
    code: Code


@post("/manage/sign-in/new", opt=guarded(_EDIT, example=Example(body=_WANTED | {"code": "katalog-2"})), status_code=200)
async def add_provider(request: WebRequest) -> Response[bytes]:
    async def do() -> Response[bytes]:
        code = (await request.typed(NewForm)).code
        known = await request.read(lambda tx: operations.list_providers(tx, request.caller))
        if any(each.code == code for each in known):
            raise ConflictError("web_provider_code_taken")
        return await _set(request, code)

    return await sent(request, "provider", do, lambda refused: _form(request, None, refused), secret=_SECRETS)


@post(
    "/manage/sign-in/{code:str}",
    opt=guarded(
        _EDIT, example=Example(path={"code": "{sign_in_provider}"}, body=_WANTED, answers_neighbours=_OWN_WORD)
    ),
    status_code=200,
)
async def set_provider(request: WebRequest, code: PathCode) -> Response[bytes]:
    """What is secret and left empty stays as it was."""

    async def do() -> Response[bytes]:
        await request.read(lambda tx: operations.show_provider(tx, request.caller, code))
        return await _set(request, code)

    return await sent(request, "provider", do, lambda refused: _form(request, code, refused), secret=_SECRETS)


async def _set(request: WebRequest, code: str) -> Response[bytes]:
    wanted, services = await _wanted(request), request.services
    work = operations.set_provider
    await request.run(lambda tx: work(tx, request.caller, services.keyring, services.installation, code, wanted))
    return request.go_to(f"/manage/sign-in/{code}?done=saved")


class RemoveForm(msgspec.Struct, frozen=True, kw_only=True):
    is_sure: Literal["true"]


@post(
    "/manage/sign-in/{code:str}/removal",
    opt=guarded(
        _EDIT,
        example=Example(path={"code": "{sign_in_provider}"}, body={"is_sure": "true"}, answers_neighbours=_OWN_WORD),
    ),
    status_code=200,
)
async def remove_provider(request: WebRequest, code: PathCode) -> Response[bytes]:
    """Who came that way stays staff, without a password."""

    async def do() -> Response[bytes]:
        await request.typed(RemoveForm)
        await request.run(lambda tx: operations.remove_provider(tx, request.caller, code))
        return request.go_to("/manage/sign-in?done=provider_removed")

    return await sent(request, "removal", do, lambda refused: _form(request, code, refused))


router = Router(
    path="/",
    route_handlers=[add_provider, list_providers, new_provider, remove_provider, set_provider, show_provider],
)
