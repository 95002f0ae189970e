"""The register as it is written down in data/register.toml."""

import tomllib
from importlib import resources
from typing import Final

import msgspec

from faelles.privacy.model import Entry


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    security_da: str
    security_en: str
    transfers_da: str
    transfers_en: str


class _Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    columns: str


class _Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tables: tuple[str, ...]


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`entry`: what is kept. The rest is for the test that walks the database: `staff_marks` are columns with numbers
    of staff, `linked` tables that refer to nobody but through an entry, `free` texts that speak of nobody.
    """

    record: _Record
    entry: tuple[Entry, ...]
    staff_marks: _Columns
    linked: _Tables
    free: dict[str, tuple[str, ...]]

    def find(self, name: str) -> Entry:
        """The entry of that id. Raises KeyError."""
        return _BY_ID[name]


def _read() -> Register:
    text = (resources.files("faelles.privacy") / "data" / "register.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Register)


REGISTER: Final = _read()
_BY_ID: Final = {entry.id: entry for entry in REGISTER.entry}
