"""A person's file before it is packed."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class FileEntry(Struct, frozen=True, kw_only=True):
    """One entry of the register: what it is for, how long it is kept, and what of it is about the person, table by
    table. An entry that holds nothing of them is there too, and empty.
    """

    entry: str
    title: str
    purpose: str
    basis: str
    limit: str
    pieces: dict[str, list[dict[str, Any]]]


class PersonFile(Struct, frozen=True, kw_only=True):
    """`persons`: the person's number, and those that were merged into it."""

    controller: str
    made_at: datetime
    language: str
    persons: list[int]
    name: str
    entries: list[FileEntry]
