"""XML over HTTP for doors that are ASGI themselves: a body of bounded size in, an answer out."""

from collections.abc import Sequence
from http import HTTPStatus

from litestar.types import Receive, Send

from faelles.ground.errors import InvalidRequestError

Header = tuple[bytes, bytes]


async def read_body(receive: Receive, most_bytes: int) -> bytes:
    """Raises InvalidRequestError where it is larger, or its sender hangs up."""
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise InvalidRequestError("client_gone")
        parts += message["body"]
        if len(parts) > most_bytes:
            raise InvalidRequestError("body_too_large")
        if not message["more_body"]:
            return bytes(parts)


async def send_xml(send: Send, status: HTTPStatus, body: bytes, more: Sequence[Header] = ()) -> None:
    headers = [(b"content-type", b"application/xml; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": int(status), "headers": [*headers, *more]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
