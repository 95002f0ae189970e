"""The server killed between request and answer, again and again: what was asked is done once or not at all, and asking
again with the same key tells which.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx

from circulation.lending_library import Clock
from circulation.real_desk import RealDesk, World, furnish
from doors.rest.callers import bearer, staff
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring, new_master_key, parse_master_keys
from faelles.ground.database import Database
from waiting import PATIENCE, free_port

KILLS = 3
SELF_CHECKS = 6
WORLD = World(
    readers={f"reader {number}": "adult" for number in range(4)},
    copies={f"book {number}": ("book_adult", "main") for number in range(150)},
    limit=1_000,
)


@dataclass
class Asked:
    """A request, and what was heard of it; None where the server died first."""

    path: str
    key: str
    body: dict[str, object]
    heard: dict[str, object] | None = None


@dataclass
class Kiosk:
    """Lends every book and takes every other one back. A request without an answer is left for later."""

    desk: RealDesk
    headers: dict[str, str]
    waiting: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    async def work(self, url: str) -> None:
        async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=self.headers, timeout=PATIENCE) as client:
            while self.waiting:
                book = self.waiting.pop()
                if not await self.ask(client, self.lending(book)) or not await self.ask(client, self.taking_back(book)):
                    return

    def lending(self, book: str) -> Asked:
        reader = self.desk.readers[random.choice(list(self.desk.readers))]
        body = {"borrower": {"card": reader.card}, "item": self.desk.copies[book], "branch": self.desk.branches["main"]}
        return Asked("/checkouts", f"out {book}", body)

    def taking_back(self, book: str) -> Asked:
        body = {"item": self.desk.copies[book], "branch": self.desk.branches["main"]}
        return Asked("/returns", f"in {book}", body)

    async def ask(self, client: httpx.AsyncClient, asked: Asked) -> bool:
        """Whether there was an answer."""
        self.asked.append(asked)
        try:
            asked.heard = await _answer(client, asked)
        except httpx.TransportError:
            return False
        return True


async def _answer(client: httpx.AsyncClient, asked: Asked) -> dict[str, object]:
    answer = await client.post(asked.path, json=asked.body, headers={"Idempotency-Key": asked.key})
    assert answer.status_code == 200, answer.text
    return answer.json()


class Servers:
    """Processes that serve, each on a port of its own; whichever still lives is killed in the end."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program
        self._living: list[int] = []

    async def start(self) -> str:
        """The address of a new server that answers."""
        port = free_port()
        print(port, file=self._program.stdin, flush=True)
        self._living.append(int(await asyncio.to_thread(self._program.stdout.readline)))
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
            while True:
                with suppress(httpx.TransportError):
                    if (await client.get(f"http://127.0.0.1:{port}/health")).is_success:
                        return f"http://127.0.0.1:{port}"
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        while self._living:
            os.kill(self._living.pop(), signal.SIGKILL)


@contextmanager
def serving(owner_url: str, master_key: str) -> Iterator[Servers]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FAELLES_")},
        "FAELLES_DATABASE_URL": owner_url,
        "FAELLES_MASTER_KEY": master_key,
    }
    program = [sys.executable, str(Path(__file__).with_name("server_process.py"))]
    with subprocess.Popen(
        program, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        servers = Servers(process)
        try:
            yield servers
        finally:
            servers.kill()
            process.kill()


async def test_a_server_killed_between_request_and_answer_leaves_nothing_half_done(
    database: Database, owner_url: str, seeded_nation: None
):
    master_key = new_master_key()
    keyring = Keyring(parse_master_keys(master_key))
    long_ago = Clock(utc_now() - timedelta(days=400))
    desk = await furnish(Database(database._pool, long_ago), keyring, long_ago, WORLD)
    kiosk = Kiosk(desk, bearer(keyring, staff(desk.library.town.agency, 1)), waiting=list(WORLD.copies))
    with serving(owner_url, master_key) as servers:
        for _ in range(KILLS):
            url = await servers.start()
            working = asyncio.gather(*(kiosk.work(url) for _ in range(SELF_CHECKS)))
            await asyncio.sleep(random.uniform(0.05, 0.4))
            servers.kill()
            await working
            assert (await desk.look()).faults == []
        assert any(asked.heard is None for asked in kiosk.asked)
        await _ask_again(kiosk, await servers.start())
    look = await desk.look()
    assert look.faults == []
    assert look.events.count("loan.opened") == sum(asked.path == "/checkouts" for asked in kiosk.asked)
    assert look.events.count("loan.returned") == sum(asked.path == "/returns" for asked in kiosk.asked)


async def _ask_again(kiosk: Kiosk, url: str) -> None:
    """Every request with its key: the first answer where there was one, else the one that was lost."""
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=kiosk.headers, timeout=PATIENCE) as client:
        for asked in kiosk.asked:
            again = await _answer(client, asked)
            assert asked.heard in (None, again)
            assert again["outcome"] == ("lent" if asked.path == "/checkouts" else "returned")
