"""How fast anybody may ask: enough for every desk, too little for whoever guesses or fetches everything.

Counted in this process, by session where there is one and by address otherwise, in buckets that fill by themselves.
Guesses at one name are counted elsewhere, for good (people/attempts.py); here it is about the machine's time.
"""

import hashlib
import ipaddress
import math
import time
from dataclasses import dataclass, field
from typing import Final

from faelles.doors.web import cookies
from faelles.doors.web.request import WebRequest
from faelles.ground.errors import TooManyAttemptsError

SIGNS_IN: Final = "signs_in"
"""In a route's `opt`: whoever calls it proves who they are, which costs more than a page."""
_MOST_KNOWN: Final = 20_000
_FREE: Final = "/static/"


@dataclass(slots=True)
class Bucket:
    """`burst` at once, and `per_second` from then on."""

    per_second: float
    burst: int
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    """What is left, and when that was counted."""

    def seconds_to_wait(self, who: str, now: float) -> float:
        """0 where there is something left, of which one is then taken."""
        left, counted = self._left.get(who, (float(self.burst), now))
        left = min(self.burst, left + (now - counted) * self.per_second)
        if left < 1:
            return (1 - left) / self.per_second
        if len(self._left) >= _MOST_KNOWN:
            self._forget_the_full(now)
        self._left[who] = (left - 1, now)
        return 0

    def knows(self, who: str) -> bool:
        return who in self._left

    def _forget_the_full(self, now: float) -> None:
        """Whoever has not asked for a while is as good as new; where all are busy, all begin anew."""
        refill = self.burst / self.per_second
        self._left = {who: kept for who, kept in self._left.items() if now - kept[1] < refill}
        if len(self._left) >= _MOST_KNOWN:
            self._left = {}


@dataclass(frozen=True, slots=True)
class Pace:
    """The buckets of one running application."""

    of_sessions: Bucket = field(default_factory=lambda: Bucket(per_second=250, burst=1000))
    """A desk that sends what it kept while the network was away is no attack."""
    of_addresses: Bucket = field(default_factory=lambda: Bucket(per_second=50, burst=250))
    """A whole library's public screens behind one address."""
    of_sign_ins: Bucket = field(default_factory=lambda: Bucket(per_second=1, burst=120))
    """A town hall at eight in the morning behind one address."""

    def require(self, request: WebRequest, *, now: float | None = None) -> None:
        """Raise TooManyAttemptsError for whoever asks too fast."""
        if request.url.path.startswith(_FREE):
            return
        moment = time.monotonic() if now is None else now
        waits = [self._bucket(request, moment)]
        if SIGNS_IN in request.route_handler.opt:
            waits.append(self.of_sign_ins.seconds_to_wait(address_of(request), moment))
        if max(waits) > 0:
            raise TooManyAttemptsError("web_entry_too_fast", retry_after=math.ceil(max(waits)))

    def _bucket(self, request: WebRequest, now: float) -> float:
        session = request.cookies.get(cookies.SESSION, "")
        address = address_of(request)
        if not session:
            return self.of_addresses.seconds_to_wait(address, now)
        who = f"{hashlib.sha256(session.encode()).hexdigest()}/{address}"
        # One that was not seen lately may be invented, so the address pays for it.
        wait = 0.0 if self.of_sessions.knows(who) else self.of_addresses.seconds_to_wait(address, now)
        return wait or self.of_sessions.seconds_to_wait(who, now)


def address_of(request: WebRequest) -> str:
    """Whom the request comes from: told by the proxy in front of us, where there is one on a network of ours."""
    peer = request.client.host if request.client else ""
    told = request.header(b"x-forwarded-for").rpartition(",")[2].strip()
    return told[:64] if told and _is_ours(peer) else peer


def _is_ours(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
