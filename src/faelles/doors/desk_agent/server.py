"""HTTP on the loopback, for the pages of one origin that hold the token of a pairing."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

import msgspec
import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.params import FromQuery, JSONBody, QueryParameter
from litestar.types import BeforeRequestHookHandler

from faelles.doors.desk_agent.address import HOST
from faelles.doors.desk_agent.pad import Pad, PretendedPad, look, secure
from faelles.doors.desk_agent.pairing import Pairing
from faelles.doors.desk_agent.printing import Printer
from faelles.doors.desk_agent.sets import Copy, Lying

VERSION: Final = 1
_LOOKS_EACH: Final = 0.2
_MOST_BYTES: Final = 65_536

Number = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
Wait = Annotated[float, QueryParameter(ge=0, le=25)]


@dataclass(frozen=True, slots=True)
class Desk:
    """What stands on the desk. None: there is none."""

    pairing: Pairing
    pad: Pad | None
    printer: Printer | None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    is_paired: bool
    pad: bool
    printer: bool
    is_simulated: bool


class Pair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(max_length=20)]


class Paired(msgspec.Struct, frozen=True, kw_only=True):
    token: str


class CopyTold(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    owner: str
    parts: int
    seen: tuple[int, ...]
    is_complete: bool
    is_secured: bool


class PadTold(msgspec.Struct, frozen=True, kw_only=True):
    """`mark` changes whenever something is laid on the pad, taken off it, or switched."""

    mark: str
    copies: list[CopyTold]
    unread: int


class Secure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: Number
    secured: bool


class Secured(msgspec.Struct, frozen=True, kw_only=True):
    """`failed`: the tags that did not take it."""

    done: bool
    failed: tuple[str, ...]


class Print(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lines: Annotated[list[Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(min_length=1, max_length=200)]


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    done: bool


class Lay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Put a pretended copy on the pad, the last `missing` of its `parts` left out; the others are taken off first
    where `alone`.
    """

    number: Number
    owner: str = ""
    parts: Annotated[int, msgspec.Meta(ge=1, le=255)] = 1
    missing: Annotated[int, msgspec.Meta(ge=0, le=254)] = 0
    stubborn: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    alone: bool = True


AgentRequest = Request[Any, Any, State]


def _refusal(status: int, code: str) -> Response[bytes]:
    return Response(msgspec.json.encode({"code": code}), status_code=status, headers=_JSON)


_JSON: Final = {"content-type": "application/json", "cache-control": "no-store"}


def _admit(request: AgentRequest) -> Response[bytes] | None:
    """A page of another origin, an address that only looks like ours, a page that was never paired: none is served."""
    desk: Desk = request.app.state["desk"]
    host = request.headers.get("host", "").rpartition(":")[0]
    if host not in {HOST, "localhost"}:
        return _refusal(403, "address_not_ours")
    origin = request.headers.get("origin", "")
    if request.route_handler.opt.get("by_hand"):
        return _refusal(403, "not_for_pages") if origin else None
    if origin != desk.pairing.origin:
        return _refusal(403, "origin_not_ours")
    if request.route_handler.opt.get("unpaired"):
        return None
    if not desk.pairing.knows(_token_of(request)):
        return _refusal(401, "not_paired")
    return None


def _token_of(request: AgentRequest) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


@get("/v1/status", opt={"unpaired": True})
async def status(request: AgentRequest) -> Status:
    desk: Desk = request.app.state["desk"]
    return Status(
        version=VERSION,
        is_paired=desk.pairing.knows(_token_of(request)),
        pad=desk.pad is not None,
        printer=desk.printer is not None,
        is_simulated=isinstance(desk.pad, PretendedPad),
    )


@post("/v1/pair", opt={"unpaired": True}, status_code=200)
async def pair(request: AgentRequest, data: JSONBody[Pair]) -> Response[Any]:
    desk: Desk = request.app.state["desk"]
    token = desk.pairing.pair(data.code)
    return Response(Paired(token=token)) if token else _refusal(403, "code_wrong")


