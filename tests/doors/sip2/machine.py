"""A machine in a test: an asynchronous client that says just what it is told to, and reads fields by name."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from faelles.doors.sip2.checksum import checksum, unseal
from faelles.doors.sip2.messages import Message, parse
from waiting import PATIENCE

ZONE = ZoneInfo("Europe/Copenhagen")


def sip_date(moment: datetime | None = None) -> str:
    return (moment or datetime.now(UTC)).astimezone(ZONE).strftime("%Y%m%d    %H%M%S")


BLANK = " " * 18


def sealed(body: str, sequence: str = "1", encoding: str = "utf-8") -> bytes:
    summed = (body + f"AY{sequence}AZ").encode(encoding)
    return summed + checksum(summed)


@dataclass
class Machine:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *chunks: bytes) -> None:
        for chunk in chunks:
            self.writer.write(chunk)
            await self.writer.drain()

    async def hear(self, ending: bytes = b"\r") -> bytes:
        """The next answer without its end."""
        heard = await asyncio.wait_for(self.reader.readuntil(ending), PATIENCE)
        return heard[: -len(ending)]

    async def exchange(self, frame: bytes | str) -> bytes:
        await self.send((frame.encode() if isinstance(frame, str) else frame) + b"\r")
        return await self.hear()

    async def ask(self, body: str) -> Message:
        return told(await self.exchange(body))

    async def is_closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), PATIENCE) == b""

    async def sign_in(self, username: str, secret: str) -> Message:
        return await self.ask(f"9300CN{username}|CO{secret}|CPher|")

    # -- The messages as an ordinary machine sends them

    async def check_out(
        self, card: str, item: str, *, pin: str = "4711", at: str | None = None, **more: str
    ) -> Message:
        at = at or sip_date()
        fixed = f"{more.pop('policy', 'Y')}{more.pop('no_block', 'N')}{at}{more.pop('due', BLANK)}"
        return await self.ask(f"11{fixed}AODK|AA{card}|AB{item}|AC|AD{pin}|" + fields(more))

    async def check_in(self, item: str, *, at: str | None = None, returned: str | None = None, **more: str) -> Message:
        at = at or sip_date()
        fixed = f"{more.pop('no_block', 'N')}{at}{returned or at}"
        return await self.ask(f"09{fixed}APher|AODK|AB{item}|AC|" + fields(more))

    async def renew(self, card: str, item: str, *, pin: str = "4711", at: str | None = None, **more: str) -> Message:
        fixed = f"{more.pop('third', 'N')}{more.pop('no_block', 'N')}{at or sip_date()}{more.pop('due', BLANK)}"
        return await self.ask(f"29{fixed}AODK|AA{card}|AD{pin}|AB{item}|" + fields(more))

    async def renew_all(self, card: str, *, pin: str = "4711", **more: str) -> Message:
        return await self.ask(f"65{sip_date()}AODK|AA{card}|AD{pin}|" + fields(more))

    async def patron(self, card: str, *, pin: str = "4711", summary: str = "", **more: str) -> Message:
        return await self.ask(f"63009{sip_date()}{summary:<10}AODK|AA{card}|AC|AD{pin}|" + fields(more))

    async def status(self, card: str, *, pin: str = "4711") -> Message:
        return await self.ask(f"23009{sip_date()}AODK|AA{card}|AC|AD{pin}|")

    async def copy(self, item: str) -> Message:
        return await self.ask(f"17{sip_date()}AODK|AB{item}|AC|")

    async def pay(self, card: str, amount: str, *, currency: str = "DKK", **more: str) -> Message:
        return await self.ask(f"37{sip_date()}0400{currency}BV{amount}|AODK|AA{card}|" + fields(more))


def fields(values: dict[str, str]) -> str:
    return "".join(f"{name}{value}|" for name, value in values.items())


def told(frame: bytes) -> Message:
    return parse(unseal(frame).body.decode())


@asynccontextmanager
async def connected(address: tuple[str, int]) -> AsyncIterator[Machine]:
    reader, writer = await asyncio.open_connection(*address, limit=1 << 20)
    try:
        yield Machine(reader, writer)
    finally:
        writer.close()
