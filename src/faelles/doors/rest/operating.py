"""For whoever runs the installation: is it alive, is it ready, what is it doing."""

import asyncio
from http import HTTPStatus
from typing import Final, Literal

import msgspec
from litestar import Response, Router, get
from litestar.enums import MediaType

from faelles.doors.rest.access import public
from faelles.doors.rest.metrics import CONTENT_TYPE, Metrics
from faelles.doors.rest.request import ApiRequest
from faelles.ground.database.migrate import missing_migrations
from faelles.ground.errors import UnavailableError

_SECONDS_TO_BE_READY: Final = 5.0
"""Balancers ask every few seconds, and take silence for many things."""


class Health(msgspec.Struct, frozen=True):
    status: Literal["alive", "ready"]


@get("/health", opt=public(), summary="Is the process alive?")
async def health() -> Health:
    """Answers without asking anything else: for restarting a process that hangs."""
    return Health("alive")


@get("/ready", opt=public(), summary="Can it take requests?")
async def ready(request: ApiRequest) -> Health:
    """Whether the database answers, within five seconds, and has this release's schema: for load balancers."""
    asked = asyncio.create_task(missing_migrations(request.services.database))
    # Not `wait_for`, which waits for the end of what it cancels: of a silent database that is not to be had.
    answered, _ = await asyncio.wait({asked}, timeout=_SECONDS_TO_BE_READY)
    if not answered:
        asked.cancel()
        # How it ends is nobody's concern by then, and no line in the log.
        asked.add_done_callback(lambda late: late.cancelled() or late.exception())
        raise UnavailableError("database_unavailable")
    if asked.result():
        raise UnavailableError("migrations_missing")
    return Health("ready")


@get("/metrics", opt=public(), media_type=MediaType.TEXT, summary="Counts for Prometheus")
async def metrics(request: ApiRequest) -> Response[bytes]:
    counted: Metrics = request.app.state["metrics"]
    # Beside the loop: thousands of lines take longer to write than a check-out should wait.
    shown = await asyncio.to_thread(counted.exposition)
    return Response(shown, status_code=HTTPStatus.OK, headers={"content-type": CONTENT_TYPE})


router = Router(path="/", route_handlers=[health, ready, metrics], tags=["operating"])
