"""The same files over HTTP, with a debtor system that listens on the loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from faelles.fees.debt import files
from faelles.fees.debt.model import Answer, AnswerKind, OutMessage, TheirBalance
from faelles.fees.neighbours.model import Adapter
from fees.debt.office import MONDAY, Office


@dataclass
class OtherSide:
    isil: str
    address: str = ""
    heard: dict[str, str] = field(default_factory=dict)
    """Files by name: told twice, kept once."""
    waiting: dict[str, str] = field(default_factory=dict)
    balances: list[TheirBalance] = field(default_factory=list)

    def answer(self, path: str, body: dict[str, str]) -> list[tuple[str, str]]:
        if path == "/files":
            self.heard.setdefault(body["name"], body["content"])
        elif path == "/answers":
            return list(self.waiting.items())
        elif path == "/answers/settled":
            self.waiting.pop(body["name"], None)
        elif path == "/balances":
            return [("balances-1.jsonl", self._file("balances", 1, self.balances))]
        return []

    def say(self, number: int, answer: Answer) -> None:
        self.waiting[f"answers-{number:08d}.jsonl"] = self._file("answers", number, [answer])

    def _file(self, content, number: int, lines) -> str:
        head = files.Head(content=content, agency=self.isil, number=number, made_at=MONDAY)
        return files.encode(head, lines).decode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
        body = msgspec.json.decode(await reader.readexactly(length))
        found = [{"name": name, "content": content} for name, content in self.answer(head.split(" ")[1], body)]
        content = msgspec.json.encode({"files": found})
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def listening(isil: str) -> AsyncIterator[OtherSide]:
    side = OtherSide(isil)
    server = await asyncio.start_server(side.serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        side.address = f"http://{host}:{port}"
        yield side


async def test_a_claim_goes_out_a_payment_comes_in_and_both_sides_agree(office: Office):
    async with listening(office.household.town.isil) as side:
        await office.use(Adapter.HTTP, side.address)
        claim = await office.charge(30_000)
        office.days = 61
        await office.export()
        (content,) = side.heard.values()
        _, (message,) = files.decode(content.encode(), OutMessage, expected="messages", agency=side.isil)
        assert (message.claim, message.amount_ore) == (claim, 30_000)
        side.say(1, Answer(id="a-1", kind=AnswerKind.ACKNOWLEDGEMENT, message=1))
        side.say(2, Answer(id="p-1", kind=AnswerKind.PAYMENT, claim=claim, amount_ore=20_000))
        assert (await office.take_in()).answers.applied == 2
        assert side.waiting == {}
        assert await office.balance() == 10_000
        side.balances = [TheirBalance(claim=claim, amount_ore=10_000)]
        assert await office.differences() == []
        side.balances = [TheirBalance(claim=claim, amount_ore=30_000)]
        assert await office.differences() == ["debt_balance_differs"]
