"""Connections of machines that have logged in: a client that costs little."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from faelles.bench.errors import BenchFailedError
from faelles.bench.terminals.frames import END, login

_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Account:
    """What a machine of an agency logs in with."""

    agency: int
    username: str
    secret: str


@dataclass(frozen=True, slots=True)
class Line:
    agency: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, frame: bytes) -> bytes:
        self.writer.write(frame)
        return await self.reader.readuntil(END)


@asynccontextmanager
async def lines(port: int, accounts: Sequence[Account], number: int) -> AsyncIterator[list[Line]]:
    """So many connections, by turns of each account, all logged in."""
    opened: list[Line] = []
    room = asyncio.Semaphore(_AT_ONCE)
    try:
        async with asyncio.TaskGroup() as group:
            for place in range(number):
                group.create_task(_log_in(port, accounts[place % len(accounts)], opened, room))
        yield opened
    finally:
        for line in opened:
            line.writer.close()
        await asyncio.gather(*(line.writer.wait_closed() for line in opened), return_exceptions=True)


async def _log_in(port: int, account: Account, opened: list[Line], room: asyncio.Semaphore) -> None:
    async with room:
        line = Line(account.agency, *await asyncio.open_connection("127.0.0.1", port))
        opened.append(line)
        if not (await line.ask(login(account.username, account.secret))).startswith(b"941"):
            raise BenchFailedError("bench_terminal_not_let_in")


async def converse(line: Line, frames: Sequence[bytes], yes: bytes, latencies: list[float]) -> int:
    """Send one after the other, each when the last is answered; how many were not answered with `yes`."""
    refused = 0
    for frame in frames:
        began = time.perf_counter()
        answer = await line.ask(frame)
        latencies.append((time.perf_counter() - began) * 1000)
        refused += not answer.startswith(yes)
    return refused
