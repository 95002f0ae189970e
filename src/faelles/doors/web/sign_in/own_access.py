"""One's own way in: password, one-time password, and the PIN to change places at the desk with; and changing places."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.doors.rest.access import Example, signed_in
from faelles.doors.rest.pace import SIGNS_IN
from faelles.doors.web.place import HOME, own_path
from faelles.doors.web.problems import told
from faelles.doors.web.request import WebRequest
from faelles.doors.web.sign_in.qr import qr_code
from faelles.doors.web.sign_in.session import begin_session
from faelles.ground.actor import ActorKind
from faelles.ground.database import Transaction
from faelles.ground.errors import (
    FaellesError,
    ForbiddenError,
    InvalidRequestError,
    TooManyAttemptsError,
    UnauthenticatedError,
)
from faelles.ground.i18n import text
from faelles.people import desk_switch, sign_in
from faelles.people.desk_switch import SetDeskPin
from faelles.people.one_time import halfway
from faelles.people.one_time import operations as one_time
from faelles.people.one_time.model import Enrolment, OneTimeCode
from faelles.people.staff.model import Staff, Typed
from faelles.people.staff.operations import show_self

_ME: Final = "/me"
_NEW_CODE: Final = "000000"


class PasswordForm(msgspec.Struct, frozen=True, kw_only=True):
    old: Typed
    new: Typed

    def __repr__(self) -> str:
        return "PasswordForm()"


class EnrolForm(msgspec.Struct, frozen=True, kw_only=True):
    """`held`: a code of the telephone that is known already, where there is one."""

    secret: Annotated[str, msgspec.Meta(max_length=64)]
    code: OneTimeCode
    held: OneTimeCode | None = None

    def __repr__(self) -> str:
        return "EnrolForm()"


class HeldForm(msgspec.Struct, frozen=True, kw_only=True):
    held: OneTimeCode

    def __repr__(self) -> str:
        return "HeldForm()"


class SwitchForm(msgspec.Struct, frozen=True, kw_only=True):
    username: Typed = ""
    pin: Annotated[str, msgspec.Meta(max_length=20)] = ""
    next: Annotated[str, msgspec.Meta(max_length=2000)] = HOME

    def __repr__(self) -> str:
        return "SwitchForm()"


@get(_ME, opt=signed_in(example=Example()))
async def show(request: WebRequest) -> Response[bytes]:
    return await _page(request)


async def _page(
    request: WebRequest, *, said: str = "", problem: FaellesError | None = None, secret: str = ""
) -> Response[bytes]:
    caller = request.caller
    if caller.actor.kind is not ActorKind.STAFF:
        raise ForbiddenError("only_staff_have_passwords")

    async def work(tx: Transaction) -> tuple[Staff, object]:
        return await show_self(tx, caller), await one_time.show_own(tx, caller)

    me, standing = await request.read(work)
    enrolment: Enrolment = (
        one_time.enrolment_of(secret, halfway.ISSUER, me.username)
        if secret
        else one_time.new_enrolment(halfway.ISSUER, me.username)
    )
    context = {
        "me": me,
        "standing": standing,
        "secret": enrolment.secret,
        "picture": qr_code(enrolment.address),
        "said": said and text(said, request.language),
        "sentences": told(problem, request) if problem else (),
    }
    return request.page("sign_in/me.html", context, status=problem.status if problem else 200)


@post("/me/password", opt=signed_in(example=Example(body={"old": "not the one", "new": "not either"})), status_code=200)
async def change_password(request: WebRequest) -> Response[Any]:
    """Every session of theirs ends, this one too: it begins anew with the new password."""
    form, services = await request.typed(PasswordForm), request.services
    try:
        await sign_in.change_own_password(
            services.database, services.keyring, request.caller, old=form.old, new=form.new
        )
    except (InvalidRequestError, TooManyAttemptsError) as problem:
        return await _page(request, problem=problem)
    return request.go_to("/sign-in")


@post(
    "/me/one-time",
    opt=signed_in(example=Example(body={"secret": "JBSWY3DPEHPK3PXP", "code": _NEW_CODE})),
    status_code=200,
)
async def enrol(request: WebRequest) -> Response[bytes]:
    form, services, caller = await request.typed(EnrolForm), request.services, request.caller
    own = one_time.own_id(caller)
    try:
        if (await request.read(lambda tx: one_time.standing_of(tx, own))).is_enrolled:
            await one_time.prove_own(services.database, services.keyring, caller, form.held or "")
        codes = await request.run(lambda tx: one_time.enrol(tx, services.keyring, own, form.secret, form.code))
    except (InvalidRequestError, TooManyAttemptsError) as problem:
        return await _page(request, problem=problem, secret=form.secret)
    return request.page("sign_in/recovery_codes.html", {"codes": codes, "next": _ME})


@post("/me/one-time/removal", opt=signed_in(example=Example(body={"held": _NEW_CODE})), status_code=200)
async def remove(request: WebRequest) -> Response[bytes]:
    form, services, caller = await request.typed(HeldForm), request.services, request.caller
    try:
        await one_time.prove_own(services.database, services.keyring, caller, form.held)
        await request.run(lambda tx: one_time.remove_own(tx, caller))
    except (InvalidRequestError, TooManyAttemptsError, ForbiddenError) as problem:
        return await _page(request, problem=problem)
    return await _page(request, said="web_entry_one_time_removed")


@post(
    "/me/desk-pin", opt=signed_in(example=Example(body={"pin": "482913", "password": "not the one"})), status_code=200
)
async def set_desk_pin(request: WebRequest) -> Response[bytes]:
    services, caller = request.services, request.caller
    try:
        form = await request.typed(SetDeskPin)
        await desk_switch.set_own_desk_pin(services.database, services.keyring, caller, form)
    except (InvalidRequestError, ForbiddenError, TooManyAttemptsError) as problem:
        return await _page(request, problem=problem)
    return await _page(request, said="web_entry_desk_pin_set" if form.pin else "web_entry_desk_pin_removed")


@get("/switch", opt=signed_in(example=Example()))
async def ask_who(request: WebRequest, next: FromQuery[str] = HOME) -> Response[bytes]:  # noqa: A002 - its name in the address
    return _switch_page(request, SwitchForm(next=_place_of(next)))


@post(
    "/switch",
    opt=signed_in(example=Example(body={"username": "{username}", "pin": "000000"})) | {SIGNS_IN: True},
    status_code=200,
)
async def switch(request: WebRequest) -> Response[Any]:
    """Whoever takes over goes on where the desk stands, with nobody open."""
    form, services = await request.typed(SwitchForm), request.services
    try:
        token = await desk_switch.switch_user(
            services.database,
            services.keyring,
            request.caller,
            request.session_token,
            username=form.username,
            pin=form.pin,
        )
    except (UnauthenticatedError, TooManyAttemptsError) as problem:
        return _switch_page(request, form, problem)
    return begin_session(request, token, request.go_to(_place_of(form.next)))


def _place_of(path: str) -> str:
    """Without what was open there: a patron is nobody's business who has not opened them."""
    place = own_path(path).partition("?")[0].partition("#")[0]
    return HOME if place.startswith("/patrons/") else place


def _switch_page(request: WebRequest, form: SwitchForm, problem: FaellesError | None = None) -> Response[bytes]:
    context = {"form": form, "sentences": told(problem, request) if problem else ()}
    return request.page("sign_in/switch.html", context, status=problem.status if problem else 200)


router = Router(path="/", route_handlers=[ask_who, change_password, enrol, remove, set_desk_pin, show, switch])
