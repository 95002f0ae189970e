"""SIP2 beside the process's other doors: the ports that the settings name, one recorder for all of them."""

import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from prometheus_client import CollectorRegistry

from faelles.doors.sip2.metrics import Sip2Metrics
from faelles.doors.sip2.recorder import recording
from faelles.doors.sip2.server import listening, tls_context
from faelles.doors.sip2.services import Limits, Maintenance, Services
from faelles.ground.config import Sip2Config
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import MisconfiguredError

Told = Callable[[str], None]

_SPARE_FILES: Final = 200


@asynccontextmanager
async def serving_machines(
    settings: Sip2Config,
    database: Database,
    keyring: Keyring,
    *,
    registry: CollectorRegistry,
    tell: Told = lambda _: None,
) -> AsyncIterator[None]:
    """Listen until the end of the block where `settings` say so; `tell` gets each address once it is open.

    Raises MisconfiguredError for an address or a certificate that cannot be used.
    """
    if settings.port is None and settings.tls_port is None:
        yield
        return
    limits = Limits()
    _allow_many_files(limits.connections + _SPARE_FILES)
    async with AsyncExitStack() as started:
        server = f"{socket.gethostname()}:{settings.port or settings.tls_port}"
        maintenance = Maintenance()
        telling = recording(database, server, Sip2Metrics(registry), maintenance=maintenance)
        recorder = await started.enter_async_context(telling)
        services = Services(
            database=database, keyring=keyring, witness=recorder, maintenance=maintenance, limits=limits
        )
        if settings.port is not None:
            await started.enter_async_context(listening(services, settings.address, settings.port, tell=tell))
        if settings.tls_port is not None:
            if settings.tls_certificate is None or settings.tls_key is None:
                raise MisconfiguredError("sip2_tls_certificate_missing")
            tls = tls_context(settings.tls_certificate, settings.tls_key)
            place = listening(services, settings.tls_address, settings.tls_port, tls=tls, tell=tell)
            await started.enter_async_context(place)
        yield


def _allow_many_files(wanted: int) -> None:
    """Most systems let a process open a thousand unless it asks for more, and each connection is one."""
    now, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)
    if now != resource.RLIM_INFINITY and now < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, highest))