@get("/v1/pad")
async def pad(request: AgentRequest, after: FromQuery[str] = "", wait: Wait = 0) -> Response[Any]:
    """What lies there; with `after`, as soon as it differs from that mark, and after `wait` seconds all the same."""
    desk: Desk = request.app.state["desk"]
    if desk.pad is None:
        return _refusal(404, "no_pad")
    try:
        return Response(await _changed(desk.pad, after, wait))
    except OSError:
        return _refusal(503, "pad_gone")


async def _changed(looked_at: Pad, after: str, wait: float) -> PadTold:
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    while (found := _told(await look(looked_at))).mark == after and loop.time() < until:  # noqa: ASYNC110 - a pad tells nobody
        await asyncio.sleep(_LOOKS_EACH)
    return found


def _told(found: Lying) -> PadTold:
    mark = hashlib.sha256(msgspec.json.encode(found)).hexdigest()[:16]
    return PadTold(mark=mark, copies=[_copy(each) for each in found.copies], unread=found.unread)


def _copy(copy: Copy) -> CopyTold:
    return CopyTold(
        number=copy.number,
        owner=copy.owner,
        parts=copy.parts,
        seen=copy.seen,
        is_complete=copy.is_complete,
        is_secured=copy.is_secured,
    )


@post("/v1/security", status_code=200)
async def security(request: AgentRequest, data: JSONBody[Secure]) -> Response[Any]:
    """Only after the server's answer, which the page has and the agent does not."""
    desk: Desk = request.app.state["desk"]
    if desk.pad is None:
        return _refusal(404, "no_pad")
    try:
        failed = await secure(desk.pad, data.number, is_on=data.secured)
    except LookupError:
        return _refusal(404, "not_on_the_pad")
    except OSError:
        return _refusal(503, "pad_gone")
    return Response(Secured(done=not failed, failed=failed))


@post("/v1/print", status_code=200)
async def print_lines(request: AgentRequest, data: JSONBody[Print]) -> Response[Any]:
    desk: Desk = request.app.state["desk"]
    if desk.printer is None:
        return _refusal(404, "no_printer")
    return Response(Printed(done=await desk.printer.print(data.lines)))


@post("/v1/simulated", opt={"by_hand": True}, status_code=200)
async def lay(request: AgentRequest, data: JSONBody[Lay]) -> Response[Any]:
    desk: Desk = request.app.state["desk"]
    if not isinstance(desk.pad, PretendedPad):
        return _refusal(404, "not_simulated")
    if data.alone:
        desk.pad.clear()
    laid = desk.pad.lay(data.number, owner=data.owner, parts=data.parts, missing=data.missing)
    desk.pad.stubborn |= dict.fromkeys(laid, data.stubborn)
    return Response({"tags": laid})


def application(desk: Desk) -> Litestar:
    return Litestar(
        route_handlers=[lay, pad, pair, print_lines, security, status],
        before_request=cast("BeforeRequestHookHandler", _admit),
        cors_config=CORSConfig(
            allow_origins=[desk.pairing.origin],
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        ),
        request_max_body_size=_MOST_BYTES,
        openapi_config=None,
        logging_config=None,
        state=State({"desk": desk}),
        debug=False,
    )


async def serve(desk: Desk, port: int, tell: Callable[[], None]) -> None:
    """Answer on the loopback until the task is cancelled; `tell` is called once it is open."""
    settings = uvicorn.Config(application(desk), host=HOST, port=port, log_config=None, access_log=False, ws="none")
    server = _Server(settings)
    server.tell = tell
    try:
        await server.serve()
    finally:
        # Uvicorn does so where it is told to stop, not where its task is cancelled. Without a port it has none.
        for opened in getattr(server, "servers", ()):
            opened.close()


class _Server(uvicorn.Server):
    tell: Callable[[], None]

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        self.tell()
