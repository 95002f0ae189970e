"""The HTTP protocol of uvicorn, with bounds on what a client may do before its request is complete.

uvicorn waits for ever for the rest of a request and keeps all headers that arrive: a client that sends one byte a
minute, or a header without an end, would hold a connection and memory for as long as it likes.
"""

import asyncio
import secrets
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from faelles.doors.rest.problems import MEDIA_TYPE, problem_bytes
from faelles.doors.rest.services import Limits
from faelles.ground.i18n import Language
from faelles.ground.log import logger

_log = logger("doors.rest")

_HEAD_FACTOR: Final = 4
"""The gate answers heads above the limit with 431; here only what is many times over is cut off unread."""


_LONGEST_PARSED: Final = 65_535
"""Bytes of an address."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A request has `seconds_to_send` from its first byte to its last."""

    def __init__(self, *arguments: Any, limits: Limits, **named: Any) -> None:  # noqa: ANN401 - handed on to uvicorn
        super().__init__(*arguments, **named)
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._has_begun = False
        """A request, whose end has not come."""
        self.url = b""
        self._head_bytes: int | None = 0
        """Bytes of an unfinished head so far; None once it is complete."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._expect_within(self._limits.seconds_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_bytes is not None:
            if self._is_head_too_large(self._head_bytes):
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large")
                return
            self._head_bytes += len(data)
        super().data_received(data)
        # Nearly every request comes whole, and is given no time of its own.
        if self._has_begun and self._deadline is None:
            self._expect_within(self._limits.seconds_to_send)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_nothing()
        self._has_begun = True

    def _unsupported_upgrade_warning(self) -> None:
        """Whoever asks for another protocol is answered in this one; uvicorn would name packages to install."""

    def _is_head_too_large(self, received: int) -> bool:
        address = len(self.url)
        return address > self._limits.address_bytes or received - address > _HEAD_FACTOR * self._limits.header_bytes

    def on_headers_complete(self) -> None:
        self._head_bytes = None
        if len(self.url) <= _LONGEST_PARSED:
            super().on_headers_complete()
            return
        # The parser of addresses counts in 16 bits: what is asked for is given it alone. The task that reads the
        # scope has not begun to run.
        self.url, _, query = self.url.partition(b"?")
        super().on_headers_complete()
        self.scope["query_string"] = query

    def on_message_complete(self) -> None:
        self._expect_nothing()
        self._has_begun = False
        self._head_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own signature
        """Answer what is not HTTP at all; `msg` is uvicorn's own sentence."""
        self._refuse(HTTPStatus.BAD_REQUEST, "http_malformed")

    def _refuse(self, status: HTTPStatus, code: str) -> None:
        """Answer what never becomes a request, with a number to ask us about, and hang up."""
        number = secrets.token_hex(8)
        body = problem_bytes(status, code, Language.DANISH, instance=f"urn:request:{number}")
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\ncontent-language: da\r\nx-request-id: {number}\r\n"
            "connection: close\r\n\r\n"
        )
        _log.info("not a request", id=number, status=status.value, code=code)
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _expect_within(self, seconds: float) -> None:
        self._expect_nothing()
        self._deadline = self.loop.call_later(seconds, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
