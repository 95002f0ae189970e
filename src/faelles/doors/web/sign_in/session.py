"""Letting the browser keep a session that has just begun."""

from typing import Any, Final

from litestar import Response

from faelles.doors.web import cookies
from faelles.doors.web.place import remembered_agency
from faelles.doors.web.request import WebRequest
from faelles.people.model import IssuedToken

A_DAY: Final = 24 * 60 * 60


def begin_session(
    request: WebRequest, token: IssuedToken, answer: Response[Any], *, agency: str = "", seconds: int = A_DAY
) -> Response[Any]:
    """Let the browser keep the session, and the municipality for whoever signs in next."""
    services = request.services
    answer.set_cookie(cookies.secret_cookie(services, cookies.SESSION, token.secret, seconds))
    for over in (cookies.ACCESS, cookies.HALFWAY, cookies.UNDER_WAY):
        answer.set_cookie(cookies.ended_cookie(services, over))
    if agency:
        remember_agency(request, agency, answer)
    return answer


def remember_agency(request: WebRequest, agency: str, answer: Response[Any]) -> None:
    """For this browser's next page, and for whoever comes to it next."""
    if remembered_agency(request) != agency:
        answer.set_cookie(cookies.remembered_cookie(request.services, cookies.PLACE, f"{agency}:"))
