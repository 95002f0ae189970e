"""What every answer tells the browser: to show our own pages with our own scripts and styles, and nothing else."""

from typing import Final

from litestar.datastructures import Cookie
from litestar.types import Message, Scope

from faelles.doors.desk_agent import address

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_DESK: Final = "/desk"
_HEADERS: Final = (
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


async def add_headers(message: Message, scope: Scope) -> None:
    """Before an answer leaves: the policy, and the cookies that admission made on the way in."""
    if message["type"] != "http.response.start":
        return
    fresh: tuple[Cookie, ...] = scope.get("fresh_cookies", ())  # type: ignore[assignment] # ours, set in admission.py
    # What the answer itself says of a cookie stands: it may just have ended the session that was renewed on the way in.
    said = {value.partition(b"=")[0] for name, value in message["headers"] if name.lower() == b"set-cookie"}
    cookies = [
        (b"set-cookie", cookie.to_header(header="").encode()) for cookie in fresh if cookie.key.encode() not in said
    ]
    policy = (b"content-security-policy", _policy(scope["path"]).encode())
    message["headers"] = [*message["headers"], policy, *_HEADERS, *cookies]


def _policy(path: str) -> str:
    """The desk alone may ask the program beside the browser that has the pad and the printer."""
    if not path.startswith(_DESK):
        return _POLICY
    return _POLICY.replace("connect-src 'self'", f"connect-src 'self' {address.ADDRESS}")
