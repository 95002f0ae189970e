"""The request to merge, and what came of it."""

from msgspec import Struct

from faelles.ground.fields import Id
from faelles.ground.ids import PatronId


class MergePatrons(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    temporary: Id
    real: Id


class Merged(Struct, frozen=True, kw_only=True):
    """Who became whom. `was_done_before`: the same request came twice; the rooms above have nothing to move then."""

    temporary: PatronId
    real: PatronId
    was_done_before: bool
