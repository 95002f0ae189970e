"""Signing in and out, the desk one stands at, and the language one reads."""

from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.agencies import operations as agencies
from faelles.agencies.model import Agency, Branch, BranchKind
from faelles.doors.rest.access import Example, public, signed_in
from faelles.doors.web import cookies
from faelles.doors.web.problems import told
from faelles.doors.web.request import WebRequest
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Transaction
from faelles.ground.errors import FaellesError, TooManyAttemptsError, UnauthenticatedError
from faelles.ground.fields import Id
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION
from faelles.people import sign_in
from faelles.people.model import Caller, IssuedToken, Permission, Place
from faelles.people.staff.model import Typed

_MOST_AGENCIES: Final = 10_000
_MOST_BRANCHES: Final = 200
_A_DAY: Final = 24 * 60 * 60
_HOME: Final = "/"


class SignInForm(msgspec.Struct, frozen=True, kw_only=True):
    agency: Typed = ""
    username: Typed = ""
    password: Typed = ""
    next: Annotated[str, msgspec.Meta(max_length=2000)] = _HOME

    def __repr__(self) -> str:
        return "SignInForm()"


class PlaceForm(msgspec.Struct, frozen=True, kw_only=True):
    branch: Id
    next: Annotated[str, msgspec.Meta(max_length=2000)] = _HOME


class LanguageForm(msgspec.Struct, frozen=True, kw_only=True):
    language: Language
    next: Annotated[str, msgspec.Meta(max_length=2000)] = _HOME


@get("/sign-in", opt=public(example=Example()))
async def show_sign_in(request: WebRequest, next: FromQuery[str] = _HOME) -> Response[bytes]:  # noqa: A002 - its name in the address
    return await _form(request, SignInForm(agency=remembered_agency(request), next=_own_path(next)))


@post(
    "/sign-in",
    opt=public(example=Example(body={"agency": "{isil}", "username": "{username}", "password": "{password}"})),
)
async def begin(request: WebRequest) -> Response[bytes]:
    """Whatever is wrong is told in one sentence, the same for all of it."""
    form = await request.typed(SignInForm)
    services = request.services
    try:
        token = await sign_in.sign_in_staff(
            services.database,
            services.keyring,
            agency_isil=form.agency,
            username=form.username,
            password=form.password,
        )
    except (UnauthenticatedError, TooManyAttemptsError) as problem:
        return await _form(request, form, problem)
    return begin_session(request, token, form.agency, request.go_to(_own_path(form.next)), seconds=_A_DAY)


def begin_session(
    request: WebRequest, token: IssuedToken, agency: str, answer: Response[Any], *, seconds: int
) -> Response[Any]:
    """Let the browser keep the session, and the municipality for whoever signs in next."""
    services = request.services
    answer.set_cookie(cookies.secret_cookie(services, cookies.SESSION, token.secret, seconds))
    answer.set_cookie(cookies.ended_cookie(services, cookies.ACCESS))
    if remembered_agency(request) != agency:
        answer.set_cookie(cookies.remembered_cookie(services, cookies.PLACE, f"{agency}:"))
    return answer


async def public_agencies(request: WebRequest) -> list[Agency]:
    """To choose from before anybody is known, by name."""
    listed = await request.services.database.run(
        NATION, SYSTEM, lambda tx: agencies.public_directory(tx, limit=_MOST_AGENCIES), read_only=True
    )
    return sorted(listed, key=lambda each: each.name)


def remembered_agency(request: WebRequest) -> str:
    return _remembered(request)[0]


async def _form(request: WebRequest, form: SignInForm, problem: FaellesError | None = None) -> Response[bytes]:
    return request.page(
        "sign_in.html",
        {
            "form": form,
            "agencies": await public_agencies(request),
            "sentences": told(problem, request) if problem else (),
        },
        status=problem.status if problem else 200,
    )


@post("/sign-out", opt=signed_in(example=Example()))
async def end(request: WebRequest) -> Response[bytes]:
    """The desk stays what it is: the next one only types name and password."""
    services = request.services
    await sign_in.end_session(services.database, request.session_token)
    answer = request.go_to("/sign-in" if request.caller.patron is None else "/mine/sign-in")
    answer.set_cookie(cookies.ended_cookie(services, cookies.SESSION))
    answer.set_cookie(cookies.ended_cookie(services, cookies.ACCESS))
    return answer


@post("/place", opt=signed_in(example=Example(body={"branch": "{branch}"})))
async def stand_at(request: WebRequest) -> Response[bytes]:
    """Which branch this desk is in."""
    form = await request.typed(PlaceForm)
    answer = request.go_to(_own_path(form.next))
    place = f"{_remembered(request)[0]}:{form.branch}"
    answer.set_cookie(cookies.remembered_cookie(request.services, cookies.PLACE, place))
    return answer


@post("/language", opt=public(example=Example(body={"language": "en"})))
async def speak(request: WebRequest) -> Response[bytes]:
    form = await request.typed(LanguageForm)
    answer = request.go_to(_own_path(form.next))
    answer.set_cookie(cookies.remembered_cookie(request.services, cookies.LANGUAGE, form.language.value))
    return answer


class Desk(msgspec.Struct, frozen=True):
    """Where somebody works just now, and where else they may."""

    branch: Branch
    branches: tuple[Branch, ...]

    def name_of(self, branch: int | None) -> str:
        return next((each.name for each in self.branches if each.id == branch), "")


async def desk_of(tx: Transaction, request: WebRequest) -> Desk:
    """The branch that the cookie names, if the caller may lend there; else the first where they may."""
    caller = request.caller
    branches = await agencies.list_branches(tx, caller, limit=_MOST_BRANCHES)
    branches = sorted(branches, key=lambda each: (each.kind is not BranchKind.PUBLIC, each.name))
    open_to = [each for each in branches if _may_work(caller, each)] or branches
    chosen = _remembered(request)[1]
    branch = next((each for each in open_to if str(each.id) == chosen), open_to[0])
    return Desk(branch, tuple(branches))


def _may_work(caller: Caller, branch: Branch) -> bool:
    return Permission.CHECKOUT in caller.permissions_at(Place(branch.division, branch.id))


def _remembered(request: WebRequest) -> tuple[str, str]:
    """The agency's ISIL and the branch's id."""
    agency, _, branch = request.cookies.get(cookies.PLACE, "").partition(":")
    return agency, branch


def _own_path(path: str) -> str:
    """A path of ours, for nobody is sent elsewhere by an address they were given."""
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return path if is_ours and path.isprintable() else _HOME


router = Router(path="/", route_handlers=[begin, end, show_sign_in, speak, stand_at])
