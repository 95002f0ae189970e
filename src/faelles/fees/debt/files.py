"""The format of the files: JSON lines between a head and an end that vouches for them. Pure.

Decision and description: docs/decisions/debt-export.md.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from faelles.fees.debt.model import Answer, OutMessage, TheirBalance
from faelles.ground.errors import InvalidRequestError
from faelles.ground.fields import Id

Line = TypeVar("Line")

VERSION = 1


class Head(msgspec.Struct, frozen=True, kw_only=True):
    file: Literal["faelles-debt"] = "faelles-debt"
    version: int = VERSION
    content: Literal["messages", "answers", "balances"]
    agency: str
    """ISIL."""
    number: Id
    made_at: datetime


class End(msgspec.Struct, frozen=True, kw_only=True):
    end: bool = True
    lines: int
    sha256: str
    """Of everything before this line."""


def encode(head: Head, lines: Sequence[OutMessage | Answer | TheirBalance]) -> bytes:
    body = b"".join(msgspec.json.encode(line) + b"\n" for line in (head, *lines))
    end = End(lines=len(lines), sha256=hashlib.sha256(body).hexdigest())
    return body + msgspec.json.encode(end) + b"\n"


def decode(content: bytes, kind: type[Line], *, expected: str, agency: str) -> tuple[Head, list[Line]]:
    """Raises InvalidRequestError, naming the line, for a file that is cut off, changed, of another kind or for somebody
    else.
    """
    rows = content.splitlines(keepends=True)
    if len(rows) < 2:  # noqa: PLR2004 - head and end
        raise InvalidRequestError("debt_file_incomplete")
    body = b"".join(rows[:-1])
    if not _vouches(rows[-1], body, len(rows) - 2):
        raise InvalidRequestError("debt_file_incomplete")
    head = _read(rows[0], Head, 1)
    if head.version != VERSION or head.content != expected or head.agency != agency or head.number < 1:
        raise InvalidRequestError("debt_file_not_ours", content=head.content, agency=head.agency[:64])
    return head, [_read(row, kind, place) for place, row in enumerate(rows[1:-1], start=2)]


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _vouches(last: bytes, body: bytes, lines: int) -> bool:
    try:
        end = msgspec.json.decode(last, type=End)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return end.lines == lines and end.sha256 == hashlib.sha256(body).hexdigest()


def _read(row: bytes, kind: type[Line], place: int) -> Line:
    try:
        return msgspec.json.decode(row, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidRequestError("debt_file_line_malformed", line=place) from None
