"""What is made up is made up the same way on every machine: dice that only the name of their throw decides."""

import csv
from functools import cache
from hashlib import sha256
from importlib import resources
from random import Random

_SEED = "faelles/1"
_PINS = 10_000


def dice(*name: str) -> Random:
    """Dice of their own for what `name` says: nothing else that is thrown changes how they fall."""
    return Random("/".join((_SEED, *name)))  # noqa: S311 - a demonstration must be the same each time; no secret is made


def pin_of(card: str) -> str:
    """The PIN that the demonstration gives the holder of a card; four digits."""
    return f"{int.from_bytes(sha256(f'{_SEED}/pin/{card}'.encode()).digest()[:8]) % _PINS:04d}"


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """A file of data/, as it stands there."""
    file = resources.files("faelles.demo.data") / f"{name}.csv"
    return tuple(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


@cache
def names(use: str) -> tuple[str, ...]:
    return tuple(row["name"] for row in table("names") if row["use"] == use)
