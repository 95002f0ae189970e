"""One socket: its bytes become messages, answered one after the other in the order they came."""

import asyncio
import socket
import time
from collections.abc import Awaitable
from typing import cast

from faelles.doors.sip2.framing import Framer, LineTooLongError
from faelles.doors.sip2.services import Services
from faelles.doors.sip2.session import Reply, Session
from faelles.people.terminals.model import ConnectedOver, Whence

_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 30, "TCP_KEEPCNT": 4}
"""Seconds, seconds, times: a machine that lost its power is noticed within minutes, an idle one stays for hours."""


class Pace:
    """How many messages a second: what goes beyond waits its turn."""

    __slots__ = ("_allowance", "_at")

    def __init__(self) -> None:
        self._allowance = 1.0
        self._at = 0.0

    def wait(self, per_second: int, now: float) -> float:
        """Seconds until the next message may be taken up; it is counted. A second's worth may come at once."""
        self._allowance = min(self._allowance + (now - self._at) * per_second, float(per_second))
        self._at = now
        self._allowance -= 1.0
        return max(-self._allowance / per_second, 0.0)


class Connection(asyncio.Protocol):
    """Messages are worked on one at a time. What can be answered without asking is answered while reading; for the
    rest a task runs until nothing is left.
    """

    __slots__ = (
        "_ended", "_framer", "_open", "_pace", "_services", "_session", "_sign_in_by", "_transport", "_work",
        "_writable",
    )  # fmt: skip

    def __init__(self, services: Services, opened: "set[Connection]") -> None:
        self._services, self._open = services, opened
        self._session = Session(services)
        self._framer = Framer()
        self._pace = Pace()
        self._transport: asyncio.Transport | None = None
        self._work: asyncio.Task[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        """Set while the client does not take what it was sent."""
        self._ended = False
        """The client sends no more; what it has sent is still answered."""
        self._sign_in_by: asyncio.TimerHandle | None = None

    # -- What the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._services.witness.connected()
        if len(self._open) >= self._services.limits.connections:
            self._open.add(self)
            self._transport.abort()
            return
        self._open.add(self)
        _keep_alive(transport.get_extra_info("socket"))
        self._session.whence = _whence(transport)
        loop = asyncio.get_running_loop()
        self._sign_in_by = loop.call_later(self._services.limits.seconds_to_sign_in, self._give_up)

    def data_received(self, data: bytes) -> None:
        self._framer.feed(data)
        if self._work is None:
            self._go_on()
        elif self._framer.waiting > self._services.limits.bytes_ahead and self._transport is not None:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        self._ended = True
        if self._work is None:
            self._close()
        return True

    def connection_lost(self, _: Exception | None) -> None:
        """What is in work is finished: a loan is made, or not, whoever still listens."""
        self._transport = None
        self._open.discard(self)
        self.resume_writing()
        if self._sign_in_by is not None:
            self._sign_in_by.cancel()
        self._services.witness.disconnected(self._session.terminal)

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # -- Answering

    def _go_on(self) -> None:
        """Answer what is there; where something has to be waited for, in a task."""
        try:
            while (frame := self._next()) is not None:
                started, delay = time.perf_counter(), self._delay()
                if delay or self._writable is not None:
                    self._work = asyncio.create_task(self._work_off(frame, None, started, delay))
                    return
                reply = self._session.receive(frame)
                if reply is not None and not isinstance(reply, bytes):
                    self._work = asyncio.create_task(self._work_off(frame, reply, started, 0.0))
                    return
                self._tell(frame, reply, started)
        except LineTooLongError:
            self._refuse_line()

    async def _work_off(
        self, frame: bytes | None, pending: Awaitable[Reply] | None, started: float, delay: float
    ) -> None:
        """The message at hand and all behind it."""
        try:
            while frame is not None:
                if delay:
                    await asyncio.sleep(delay)
                if self._writable is not None:
                    await self._writable
                self._tell(frame, await self._reply_to(frame, pending), started)
                frame, pending = self._next(), None
                started = time.perf_counter()
                delay = self._delay() if frame is not None else 0.0
        except LineTooLongError:
            self._refuse_line()
        finally:
            self._work = None
        if self._ended:
            self._close()
        elif self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    async def _reply_to(self, frame: bytes, pending: Awaitable[Reply] | None) -> Reply:
        reply = pending if pending is not None else self._session.receive(frame)
        return reply if reply is None or isinstance(reply, bytes) else await reply

    def _next(self) -> bytes | None:
        """The next message, as long as there is somebody to answer."""
        if self._transport is None or self._transport.is_closing():
            return None
        return self._framer.next()

    def _delay(self) -> float:
        terminal = self._session.terminal
        if terminal is None:
            return self._pace.wait(_STRANGERS_PER_SECOND, time.monotonic())
        return self._pace.wait(terminal.profile.messages_per_second, time.monotonic())

    def _tell(self, frame: bytes, reply: Reply, started: float) -> None:
        """One write an answer: some clients read once."""
        if reply is not None and self._transport is not None:
            self._transport.write(reply + self._framer.ending())
        terminal = self._session.terminal
        self._services.witness.exchanged(terminal, frame, reply or b"", time.perf_counter() - started)
        if terminal is not None and self._sign_in_by is not None:
            self._sign_in_by.cancel()
            self._sign_in_by = None
        if self._session.is_over:
            self._close()

    def _refuse_line(self) -> None:
        self._services.witness.refused("too_long")
        if self._transport is not None:
            self._transport.abort()

    def _give_up(self) -> None:
        self._sign_in_by = None
        self._close()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # -- Stopping

    async def finish(self) -> None:
        """Answer what is in work, then close."""
        if self._work is not None:
            self._ended = True
            await asyncio.shield(self._work)
        self._close()

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()


_STRANGERS_PER_SECOND = 50


def _whence(transport: asyncio.BaseTransport) -> Whence | None:
    peer = transport.get_extra_info("peername")
    over = ConnectedOver.TLS if transport.get_extra_info("ssl_object") is not None else ConnectedOver.PLAIN
    return Whence(peer[0], over) if peer else None


def _keep_alive(opened: socket.socket | None) -> None:
    if opened is None or opened.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if (option := getattr(socket, name, None)) is not None:
            opened.setsockopt(socket.IPPROTO_TCP, option, value)
