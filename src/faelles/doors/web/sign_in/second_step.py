"""The second step of signing in: the one-time password, or setting it up where a role asks for it."""

from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.doors.rest.access import Example, public
from faelles.doors.rest.pace import SIGNS_IN
from faelles.doors.web import cookies
from faelles.doors.web.place import HOME, own_path
from faelles.doors.web.problems import told
from faelles.doors.web.request import WebRequest
from faelles.doors.web.sign_in.qr import qr_code
from faelles.doors.web.sign_in.session import begin_session
from faelles.ground.errors import FaellesError, InvalidRequestError, TooManyAttemptsError, UnauthenticatedError
from faelles.people.one_time import halfway
from faelles.people.one_time.halfway import Halfway
from faelles.people.one_time.model import OneTimeCode

CODE: Final = "/sign-in/code"
SET_UP: Final = "/sign-in/set-up"


class CodeForm(msgspec.Struct, frozen=True, kw_only=True):
    code: OneTimeCode
    next: Annotated[str, msgspec.Meta(max_length=2000)] = HOME

    def __repr__(self) -> str:
        return "CodeForm()"


def _way(request: WebRequest) -> Halfway:
    """Raises UnauthenticatedError for whoever has not begun."""
    return halfway.opened(request.services.keyring, request.cookies.get(cookies.HALFWAY, ""))


@get(CODE, opt=public(example=Example()))
async def ask_code(request: WebRequest, next: FromQuery[str] = HOME) -> Response[bytes]:  # noqa: A002 - its name in the address
    return _code_page(request, own_path(next))


@post(CODE, opt=public(example=Example(body={"code": "123456"})) | {SIGNS_IN: True})
async def take_code(request: WebRequest) -> Response[bytes]:
    form, services = await request.typed(CodeForm), request.services
    try:
        token = await halfway.finish(services.database, services.keyring, _way(request), form.code)
    except (UnauthenticatedError, TooManyAttemptsError) as problem:
        return _code_page(request, own_path(form.next), problem)
    return begin_session(request, token, request.go_to(own_path(form.next)))


def _code_page(request: WebRequest, path: str, problem: FaellesError | None = None) -> Response[bytes]:
    context = {"next": path, "sentences": told(problem, request) if problem else ()}
    return request.page("sign_in/code.html", context, status=problem.status if problem else 200)


@get(SET_UP, opt=public(example=Example()))
async def show_set_up(request: WebRequest, next: FromQuery[str] = HOME) -> Response[bytes]:  # noqa: A002 - as above
    try:
        way = _way(request)
    except UnauthenticatedError:
        return request.go_to("/sign-in")
    return _set_up_page(request, way, own_path(next))


@post(SET_UP, opt=public(example=Example(body={"code": "123456"})) | {SIGNS_IN: True})
async def set_up(request: WebRequest) -> Response[bytes]:
    """The recovery codes are shown with the session that has begun; nobody sees them again."""
    form, services, way = await request.typed(CodeForm), request.services, _way(request)
    try:
        token, codes = await halfway.finish_enrolment(services.database, services.keyring, way, form.code)
    except InvalidRequestError as problem:
        return _set_up_page(request, way, own_path(form.next), problem)
    answer = request.page("sign_in/recovery_codes.html", {"codes": codes, "next": own_path(form.next)})
    return begin_session(request, token, answer)


def _set_up_page(request: WebRequest, way: Halfway, path: str, problem: FaellesError | None = None) -> Response[bytes]:
    enrolment = halfway.enrolment(way)
    context = {
        "next": path,
        "picture": qr_code(enrolment.address),
        "secret": enrolment.secret,
        "sentences": told(problem, request) if problem else (),
    }
    return request.page("sign_in/set_up.html", context, status=problem.status if problem else 200)


router = Router(path="/", route_handlers=[ask_code, set_up, show_set_up, take_code])
