"""Desks that scan at a steady pace: a card, a copy lent to it, and later on the copy back."""

import asyncio
import hashlib
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from faelles.bench.caller import librarian
from faelles.bench.country import Errand
from faelles.bench.errors import BenchFailedError
from faelles.bench.model import Size, Tell
from faelles.bench.processes import cpu_ms_between, cpu_readings, family
from faelles.bench.programs import Server
from faelles.bench.scans.model import DESKS, SCANS_A_SECOND, ScanFigures
from faelles.bench.summary import percentile
from faelles.bench.work import Supply
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.ids import NATION
from faelles.people.access_tokens import issue_access_token
from faelles.people.model import KnownCaller
from faelles.people.rules import ACCESS_TOKEN_LENGTH

_SCANS_AN_ERRAND: Final = 3
_WARMING: Final = 2
"""Errands of each desk before anything counts."""
_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_PATRON: Final = re.compile(rb'data-patron="(\d+)"')
_TONE: Final = re.compile(rb'data-tone="(\w+)"')


@dataclass
class Desk:
    """One browser's connection."""

    number: int
    keyring: Keyring
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    tokens: dict[int, str] = field(default_factory=dict)
    scans: int = 0

    async def scan(self, errand: Errand, scan: str, patron: str = "") -> bytes:
        """The answer as a page. Raises BenchFailedError where it is none, or a refusal."""
        self.writer.write(self._request(errand, scan, patron))
        head = await self.reader.readuntil(b"\r\n\r\n")
        found = _LENGTH.search(head)
        body = await self.reader.readexactly(int(found[1]) if found else 0)
        tone = _TONE.search(body)
        if not head.startswith(b"HTTP/1.1 200") or tone is None or tone[1] == b"stop":
            raise BenchFailedError("bench_scan_refused", status=head[9:12].decode())
        return body

    def _request(self, errand: Errand, scan: str, patron: str) -> bytes:
        self.scans += 1
        session = f"bench-desk-{self.number}"
        form = {"scan": scan, "branch": errand.branch, "key": f"{os.getpid()}-{self.number}-{self.scans}-scan"}
        body = urlencode(form | ({"patron": patron} if patron else {})).encode()
        signed = hashlib.sha256(self.keyring.lookup_hash("form", NATION, session)).hexdigest()
        head = (
            "POST /desk/scans HTTP/1.1",
            "Host: 127.0.0.1",
            "Origin: http://127.0.0.1",
            f"Cookie: faelles_session={session}; faelles_access={self._token(errand.agency)}",
            f"X-Form-Token: {signed}",
            "X-Fragment: 1",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        )
        return "\r\n".join((*head, "", "")).encode() + body

    def _token(self, agency: int) -> str:
        if agency not in self.tokens:
            now = utc_now()
            known = KnownCaller(librarian(agency), now, now + ACCESS_TOKEN_LENGTH)
            self.tokens[agency] = issue_access_token(self.keyring, known, now).secret
        return self.tokens[agency]

    async def serve(self, errand: Errand, due: Iterator[float], latencies: list[float]) -> None:
        """A card, the copy lent, the copy returned, each at its time."""
        opened = await _at(due, latencies, lambda: self.scan(errand, errand.card))
        patron = _PATRON.search(opened)
        if patron is None:
            raise BenchFailedError("bench_scan_refused", status="-")
        await _at(due, latencies, lambda: self.scan(errand, errand.item, patron[1].decode()))
        await _at(due, latencies, lambda: self.scan(errand, errand.item))


async def _at(due: Iterator[float], latencies: list[float], scan: Callable[[], Awaitable[bytes]]) -> bytes:
    moment = next(due)
    await asyncio.sleep(max(0, moment - time.perf_counter()))
    answer = await scan()
    latencies.append((time.perf_counter() - moment) * 1000)
    return answer


async def measure_scans(
    serving: Server, keyring: Keyring, postmaster: int, supply: Supply, size: Size, tell: Tell
) -> ScanFigures:
    """`size.measured` errands of three scans each."""
    desks = [
        Desk(number, keyring, *await asyncio.open_connection("127.0.0.1", serving.port)) for number in range(DESKS)
    ]
    tell("bench_warming", 0, 0)
    for errand in supply.one_everywhere(1):
        # Every agency's rules compiled, which a server does once.
        await desks[0].scan(errand, errand.card)
    await scan_all(desks, supply.free(_WARMING * DESKS), SCANS_A_SECOND / 2)
    # The data set was copied a moment ago: its pages would be written while the scans' commits wait for the disk.
    os.sync()
    tell("bench_scanning", 0, 0)
    errands = supply.free(size.measured)
    before, served_before = cpu_readings(family(postmaster)), cpu_readings([serving.pid])
    began = time.perf_counter()
    latencies = sorted(await scan_all(desks, errands, SCANS_A_SECOND))
    seconds = time.perf_counter() - began
    spent = cpu_ms_between(before, cpu_readings(family(postmaster)))
    served = cpu_ms_between(served_before, cpu_readings([serving.pid]))
    for desk in desks:
        desk.writer.close()
    scans = len(latencies)
    return ScanFigures(
        scans=scans,
        scans_a_second=round(scans / seconds, 1),
        p50_ms=round(percentile(latencies, 50), 2),
        p95_ms=round(percentile(latencies, 95), 2),
        p99_ms=round(percentile(latencies, 99), 2),
        program_cpu_ms=round(served / scans, 3),
        database_cpu_ms=round(spent / scans, 3),
        load=round(os.getloadavg()[0], 2),
    )


async def scan_all(desks: Sequence[Desk], errands: Sequence[Errand], scans_a_second: float) -> list[float]:
    """The desks take turns; every scan has its time from the start."""
    latencies: list[float] = []
    left = iter(errands)
    start = time.perf_counter() + 0.1

    async def one_desk(place: int, desk: Desk) -> None:
        # Its own times among all: the desks' scans come one after the other, evenly.
        due = (start + (place + len(desks) * turn) / scans_a_second for turn in range(len(errands) * _SCANS_AN_ERRAND))
        for errand in left:
            await desk.serve(errand, due, latencies)

    async with asyncio.TaskGroup() as group:
        for place, desk in enumerate(desks):
            group.create_task(one_desk(place, desk))
    return latencies
