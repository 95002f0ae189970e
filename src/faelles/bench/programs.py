"""The processes that are measured: one that calls operations, and the server as it is run anywhere."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import msgspec

from faelles.bench.caller import Address, Done, Order
from faelles.bench.country import Errand
from faelles.bench.errors import BenchFailedError
from faelles.bench.model import Verb

CONNECTIONS: Final = 8
_SERVE: Final = ("-c", "from faelles.doors.command.main import main; main()", "serve")
_SECONDS_TO_START: Final = 180.0
_LONGEST_LINE: Final = 64 * 1024 * 1024
_done = msgspec.json.Decoder(Done)


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int
    sip2_port: int


class Caller:
    """The process of caller.py."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.pid = process.pid

    async def order(self, verb: Verb, callers: int, errands: Sequence[Errand]) -> Done:
        return _done.decode(await self.tell(Order(verb, callers, list(errands))))

    async def tell(self, message: object) -> bytes:
        orders, answers = self._process.stdin, self._process.stdout
        if orders is None or answers is None:
            raise BenchFailedError("bench_caller_ended")
        orders.write(msgspec.json.encode(message) + b"\n")
        await orders.drain()
        answer = await answers.readline()
        if not answer:
            raise BenchFailedError("bench_caller_ended")
        return answer


@asynccontextmanager
async def caller(url: str, settings: Mapping[str, str], module: str = "faelles.bench.caller") -> AsyncIterator[Caller]:
    """A process that calls operations on the database at `url`, ready to."""
    command = (sys.executable, "-m", module)
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, env={**os.environ, **settings}, limit=_LONGEST_LINE
    )
    try:
        made = Caller(process)
        await made.tell(Address(url, CONNECTIONS))
        yield made
    finally:
        await _end(process)


@asynccontextmanager
async def server(url: str, owner_url: str, settings: Mapping[str, str]) -> AsyncIterator[Server]:
    """`faelles serve` on that database, listening."""
    port, sip2_port = _free_port(), _free_port()
    addresses = {
        "FAELLES_DATABASE_URL": url,
        "FAELLES_OWNER_DATABASE_URL": owner_url,
        "FAELLES_HTTP_PORT": str(port),
        "FAELLES_SIP2_PORT": str(sip2_port),
    }
    environment = {**os.environ, **settings, **addresses, "FAELLES_DATABASE_CONNECTIONS": str(CONNECTIONS)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *_SERVE, stdout=DEVNULL, stderr=DEVNULL, env=environment
    )
    try:
        async with asyncio.timeout(_SECONDS_TO_START):
            await _listening(process, port)
        yield Server(process.pid, port, sip2_port)
    finally:
        await _end(process)


async def _listening(process: Process, port: int) -> None:
    while True:
        if process.returncode is not None:
            raise BenchFailedError("bench_server_ended")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        await process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
