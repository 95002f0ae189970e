"""Float groups as they are set up and shown."""

from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import PRINTABLE, Id, ShortText
from faelles.ground.ids import BranchId

Copies = Annotated[int, Meta(ge=0, le=1_000_000)]
Beginning = Annotated[str, Meta(max_length=40, pattern=PRINTABLE)]


class Room(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    branch: Id
    copies: Copies


class FloatSubject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`classification` is how a copy's begins; empty: any. A branch without room takes none."""

    name: ShortText
    material_group: Id
    classification: Beginning = ""
    room: Annotated[tuple[Room, ...], Meta(min_length=1, max_length=200)]


class NewFloatGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of a group. Of the subjects the first that fits a copy counts."""

    name: ShortText
    branches: Annotated[tuple[Id, ...], Meta(min_length=2, max_length=200)]
    subjects: Annotated[tuple[FloatSubject, ...], Meta(max_length=200)] = ()


class RoomShown(msgspec.Struct, frozen=True, kw_only=True):
    """`placed` is how many copies have their place there now."""

    branch: BranchId
    copies: int
    placed: int


class SubjectShown(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    material_group: int
    classification: str
    room: tuple[RoomShown, ...]


class FloatGroup(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    branches: tuple[BranchId, ...]
    subjects: tuple[SubjectShown, ...]
