"""Signing in and out, moving to another desk, and the language one reads."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.doors.rest.access import Example, public, signed_in
from faelles.doors.rest.pace import SIGNS_IN
from faelles.doors.web import cookies
from faelles.doors.web.place import HOME, own_path, remembered_agency
from faelles.doors.web.problems import told
from faelles.doors.web.request import WebRequest
from faelles.doors.web.sign_in import second_step
from faelles.doors.web.sign_in.agencies import public_agencies
from faelles.doors.web.sign_in.session import begin_session, remember_agency
from faelles.ground.errors import FaellesError, TooManyAttemptsError, UnauthenticatedError
from faelles.ground.fields import Id
from faelles.ground.i18n import Language
from faelles.people import sign_in
from faelles.people.federation.signing_in import providers_of
from faelles.people.model import IssuedToken
from faelles.people.one_time import halfway
from faelles.people.staff.model import Typed


class SignInForm(msgspec.Struct, frozen=True, kw_only=True):
    agency: Typed = ""
    username: Typed = ""
    password: Typed = ""
    next: Annotated[str, msgspec.Meta(max_length=2000)] = HOME

    def __repr__(self) -> str:
        return "SignInForm()"


class PlaceForm(msgspec.Struct, frozen=True, kw_only=True):
    branch: Id
    next: Annotated[str, msgspec.Meta(max_length=2000)] = HOME


class LanguageForm(msgspec.Struct, frozen=True, kw_only=True):
    language: Language
    next: Annotated[str, msgspec.Meta(max_length=2000)] = HOME


@get("/sign-in", opt=public(example=Example()))
async def show_sign_in(request: WebRequest, next: FromQuery[str] = HOME) -> Response[bytes]:  # noqa: A002 - its name in the address
    return await _form(request, SignInForm(agency=remembered_agency(request), next=own_path(next)))


@post(
    "/sign-in",
    opt=public(example=Example(body={"agency": "{isil}", "username": "{username}", "password": "{password}"}))
    | {SIGNS_IN: True},
)
async def begin(request: WebRequest) -> Response[bytes]:
    """Whatever is wrong is told in one sentence, the same for all of it."""
    form = await request.typed(SignInForm)
    services = request.services
    try:
        begun = await sign_in.begin_staff_sign_in(
            services.database,
            services.keyring,
            agency_isil=form.agency,
            username=form.username,
            password=form.password,
            is_in_browser=True,
        )
    except (UnauthenticatedError, TooManyAttemptsError) as problem:
        return await _form(request, form, problem)
    if isinstance(begun, IssuedToken):
        return begin_session(request, begun, request.go_to(own_path(form.next)), agency=form.agency)
    path = second_step.CODE if begun.is_enrolled else second_step.SET_UP
    answer = request.go_to(f"{path}?next={quote(own_path(form.next), safe='')}")
    sealed = halfway.sealed(services.keyring, begun)
    answer.set_cookie(cookies.secret_cookie(services, cookies.HALFWAY, sealed, int(halfway.LONGEST.total_seconds())))
    remember_agency(request, form.agency, answer)
    return answer


async def _form(request: WebRequest, form: SignInForm, problem: FaellesError | None = None) -> Response[bytes]:
    return request.page(
        "sign_in/page.html",
        {
            "form": form,
            "agencies": await public_agencies(request),
            "ways": await providers_of(request.services.database, form.agency),
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
    answer = request.go_to(own_path(form.next))
    place = f"{remembered_agency(request)}:{form.branch}"
    answer.set_cookie(cookies.remembered_cookie(request.services, cookies.PLACE, place))
    return answer


@post("/language", opt=public(example=Example(body={"language": "en"})))
async def speak(request: WebRequest) -> Response[bytes]:
    form = await request.typed(LanguageForm)
    answer = request.go_to(own_path(form.next))
    answer.set_cookie(cookies.remembered_cookie(request.services, cookies.LANGUAGE, form.language.value))
    return answer


router = Router(path="/", route_handlers=[begin, end, show_sign_in, speak, stand_at])
