"""The cookies: who is signed in, and what the browser should remember of the desk it stands at."""

from typing import Final

from litestar.datastructures import Cookie

from faelles.doors.rest.services import Services

SESSION: Final = "faelles_session"
"""The session token, as a bearer would send it."""
ACCESS: Final = "faelles_access"
"""The signed token that stands in for it for five minutes, so that a scan asks the database nothing."""
PLACE: Final = "faelles_place"
"""Municipality and branch of this desk: kept when the user changes."""
HALFWAY: Final = "faelles_halfway"
"""Sealed: whose password was right, while the one-time password is asked for."""
UNDER_WAY: Final = "faelles_under_way"
"""Sealed: what was asked of the municipality's directory, while somebody signs in there."""
SOUGHT: Final = "faelles_sought"
"""Sealed: whom somebody searches for, so that no name stands in an address and the way back to the list works."""
LANGUAGE: Final = "faelles_language"

_A_YEAR: Final = 365 * 24 * 60 * 60


def secret_cookie(services: Services, name: str, value: str, seconds: int) -> Cookie:
    """One that scripts cannot read, and other sites' forms do not send."""
    return Cookie(
        key=name, value=value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=_is_secure(services)
    )


def remembered_cookie(services: Services, name: str, value: str) -> Cookie:
    return Cookie(
        key=name, value=value, max_age=_A_YEAR, path="/", httponly=True, samesite="lax", secure=_is_secure(services)
    )


def ended_cookie(services: Services, name: str) -> Cookie:
    return secret_cookie(services, name, "", 0)


def _is_secure(services: Services) -> bool:
    return services.installation.public_url.startswith("https:")
