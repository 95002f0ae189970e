"""A title and its number."""

from typing import NamedTuple

import msgspec

from faelles.ground.ids import AgencyId, RecordId


class Numbered(NamedTuple):
    """`number` is what was asked for; the record is the one that stands in its place now."""

    number: str
    record: RecordId


class Known(msgspec.Struct, frozen=True, array_like=True):
    """A record by its identifier; `record` is the one that stands in its place now."""

    agency: AgencyId
    identifier: str
    record: RecordId
