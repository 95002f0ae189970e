"""Signing in at the municipality's own directory: off to it, and back."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from faelles.doors.rest.access import Example, public
from faelles.doors.rest.pace import SIGNS_IN
from faelles.doors.web import cookies
from faelles.doors.web.admission import FROM_PROVIDER
from faelles.doors.web.place import HOME, own_path, remembered_agency
from faelles.doors.web.problems import told
from faelles.doors.web.request import WebRequest
from faelles.doors.web.sign_in.agencies import public_agencies
from faelles.doors.web.sign_in.session import begin_session
from faelles.ground.errors import FaellesError, ForbiddenError, UnauthenticatedError, UnavailableError
from faelles.people.federation import signing_in
from faelles.people.federation.signing_in import LONGEST, CameBack, Door
from faelles.people.model import IssuedToken

_SECONDS: Final = int(LONGEST.total_seconds())
_UNKNOWN: Final = Example(path={"isil": "DK-999999", "code": "unknown"})
_UNKNOWN_WAY: Final = Example(path={"isil": "DK-999999", "way": "unknown"})
_PROBLEMS: Final = (UnauthenticatedError, ForbiddenError, UnavailableError)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a SAML provider lets the browser post."""

    content: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000_000, pattern=r"^[A-Za-z0-9+/=\s]+$")] = (
        msgspec.field(name="SAMLResponse")
    )

    def __repr__(self) -> str:
        return "Answer()"


def door_of(request: WebRequest) -> Door:
    return Door(request.services.installation.public_url)


@get("/sign-in/with", opt=public(example=Example()))
async def choose(request: WebRequest, agency: FromQuery[str] = "", next: FromQuery[str] = HOME) -> Response[bytes]:  # noqa: A002 - its name in the address
    """The ways of one municipality."""
    isil = agency or remembered_agency(request)
    context = {
        "agencies": await public_agencies(request),
        "agency": isil,
        "ways": await signing_in.providers_of(request.services.database, isil),
        "next": own_path(next),
    }
    return request.page("sign_in/ways.html", context)


@get("/sign-in/with/{isil:str}/{code:str}", opt=public(example=_UNKNOWN) | {SIGNS_IN: True})
async def leave(
    request: WebRequest,
    isil: FromPath[str],
    code: FromPath[str],
    next: FromQuery[str] = HOME,  # noqa: A002 - its name in the address
) -> Response[Any]:
    """Off to the provider. By a link and not by a form: a form may lead nowhere but to us."""
    services = request.services
    begun = await signing_in.begin(
        services.database, services.keyring, door_of(request), isil=isil, code=code, after=own_path(next)
    )
    answer = request.go_to(begun.address)
    answer.set_cookie(cookies.secret_cookie(services, cookies.UNDER_WAY, begun.sealed, _SECONDS))
    return answer


@get("/sign-in/back/{isil:str}/{way:str}", opt=public(example=_UNKNOWN_WAY) | {SIGNS_IN: True})
async def come_back(
    request: WebRequest,
    isil: FromPath[str],
    way: FromPath[str],
    code: Annotated[str, QueryParameter(max_length=4000)] = "",
    asked: Annotated[str, QueryParameter(name="state", max_length=200)] = "",
    issuer: Annotated[str, QueryParameter(name="iss", max_length=500)] = "",
) -> Response[Any]:
    """With a code (OpenID Connect); without one where the provider, or whoever stood there, said no."""
    services = request.services
    try:
        token, under_way = await signing_in.finish_openid(
            services.database,
            services.keyring,
            door_of(request),
            request.cookies.get(cookies.UNDER_WAY, ""),
            came_to=(isil, way),
            back=CameBack(asked, code, issuer or None),
        )
    except _PROBLEMS as problem:
        return _refused(request, problem)
    return _welcome(request, token, under_way.isil, under_way.after)


@post(
    "/sign-in/saml/{isil:str}/{code:str}/answer",
    opt=public(example=_UNKNOWN) | {FROM_PROVIDER: True},
    status_code=200,
)
async def pass_on(request: WebRequest, isil: FromPath[str], code: FromPath[str]) -> Response[bytes]:  # noqa: ARG001 - the provider's own address
    """The provider's page posted this, so the browser kept our cookies back. Our own page posts it once more."""
    answer = await request.typed(Answer)
    return request.page("sign_in/pass_on.html", {"content": answer.content})


@post("/sign-in/saml/back", opt=public(example=Example()) | {FROM_PROVIDER: True, SIGNS_IN: True}, status_code=200)
async def come_back_by_form(request: WebRequest) -> Response[Any]:
    """With a signed answer (SAML). It counts in the browser alone whose cookie holds what was asked."""
    services, answer = request.services, await request.typed(Answer)
    try:
        token, under_way = await signing_in.finish_saml(
            services.database,
            services.keyring,
            door_of(request),
            request.cookies.get(cookies.UNDER_WAY, ""),
            answer="".join(answer.content.split()),
        )
    except _PROBLEMS as problem:
        return _refused(request, problem)
    return _welcome(request, token, under_way.isil, under_way.after)


@get("/sign-in/saml/{isil:str}/{code:str}/metadata", opt=public(example=_UNKNOWN) | {SIGNS_IN: True})
async def metadata(request: WebRequest, isil: FromPath[str], code: FromPath[str]) -> Response[bytes]:
    """For the provider: who we are, where its answers go, and our certificate."""
    services = request.services
    content = await signing_in.own_metadata(services.database, services.keyring, door_of(request), isil=isil, code=code)
    return Response(content, headers={"content-type": "application/samlmetadata+xml"})


def _welcome(request: WebRequest, token: IssuedToken, isil: str, path: str) -> Response[Any]:
    return begin_session(request, token, request.go_to(path), agency=isil)


def _refused(request: WebRequest, problem: FaellesError) -> Response[Any]:
    """What happened, and the way back to try again; what was under way is over."""
    answer = request.page("sign_in/refused.html", {"sentences": told(problem, request)}, status=problem.status)
    answer.set_cookie(cookies.ended_cookie(request.services, cookies.UNDER_WAY))
    return answer


router = Router(path="/", route_handlers=[choose, come_back, come_back_by_form, leave, metadata, pass_on])
