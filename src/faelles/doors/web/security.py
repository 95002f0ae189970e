"""What every answer tells the browser: to show our own pages with our own scripts and styles, and nothing else."""

from typing import Final

from litestar.datastructures import Cookie
from litestar.types import Message, Scope

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


async def add_headers(message: Message, scope: Scope) -> None:
    """Before an answer leaves: the policy, and the cookies that admission made on the way in."""
    if message["type"] != "http.response.start":
        return
    fresh: tuple[Cookie, ...] = scope.get("fresh_cookies", ())  # type: ignore[assignment] # ours, set in admission.py
    cookies = [(b"set-cookie", cookie.to_header(header="").encode()) for cookie in fresh]
    message["headers"] = [*message["headers"], *_HEADERS, *cookies]
