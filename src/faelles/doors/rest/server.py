"""Listening: the application under uvicorn, until somebody says stop."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import cast

import uvicorn
from litestar import Litestar
from prometheus_client import CollectorRegistry

from faelles.doors.rest.app import create_app
from faelles.doors.rest.neighbours import Neighbours
from faelles.doors.rest.protocol import BoundedProtocol
from faelles.doors.rest.services import Limits
from faelles.ground.collector import spare_what_stays
from faelles.ground.config import Config, web_address
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import MisconfiguredError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_WAITING_CONNECTIONS = 1024


async def serve(
    config: Config,
    database: Database,
    keyring: Keyring,
    *,
    limits: Limits | None = None,
    registry: CollectorRegistry | None = None,
    neighbours: Neighbours | None = None,
    tell: Callable[[str], None] = lambda _: None,
    stop: asyncio.Event | None = None,
) -> None:
    """Answer on `config.http_host:http_port` until SIGINT or SIGTERM; then finish what is in work and return.

    Call it under uvloop. `tell` gets the address once it is open; `/metrics` shows `registry` too. Who has a use of its
    own for the process's signals gives `stop`, which then ends it alone. Raises MisconfiguredError where the address
    is taken. A second SIGINT does not wait for anybody.
    """
    bounds = limits or Limits()
    application = create_app(
        database,
        keyring,
        limits=bounds,
        installation=config.installation,
        registry=registry,
        neighbours=neighbours,
    )
    server = _Server(_settings(application, bounds))
    with _listening(config.http_host, config.http_port) as opened:
        host, port = opened.getsockname()[:2]
        server.tell = partial(tell, web_address(host, port))
        server.stop = stop
        spare_what_stays()
        await server.serve(sockets=[opened])


def _settings(application: Litestar, limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=cast("type[asyncio.Protocol]", partial(BoundedProtocol, limits=limits)),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_WAITING_CONNECTIONS,
        timeout_keep_alive=int(limits.seconds_idle),
        timeout_graceful_shutdown=int(limits.seconds_to_finish),
    )


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        opened = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as problem:
        raise MisconfiguredError("address_not_free", address=f"{host}:{port}") from problem
    with opened:
        yield opened


class _Server(uvicorn.Server):
    """uvicorn's server, which would send itself the signal again after it has stopped in good order."""

    tell: Callable[[], None]
    stop: asyncio.Event | None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.tell()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if self.stop is not None:
            waiting = asyncio.create_task(self._end_after(self.stop))
            try:
                yield
            finally:
                waiting.cancel()
            return
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    async def _end_after(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.should_exit = True
