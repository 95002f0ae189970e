"""A title and its number."""

from typing import NamedTuple

from faelles.ground.ids import RecordId


class Numbered(NamedTuple):
    """`number` is what was asked for; the record is the one that stands in its place now."""

    number: str
    record: RecordId
