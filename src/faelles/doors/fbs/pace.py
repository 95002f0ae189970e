"""How fast somebody may guess passwords and PINs through this door. What was right costs nothing: a web site that
signs in its patrons all day is not held up.

Guesses at one name or card are counted elsewhere, for good (people/attempts.py); here it is about trying many of them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from faelles.doors.rest.pace import Bucket, refuse_after


@dataclass(slots=True)
class Guess:
    """One attempt. Whoever made it says that it `was_right`."""

    was_right: bool = False


@dataclass(frozen=True, slots=True)
class GuessPace:
    """The buckets of one running application."""

    of_addresses: Bucket = field(default_factory=lambda: Bucket(per_second=3, burst=300))
    """At the passwords of clients."""
    of_clients: Bucket = field(default_factory=lambda: Bucket(per_second=3, burst=300))
    """At the PINs of patrons: a web site has all its users behind one key."""


@contextmanager
def guessing(bucket: Bucket, who: str) -> Iterator[Guess]:
    """Let `who` guess once. Raises TooManyAttemptsError for whoever was wrong too often lately."""
    refuse_after(bucket.seconds_to_wait(who, time.monotonic()))
    guess = Guess()
    try:
        yield guess
    finally:
        if guess.was_right:
            bucket.give_back(who)
