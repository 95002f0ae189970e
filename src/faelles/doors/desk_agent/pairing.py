"""Which page may ask: one of our own origin, that has shown a code which only somebody at this computer can read."""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from faelles.ground.crypto import new_secret

_MOST_TRIES: Final = 5
_DIGITS: Final = 6
_SECONDS_CLOSED: Final = 60
"""After so many wrong codes nobody is listened to: others at this computer can ask as well, and quickly."""


def new_code() -> str:
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"


@dataclass
class Pairing:
    """`origin`: the desk's pages, as a browser writes it. `keep`: where the token outlives the program; None: nowhere.
    `tell` shows a new code to whoever stands there.
    """

    origin: str
    keep: Path | None
    tell: Callable[[str], None]
    code: str = field(default_factory=new_code)
    _tries: int = 0
    _token: str = ""
    _closed_until: float = 0.0

    def __post_init__(self) -> None:
        if self.keep is not None and self.keep.exists():
            self._token = self.keep.read_text().strip()
        self.tell(self.code)

    def pair(self, code: str) -> str | None:
        """The token for the right code, which is then used up; after some wrong ones comes a new code, and a pause."""
        if time.monotonic() < self._closed_until:
            return None
        self._tries += 1
        is_right = hmac.compare_digest(code.encode(), self.code.encode())
        if is_right or self._tries >= _MOST_TRIES:
            self.code, self._tries = new_code(), 0
            self.tell(self.code)
        if not is_right:
            if self._tries == 0:
                self._closed_until = time.monotonic() + _SECONDS_CLOSED
            return None
        self._token = new_secret()
        if self.keep is not None:
            self.keep.parent.mkdir(parents=True, exist_ok=True)
            self.keep.touch(mode=0o600)
            self.keep.write_text(self._token)
        return self._token

    def knows(self, token: str) -> bool:
        return bool(self._token) and hmac.compare_digest(token.encode(), self._token.encode())
