"""How fast anybody may ask for pages: enough for every desk, too little for whoever fetches everything.

By session where there is one and by address otherwise. Signing in has a pace of its own, which programs share
(rest/pace.py).
"""

import hashlib
import time
from dataclasses import dataclass, field
from typing import Final

from faelles.doors.rest.pace import Bucket, refuse_after
from faelles.doors.web import cookies
from faelles.doors.web.request import WebRequest

_FREE: Final = "/static/"


@dataclass(frozen=True, slots=True)
class Pace:
    """The buckets of one running application."""

    of_sessions: Bucket = field(default_factory=lambda: Bucket(per_second=250, burst=1000))
    """A desk that sends what it kept while the network was away is no attack."""
    of_addresses: Bucket = field(default_factory=lambda: Bucket(per_second=50, burst=250))
    """A whole library's public screens behind one address."""

    def require(self, request: WebRequest, *, now: float | None = None) -> None:
        """Raise TooManyAttemptsError for whoever asks too fast."""
        if request.scope["path"].startswith(_FREE):
            return
        moment = time.monotonic() if now is None else now
        sign_ins = request.services.sign_in_pace
        refuse_after(self._wait(request, sign_ins.address_of(request), moment))
        sign_ins.require(request, now=moment)

    def _wait(self, request: WebRequest, address: str, now: float) -> float:
        session = request.cookies.get(cookies.SESSION, "")
        if not session:
            return self.of_addresses.seconds_to_wait(address, now)
        who = f"{hashlib.sha256(session.encode()).hexdigest()}/{address}"
        # One that was not seen lately may be invented, so the address pays for it.
        wait = 0.0 if self.of_sessions.knows(who) else self.of_addresses.seconds_to_wait(address, now)
        return wait or self.of_sessions.seconds_to_wait(who, now)
