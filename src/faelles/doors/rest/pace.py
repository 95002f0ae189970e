"""How fast anybody may ask, from where: buckets that fill by themselves, counted in this process.

Guesses at one name are counted elsewhere, for good (people/attempts.py); here it is about the machine's time.
"""

import ipaddress
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from litestar import Request

from faelles.ground.config import Network
from faelles.ground.errors import TooManyAttemptsError
from faelles.people.model import Caller

SIGNS_IN: Final = "signs_in"
"""In a route's `opt`: whoever calls it proves who they are, which costs more than a page."""
_MOST_KNOWN: Final = 20_000


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

    def give_back(self, who: str) -> None:
        """What was taken was no attack."""
        if who in self._left:
            left, counted = self._left[who]
            self._left[who] = (min(self.burst, left + 1), counted)

    def knows(self, who: str) -> bool:
        return who in self._left

    def _forget_the_full(self, now: float) -> None:
        """Whoever has not asked for a while is as good as new; where all are busy, all begin anew."""
        refill = self.burst / self.per_second
        self._left = {who: kept for who, kept in self._left.items() if now - kept[1] < refill}
        if len(self._left) >= _MOST_KNOWN:
            self._left = {}


@dataclass(frozen=True, slots=True)
class SignInPace:
    """Of signing in, by pages and over REST together. Systems of others prove themselves by secrets that take no time
    to check, at doors of their own, and only wrong ones hold them up (`GuessPace`).

    `proxies`: whose word is taken for where a request comes from.
    """

    proxies: tuple[Network, ...] = ()
    of_addresses: Bucket = field(default_factory=lambda: Bucket(per_second=3, burst=300))
    """A town hall at eight in the morning, or a municipality's web site, behind one address."""

    def require(self, request: Request[Any, Any, Any], *, now: float | None = None) -> None:
        """Raise TooManyAttemptsError where too many come from one address to a route that signs in."""
        opt: Mapping[str, Any] = request.route_handler.opt
        if SIGNS_IN in opt:
            moment = time.monotonic() if now is None else now
            refuse_after(self.of_addresses.seconds_to_wait(self.address_of(request), moment))

    def address_of(self, request: Request[Any, Any, Any]) -> str:
        """Whom the request comes from: told by our own proxies, where it came through them."""
        came_by = request.client.host if request.client else ""
        for told in reversed(request.headers.getall("x-forwarded-for", [])):
            for each in reversed(told.split(",")):
                if not self._is_proxy(came_by):
                    return came_by
                came_by = each.strip()[:64]
        return came_by

    def _is_proxy(self, address: str) -> bool:
        try:
            place = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(place in network for network in self.proxies)


@dataclass(slots=True)
class Guess:
    """One attempt. Whoever made it says that it `was_right`."""

    was_right: bool = False


@dataclass(frozen=True, slots=True)
class GuessPace:
    """How fast somebody may try many passwords and PINs at the doors for other systems, all of them together. What was
    right costs nothing: a web site that signs in its patrons all day is not held up.
    """

    of_addresses: Bucket = field(default_factory=lambda: Bucket(per_second=3, burst=300))
    """At the secrets of clients, machines and libraries."""
    of_clients: Bucket = field(default_factory=lambda: Bucket(per_second=3, burst=300))
    """At the PINs of patrons: a web site has all its users behind one key."""

    def at_secrets(self, address: str) -> AbstractContextManager[Guess]:
        """Let whoever asks from `address` try a secret once. Raises TooManyAttemptsError after too many wrong ones."""
        return _guessing(self.of_addresses, address)

    def at_pins(self, client: Caller) -> AbstractContextManager[Guess]:
        """Let a client that has proven itself try a patron's PIN once. Raises as `at_secrets` does."""
        return _guessing(self.of_clients, f"{client.agency}/{client.actor}")


@contextmanager
def _guessing(bucket: Bucket, who: str) -> Iterator[Guess]:
    refuse_after(bucket.seconds_to_wait(who, time.monotonic()))
    guess = Guess()
    try:
        yield guess
    finally:
        if guess.was_right:
            bucket.give_back(who)


def refuse_after(seconds: float) -> None:
    """Raise TooManyAttemptsError where there is anything to wait for."""
    if seconds > 0:
        raise TooManyAttemptsError("asked_too_fast", retry_after=math.ceil(seconds))
