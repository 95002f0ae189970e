"""Listening: plain TCP where nobody else can listen in, TLS on a port of its own."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from faelles.doors.sip2.connection import Connection
from faelles.doors.sip2.services import Services
from faelles.ground.errors import MisconfiguredError

_WAITING_CONNECTIONS = 1024


@asynccontextmanager
async def listening(
    services: Services,
    host: str,
    port: int,
    *,
    tls: ssl.SSLContext | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[tuple[str, int]]:
    """Serve SIP2 at the address until the end of the block, then finish what is in work; port 0: any free one.

    `tell` and the block get the address that was opened. Raises MisconfiguredError where it is taken, or where it is
    reachable by others and there is no `tls`: passwords and PINs stand in clear in SIP2.
    """
    if tls is None:
        _check_is_private(host)
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    opened = _opened(host, port)
    server = await loop.create_server(
        lambda: Connection(services, connections), sock=opened, ssl=tls, backlog=_WAITING_CONNECTIONS
    )
    try:
        address = opened.getsockname()[:2]
        tell(f"{address[0]}:{address[1]}")
        yield address
    finally:
        server.close()
        await _finish(connections, services.limits.seconds_to_finish)
        await server.wait_closed()


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Raises MisconfiguredError for files that are not there or do not belong together."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as problem:
        raise MisconfiguredError("sip2_certificate_unusable", file=str(certificate)) from problem
    return context


def _check_is_private(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise MisconfiguredError("sip2_address_not_private", address=host) from None
    # 0.0.0.0 counts as private by its block, and is every address there is.
    if address.is_unspecified or not (address.is_private or address.is_loopback):
        raise MisconfiguredError("sip2_address_not_private", address=host)


def _opened(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        opened = socket.create_server((host, port), family=family, backlog=_WAITING_CONNECTIONS)
    except OSError as problem:
        raise MisconfiguredError("address_not_free", address=f"{host}:{port}") from problem
    opened.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    return opened


async def _finish(connections: set[Connection], seconds: float) -> None:
    finishing = [asyncio.create_task(connection.finish()) for connection in list(connections)]
    if finishing:
        _, unfinished = await asyncio.wait(finishing, timeout=seconds)
        for task in unfinished:
            task.cancel()
    for connection in list(connections):
        connection.cut()
