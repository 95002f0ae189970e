"""A door that takes three guesses and then none for a quarter of an hour."""

from collections.abc import Callable
from dataclasses import replace

from litestar.types import ASGIApp

from faelles.doors.rest.pace import Bucket, GuessPace
from faelles.doors.rest.services import Services

GUESSES = 3


def impatient(door: Callable[[Services], ASGIApp]) -> Callable[[Services], ASGIApp]:
    def few() -> Bucket:
        return Bucket(per_second=0.001, burst=GUESSES)

    return lambda services: door(replace(services, guess_pace=GuessPace(few(), few())))
