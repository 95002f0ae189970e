"""Who is calling, and whether the route is for them at all. Runs before every route, and cannot be left out of one."""

from typing import Final

import msgspec

from faelles.doors.rest.access import OPT_KEY, Access, Audience
from faelles.doors.rest.pace import SIGNS_IN
from faelles.doors.rest.request import ApiRequest, preferred_language
from faelles.doors.turned_away import require_let_in
from faelles.ground.actor import ActorKind
from faelles.ground.errors import ForbiddenError, UnauthenticatedError
from faelles.people.model import Caller

_LONGEST_TOKEN: Final = 4096


async def admit(request: ApiRequest) -> None:
    """Find the caller by the bearer token and hold them against the route's declaration.

    Raises what the gate has against the request, UnauthenticatedError without a valid token, ForbiddenError without the
    permission, TooManyAttemptsError where too many sign in from one address. Where in the agency the permission holds
    is checked by the operation, which knows the place.
    """
    require_let_in(request.scope)
    access: Access | None = request.route_handler.opt.get(OPT_KEY)
    if access is None or access.audience is Audience.PUBLIC:
        if not await _is_known(request):
            request.services.sign_in_pace.require(request)
        return
    caller = await request.services.authenticate(_bearer(request.header(b"authorization")))
    request.scope["user"] = _spoken_to(caller, request.header(b"accept-language"))
    if access.permission is not None and not caller.may(access.permission):
        raise ForbiddenError("permission_missing", permission=access.permission.value)


async def _is_known(request: ApiRequest) -> bool:
    """Whether an API client lets others sign in: a web site does so for all patrons of a town, from one place."""
    header = request.header(b"authorization")
    if not header or SIGNS_IN not in request.route_handler.opt:
        return False
    try:
        caller = await request.services.authenticate(_bearer(header))
    except UnauthenticatedError:
        return False
    return caller.actor.kind is ActorKind.CLIENT


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN or not token.isascii():
        raise UnauthenticatedError("sign_in_needed")
    return token


def _spoken_to(caller: Caller, accepted: str) -> Caller:
    asked = preferred_language(accepted)
    return caller if asked is None or asked is caller.language else msgspec.structs.replace(caller, language=asked)
