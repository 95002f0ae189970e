"""The record of processing as it is printed."""

from datetime import date
from enum import StrEnum

from msgspec import Struct


class Form(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"
    CSV = "csv"


class RecordLine(Struct, frozen=True, kw_only=True):
    """One processing activity, in words."""

    id: str
    title: str
    purpose: str
    basis: str
    people: str
    recipients: str
    limit: str
    removed: str
    tables: tuple[str, ...]


class Record(Struct, frozen=True, kw_only=True):
    """What article 30 asks a controller to be able to show."""

    controller: str
    isil: str
    day: date
    security: str
    transfers: str
    lines: list[RecordLine]
