"""Who is asking for a page, and whether it is for them. Runs before every route, and cannot be left out of one."""

import hmac
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException

from faelles.doors.rest.access import OPT_KEY, Access, Audience
from faelles.doors.turned_away import require_let_in
from faelles.doors.web import cookies
from faelles.doors.web.pace import Pace
from faelles.doors.web.place import HOME
from faelles.doors.web.request import FORM_FIELD, WebRequest
from faelles.ground.clock import utc_now
from faelles.ground.errors import ForbiddenError, MisconfiguredError, UnauthenticatedError
from faelles.people import operations
from faelles.people.access_tokens import issue_access_token
from faelles.people.model import Caller, KnownCaller, Permission
from faelles.people.rules import ACCESS_TOKEN_LENGTH

_READING: Final = frozenset({"GET", "HEAD"})
_HOME_OF_PATRONS: Final = "/mine"
_OURS: Final = frozenset({"same-origin", "none"})
FROM_PROVIDER: Final = "from_provider"
"""In a route's `opt`: its form comes from whoever proves who staff are, signed, and changes nothing by itself."""


async def admit(request: WebRequest) -> Response[bytes] | None:
    """Find who is signed in and hold them against the page's declaration; send others to sign in.

    Raises what the gate has against the request, ForbiddenError without the permission, and for a form that another
    site made the browser send.
    """
    require_let_in(request.scope)
    access: Access | None = request.route_handler.opt.get(OPT_KEY)
    if access is None:
        raise MisconfiguredError("route_without_access", route=request.url.path)
    pace: Pace = request.app.state["pace"]
    pace.require(request)
    is_public = access.audience is Audience.PUBLIC
    caller = None if is_public and not request.session_token else await _signed_in(request)
    if caller is not None:
        # Whose session it is says which language is theirs; the switch on the page, which one is read just now.
        request.scope["user"] = caller
        request.scope["user"] = msgspec.structs.replace(caller, language=request.language)
    if request.method not in _READING and FROM_PROVIDER not in request.route_handler.opt:
        await _require_own_form(request)
    if is_public:
        return None
    if caller is None:
        return _to_sign_in(request, is_own=access.permission is Permission.OWN_ACCOUNT)
    if caller.patron is not None and request.url.path == HOME:
        return request.go_to(_HOME_OF_PATRONS)
    if access.permission is not None and not caller.may(access.permission):
        raise ForbiddenError("permission_missing", permission=access.permission.value)
    return None


async def _signed_in(request: WebRequest) -> Caller | None:
    """By the signed token while it is good; else by the session, which gets a new one."""
    services = request.services
    if not request.session_token:
        return None
    try:
        return await services.authenticate(request.cookies.get(cookies.ACCESS, ""))
    except UnauthenticatedError:
        pass
    try:
        session = await operations.session_by_token(services.database, request.session_token)
    except UnauthenticatedError:
        return None
    await operations.note_use(services.database, session, utc_now())
    _renew_access(request, session)
    return session.caller


def _renew_access(request: WebRequest, session: KnownCaller) -> None:
    """A supporter gets none: their access must end the moment the agency says so."""
    if session.caller.support is not None:
        return
    token = issue_access_token(request.services.keyring, session, utc_now())
    fresh = cookies.secret_cookie(
        request.services, cookies.ACCESS, token.secret, int(ACCESS_TOKEN_LENGTH.total_seconds())
    )
    request.scope["fresh_cookies"] = (fresh,)  # type: ignore[typeddict-unknown-key] # read in security.py


async def _require_own_form(request: WebRequest) -> None:
    """A form must come from a page of ours: the browser says from where, and the session's token is in it."""
    origin = request.header(b"origin")
    is_ours = urlsplit(origin).netloc == request.header(b"host") if origin else False
    if not is_ours and request.header(b"sec-fetch-site") not in _OURS:
        raise ForbiddenError("form_from_elsewhere")
    if not request.session_token:
        return
    sent = request.header(b"x-form-token") or str((await request.form()).get(FORM_FIELD, ""))
    if not hmac.compare_digest(sent.encode(), request.form_token.encode()):
        raise ForbiddenError("form_outdated")


def _to_sign_in(request: WebRequest, *, is_own: bool) -> Response[bytes]:
    """A page is come back to afterwards; a script is told, and keeps what it has."""
    if request.is_fragment or request.method not in _READING:
        raise HTTPException(status_code=401)
    if is_own:
        return request.go_to("/mine/sign-in")
    query = f"?{request.url.query}" if request.url.query else ""
    return request.go_to("/sign-in?next=" + quote(request.url.path + query, safe=""))
