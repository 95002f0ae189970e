"""The tables of data/, CSV with a header each, as they stand there."""

import csv
from functools import cache
from importlib import resources


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    file = resources.files("faelles.agencies.data") / f"{name}.csv"
    return tuple(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
