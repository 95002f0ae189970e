"""Records found, as far as it takes to narrow them down."""

import msgspec

from faelles.ground.ids import RecordId


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One record that was found; best first."""

    record: RecordId
    material_type: str
    language: str | None
    year: int | None
    creators: tuple[str, ...]
