"""The witness of a server: it counts in memory and tells the database every few seconds, one statement an agency.

A message costs no transaction. What a crash loses is some seconds of counts; a database that is away gets them when it
is back.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from faelles.doors.sip2.hiding import hidden
from faelles.doors.sip2.metrics import Sip2Metrics
from faelles.doors.sip2.outcome import Kind, head_of, kind_of
from faelles.doors.sip2.services import Maintenance
from faelles.doors.sip2.text import decode
from faelles.ground.actor import SYSTEM
from faelles.ground.clock import Clock, utc_now
from faelles.ground.database import Database
from faelles.ground.errors import FaellesError
from faelles.ground.ids import AgencyId, MachineId
from faelles.ground.log import logger
from faelles.people.machines.terminal import Terminal
from faelles.people.terminals import operations
from faelles.people.terminals.model import Direction, NewTraceLine, Observed, Sighting, Tally, Whence

Key = tuple[AgencyId, MachineId]

_log = logger("doors.sip2")

PERIOD: Final = 10.0
"""Seconds between two tellings."""
_MOST_TRACE_LINES: Final = 20_000
"""Kept in memory while the database is away; beyond it the oldest go."""


@dataclass(slots=True)
class _Seen:
    """A machine, as far as this server knows it."""

    at: datetime
    connections: int = 0
    since: datetime | None = None
    whence: Whence | None = None
    counts: dict[bytes, int] = field(default_factory=dict)
    """By the heads of request and answer."""
    untold: list[Tally] = field(default_factory=list)
    """What the database was away for."""

    def taken(self) -> list[Tally]:
        """All that is counted, to be told; what comes now counts from nothing."""
        found: Counter[Kind] = Counter()
        for told in self.untold:
            found[Kind(told.message, told.outcome)] += told.number
        for head, number in self.counts.items():
            found[kind_of(head)] += number
        self.untold.clear()
        self.counts.clear()
        return [Tally(*kind, number) for kind, number in found.items()]


class Recorder:
    """What passes over one server's connections, on its way to the database. See `Witness` for what each call means."""

    def __init__(
        self,
        database: Database,
        server: str,
        metrics: Sip2Metrics,
        clock: Clock = utc_now,
        maintenance: Maintenance | None = None,
    ) -> None:
        self._database, self._server, self._metrics, self._clock = database, server, metrics, clock
        self._maintenance = maintenance or Maintenance()
        self._seen: dict[Key, _Seen] = {}
        self._changed: set[Key] = set()
        self._traced: dict[Key, datetime] = {}
        self._lines: deque[tuple[AgencyId, NewTraceLine]] = deque(maxlen=_MOST_TRACE_LINES)

    # -- What the door tells

    def connected(self) -> None:
        self._metrics.connections += 1

    def disconnected(self, terminal: Terminal | None) -> None:
        self._metrics.connections -= 1
        if terminal is None:
            return
        self._metrics.signed_in -= 1
        seen = self._note(terminal)
        seen.connections = max(0, seen.connections - 1)
        if not seen.connections:
            seen.since = None

    def signed_in(self, terminal: Terminal, whence: Whence | None) -> None:
        self._metrics.signed_in += 1
        seen = self._note(terminal)
        seen.connections += 1
        seen.since = seen.since or seen.at
        seen.whence = whence

    def refused(self, reason: str) -> None:
        self._metrics.refused(reason)

    def exchanged(self, terminal: Terminal | None, request: bytes, answer: bytes, seconds: float) -> None:
        head = head_of(request, answer)
        self._metrics.exchanged(head, seconds)
        if terminal is None:
            return
        seen = self._note(terminal)
        seen.counts[head] = seen.counts.get(head, 0) + 1
        if self._traced:
            self._trace(terminal, seen.at, request, answer)

    def _note(self, terminal: Terminal) -> _Seen:
        key, now = _key(terminal), self._clock()
        self._changed.add(key)
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen(now)
        seen.at = now
        return seen

    def _trace(self, terminal: Terminal, now: datetime, request: bytes, answer: bytes) -> None:
        until = self._traced.get(_key(terminal))
        if until is None or until <= now:
            return
        for direction, frame in ((Direction.RECEIVED, request), (Direction.SENT, answer)):
            if frame:
                text = hidden(decode(frame, terminal.profile.encoding))
                self._lines.append((terminal.caller.agency, NewTraceLine(terminal.machine, now, direction, text)))

    # -- What the database is told

    async def tell(self) -> None:
        """Hand over what has been seen since the last time; learn who is traced, and whether the country is off line.
        What cannot be told is kept.
        """
        await self._learn_who_is_traced()
        await self._learn_of_maintenance()
        for agency, observed in self._taken().items():
            try:
                await self._tell(agency, observed)
            except FaellesError as problem:
                _log.warning("counts not told", reason=problem.code, agency=agency)
                self._put_back(agency, observed)

    async def _tell(self, agency: AgencyId, observed: Observed) -> None:
        await self._database.run(agency, SYSTEM, lambda tx: operations.note_observed(tx, self._server, observed))

    async def _learn_of_maintenance(self) -> None:
        try:
            self._maintenance.is_on = await operations.country_is_in_maintenance(self._database)
        except FaellesError as problem:
            _log.warning("maintenance not asked for", reason=problem.code)

    async def _learn_who_is_traced(self) -> None:
        now = self._clock()
        try:
            self._traced = await operations.traced(self._database)
            for agency in {agency for (agency, _), until in self._traced.items() if until <= now}:
                await self._database.run(agency, SYSTEM, operations.end_old_traces)
        except FaellesError as problem:
            _log.warning("traces not asked for", reason=problem.code)

    def _taken(self) -> dict[AgencyId, Observed]:
        sightings: defaultdict[AgencyId, list[Sighting]] = defaultdict(list)
        counts: defaultdict[AgencyId, list[tuple[MachineId, Tally]]] = defaultdict(list)
        lines: defaultdict[AgencyId, list[NewTraceLine]] = defaultdict(list)
        for key in self._changed:
            agency, machine = key
            seen = self._seen[key]
            sightings[agency].append(Sighting(machine, seen.at, seen.since, seen.whence))
            counts[agency] += [(machine, tally) for tally in seen.taken()]
            if not seen.connections:
                del self._seen[key]
        self._changed.clear()
        for agency, line in self._lines:
            lines[agency].append(line)
        self._lines.clear()
        return {
            agency: Observed(tuple(sightings[agency]), tuple(counts[agency]), tuple(lines[agency]))
            for agency in sightings.keys() | lines.keys()
        }

    def _put_back(self, agency: AgencyId, observed: Observed) -> None:
        for told in observed.sightings:
            self._seen.setdefault((agency, told.machine), _Seen(told.seen_at))
            self._changed.add((agency, told.machine))
        for machine, tally in observed.counts:
            self._seen[agency, machine].untold.append(tally)
        self._lines.extendleft((agency, line) for line in reversed(observed.trace))

    async def clear(self) -> None:
        """Nobody is connected yet: whoever still stands as connected to this server was so when it crashed."""
        await operations.forget_connections(self._database, self._server)

    async def keep_telling(self, period: float = PERIOD) -> None:
        while True:
            await asyncio.sleep(period)
            try:
                await self.tell()
            except Exception:  # noqa: BLE001 - counting must go on whatever became of one batch
                _log.exception("counts lost")


@asynccontextmanager
async def recording(
    database: Database,
    server: str,
    metrics: Sip2Metrics,
    period: float = PERIOD,
    maintenance: Maintenance | None = None,
) -> AsyncIterator[Recorder]:
    """A recorder for the server at `server` (host and port), which tells all it knows at the end, and keeps
    `maintenance` as the country has it.
    """
    recorder = Recorder(database, server, metrics, maintenance=maintenance)
    await recorder.clear()
    await recorder.tell()
    telling = asyncio.create_task(recorder.keep_telling(period))
    try:
        yield recorder
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        await recorder.tell()


def _key(terminal: Terminal) -> Key:
    return terminal.caller.agency, terminal.machine
