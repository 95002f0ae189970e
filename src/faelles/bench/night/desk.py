"""A desk at work beside the night: so many calls a second, whether or not those before were answered."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from faelles.bench.caller import librarian
from faelles.bench.country import Errand
from faelles.bench.model import Verb
from faelles.bench.night.model import DESK_A_SECOND, Desk
from faelles.bench.programs import CONNECTIONS
from faelles.bench.summary import percentile
from faelles.bench.visitor import Line, prepared, visit
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.people.access_tokens import issue_access_token
from faelles.people.model import KnownCaller
from faelles.people.rules import ACCESS_TOKEN_LENGTH

_KEEPS: Final = 100
"""Copies that are out before the first comes back."""
_SILENT_FOR: Final = 2.0
_LONGEST_WAIT: Final = 60.0
_TOKENS_GOOD_FOR: Final = ACCESS_TOKEN_LENGTH.total_seconds() / 2


@dataclass
class DeskBeside:
    """Lends copies that are at home and takes them back, in turn. Where none is left it begins again with the first."""

    port: int
    keyring: Keyring
    errands: Sequence[Errand]
    latencies_ms: list[float] = field(default_factory=list)
    refused: int = 0
    _lines: list[tuple[Line, float]] = field(default_factory=list)
    _out: deque[Errand] = field(default_factory=deque)
    _tokens: dict[int, tuple[str, float]] = field(default_factory=dict)

    async def work(self, until: asyncio.Event) -> Desk:
        """At the pace until the event is set; what it felt like."""
        began = time.perf_counter()
        number = 0
        async with asyncio.TaskGroup() as group:
            while not until.is_set():
                due = began + number / DESK_A_SECOND
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(self._call(number, due))
                number += 1
        seconds = time.perf_counter() - began
        for line, _ in self._lines:
            line.close()
        return self._felt(seconds)

    async def warm_up(self) -> None:
        """Every agency's rules compiled, connections open, statements planned."""
        everywhere = list({errand.agency: errand for errand in self.errands}.values())
        for verb in (Verb.CHECKOUT, Verb.RETURN):
            tokens = {errand.agency: self._token(errand.agency) for errand in everywhere}
            await visit(self.port, prepared(verb, everywhere, tokens, f"warm-{verb}"), CONNECTIONS)

    def _felt(self, seconds: float) -> Desk:
        latencies = sorted(self.latencies_ms)
        p50, p95, p99 = (round(percentile(latencies, percent), 1) for percent in (50, 95, 99))
        return Desk(
            calls=len(latencies),
            refused=self.refused,
            a_second=round(len(latencies) / seconds, 1),
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            longest_ms=round(latencies[-1], 1),
        )

    async def _call(self, number: int, due: float) -> None:
        is_return = number % 2 == 1 and len(self._out) >= _KEEPS
        errand = self._out.popleft() if is_return else self.errands[number // 2 % len(self.errands)]
        verb = Verb.RETURN if is_return else Verb.CHECKOUT
        (request,) = prepared(verb, [errand], {errand.agency: self._token(errand.agency)}, f"night-{number}")
        is_good = await self._answered(request)
        self.latencies_ms.append((time.perf_counter() - due) * 1000)
        self.refused += not is_good
        if is_good and not is_return:
            self._out.append(errand)

    async def _answered(self, request: bytes) -> bool:
        """Whether the answer is a yes. A server that hangs up or stays silent is a no, and the night goes on."""
        try:
            line = await self._line()
        except OSError:
            return False
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
                is_good = await line.ask(request)
        except (OSError, EOFError):
            line.close()
            return False
        self._lines.append((line, time.monotonic()))
        return is_good

    async def _line(self) -> Line:
        """One that was in use a moment ago: the server hangs up on those that are silent."""
        while self._lines:
            line, used_at = self._lines.pop()
            if time.monotonic() - used_at < _SILENT_FOR:
                return line
            line.close()
        return await Line.open(self.port)

    def _token(self, agency: int) -> str:
        token, until = self._tokens.get(agency, ("", 0.0))
        if time.monotonic() < until:
            return token
        now = utc_now()
        made = issue_access_token(self.keyring, KnownCaller(librarian(agency), now, now + ACCESS_TOKEN_LENGTH), now)
        self._tokens[agency] = (made.secret, time.monotonic() + _TOKENS_GOOD_FOR)
        return made.secret
