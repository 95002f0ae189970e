"""A patron comes in with card and PIN, and changes the PIN."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.doors.rest.access import Example, own_account, public
from faelles.doors.rest.pace import SIGNS_IN
from faelles.doors.web import cookies
from faelles.doors.web.place import own_path, remembered_agency
from faelles.doors.web.problems import told
from faelles.doors.web.request import WebRequest
from faelles.doors.web.sign_in.agencies import public_agencies
from faelles.doors.web.sign_in.session import begin_session
from faelles.ground.errors import (
    FaellesError,
    InvalidRequestError,
    TooManyAttemptsError,
    UnauthenticatedError,
    invalid_field,
)
from faelles.patrons.identification.sign_in import sign_in_patron
from faelles.patrons.own_account.model import ChangeOwnPin
from faelles.patrons.own_account.operations import change_own_pin
from faelles.people.model import SubjectKind
from faelles.people.rules import IDLE_AT_MOST
from faelles.people.staff.model import Typed

_MINE: Final = "/mine"
_AN_HOUR: Final = 60 * 60


class CardForm(msgspec.Struct, frozen=True, kw_only=True):
    agency: Typed = ""
    card: Typed = ""
    pin: Typed = ""
    next: Annotated[str, msgspec.Meta(max_length=2000)] = _MINE

    def __repr__(self) -> str:
        return "CardForm()"


class PinForm(ChangeOwnPin, frozen=True, kw_only=True):
    """`again`: the new one once more, as nobody sees what they type."""

    again: Typed

    def __repr__(self) -> str:
        return "PinForm()"


@get("/mine/sign-in", opt=public(example=Example()))
async def show_sign_in(request: WebRequest, next: FromQuery[str] = _MINE) -> Response[bytes]:  # noqa: A002 - its name in the address
    return await _sign_in_form(request, CardForm(agency=remembered_agency(request), next=_after(next)))


@post(
    "/mine/sign-in",
    opt=public(example=Example(body={"agency": "{isil}", "card": "{card}", "pin": "{pin}"})) | {SIGNS_IN: True},
)
async def begin(request: WebRequest) -> Response[bytes]:
    """Whatever is wrong is told in one sentence, the same for all of it."""
    form = await request.typed(CardForm)
    services = request.services
    try:
        token = await sign_in_patron(
            services.database,
            services.keyring,
            agency_isil=form.agency,
            identifier=form.card,
            pin=form.pin,
            idle=IDLE_AT_MOST[SubjectKind.PATRON],
        )
    except (UnauthenticatedError, TooManyAttemptsError) as problem:
        return await _sign_in_form(request, form, problem)
    return begin_session(request, token, request.go_to(_after(form.next)), agency=form.agency, seconds=_AN_HOUR)


def _after(path: str) -> str:
    """A patron goes on to their own pages, or to the title they were about to reserve."""
    place = own_path(path)
    return place if place.startswith((_MINE, "/search")) else _MINE


async def _sign_in_form(request: WebRequest, form: CardForm, problem: FaellesError | None = None) -> Response[bytes]:
    context = {
        "form": form,
        "agencies": await public_agencies(request),
        "sentences": told(problem, request) if problem else (),
    }
    return request.page("own/sign_in.html", context, status=problem.status if problem else 200)


@get("/mine/pin", opt=own_account(example=Example()))
async def show_pin(request: WebRequest) -> Response[bytes]:
    return _pin_page(request)


@post(
    "/mine/pin",
    opt=own_account(example=Example(body={"old": "{pin}", "new": "9172", "again": "9172"})),
    status_code=200,
)
async def change_pin(request: WebRequest) -> Response[Any]:
    """Every session of theirs ends, this one too: they sign in with the new PIN."""
    services = request.services
    try:
        form = await request.typed(PinForm)
        if form.new != form.again:
            raise invalid_field("again", "web_entry_pin_not_again")
        asked = ChangeOwnPin(old=form.old, new=form.new)
        await change_own_pin(services.database, services.keyring, request.caller, asked)
    except (InvalidRequestError, TooManyAttemptsError) as problem:
        return _pin_page(request, problem)
    answer = request.page("own/pin_changed.html", {"caller": None})
    for over in (cookies.SESSION, cookies.ACCESS):
        answer.set_cookie(cookies.ended_cookie(services, over))
    return answer


def _pin_page(request: WebRequest, problem: FaellesError | None = None) -> Response[bytes]:
    context = {"sentences": told(problem, request) if problem else ()}
    return request.page("own/pin.html", context, status=problem.status if problem else 200)


router = Router(path="/", route_handlers=[begin, change_pin, show_pin, show_sign_in])
