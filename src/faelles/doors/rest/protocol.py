"""The HTTP protocol of uvicorn, with bounds on what a client may do before its request is complete.

uvicorn waits for ever for the rest of a request and keeps all headers that arrive: a client that sends one byte a
minute, or a header without an end, would hold a connection and memory for as long as it likes.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from faelles.doors.rest.problems import MEDIA_TYPE, problem_bytes
from faelles.doors.rest.services import Limits
from faelles.ground.i18n import Language

_HEAD_FACTOR: Final = 4
"""The gate answers heads above the limit with 431; here only what is many times over is cut off unread."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A request has `seconds_to_send` from its first byte to its last."""

    def __init__(self, *arguments: Any, limits: Limits, **named: Any) -> None:  # noqa: ANN401 - handed on to uvicorn
        super().__init__(*arguments, **named)
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
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
            if self._head_bytes > _HEAD_FACTOR * self._limits.header_bytes:
                self.send_400_response("headers_too_large")
                return
            self._head_bytes += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_within(self._limits.seconds_to_send)

    def on_headers_complete(self) -> None:
        self._head_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._expect_nothing()
        self._head_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP at all. uvicorn passes a sentence of its own, we a code."""
        code = msg if msg == "headers_too_large" else "http_malformed"
        body = problem_bytes(400, code, Language.DANISH, instance="urn:request:")
        head = (
            f"HTTP/1.1 400 Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            "content-language: da\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _expect_within(self, seconds: float) -> None:
        self._expect_nothing()
        self._deadline = self.loop.call_later(seconds, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
