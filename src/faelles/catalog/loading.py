"""Filling the catalogue from a file: one JSON object a line, plain or gzip, each line a record.

    {"faust": "29494940", "title": "...", "creator": "...", "type": "book", "language": "Dansk", "subjects": ["..."]}

`creators` (a list), `year`, `isbn` (a list) and `classification` may stand there too. Reading a file twice changes what
the file has changed since, and nothing else.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import IO

import msgspec

from faelles.catalog import events, material_types, rules, store
from faelles.catalog.model import NewRecord
from faelles.catalog.tidying import plain_creator, plain_text
from faelles.ground.database import Transaction
from faelles.ground.errors import InvalidRequestError
from faelles.ground.events import append
from faelles.people.model import Caller, Permission

BATCH = 2000
"""Records written by one statement: 0.2 s or so, far from any time limit."""
LONGEST_LINE = 1_000_000
MOST_REPORTED = 1000
"""Bad lines kept with their number; beyond these they are only counted."""
_GZIP = b"\x1f\x8b"
_PERIODICAL = "periodica"


class OnBadLine(StrEnum):
    SKIP = "skip"
    STOP = "stop"


class BadLine(msgspec.Struct, frozen=True):
    """`line` counts from 1; `code` is a message id."""

    line: int
    code: str


class LoadProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the file was read, in bytes as it lies on disk, and in lines."""

    bytes_read: int
    bytes_in_all: int
    lines: int


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    lines: int
    added: int
    changed: int
    unchanged: int
    bad: int
    bad_lines: tuple[BadLine, ...]
    """The first thousand."""


class _Line(msgspec.Struct):
    title: str
    type: str
    faust: str
    creator: str | None = None
    creators: list[str] = []
    language: str | None = None
    subjects: list[str] = []
    classification: str | None = None
    year: int | None = None
    isbn: list[str] = []


_decode_line = msgspec.json.Decoder(_Line).decode


def demo_records() -> Path:
    """The 10,000 records that come with the program."""
    return Path(str(resources.files("faelles.catalog") / "data" / "records.jsonl.gz"))


async def load_records(
    tx: Transaction,
    caller: Caller,
    file: Path,
    *,
    on_bad_line: OnBadLine = OnBadLine.SKIP,
    tell: Callable[[LoadProgress], None] = lambda _: None,
) -> LoadReport:
    """Add the records of `file` to the caller's agency (the nation's by a caller of agency 0), or change them.

    Raises InvalidRequestError `file_unreadable`, or, told to stop, `line_bad` with the line and what is wrong with it.
    """
    caller.require(Permission.CATALOG_EDIT)
    await store.lock_loading(tx)
    tally = _Tally()
    batch: dict[str, NewRecord] = {}
    for progress, line in _lines(file):
        tally.lines = progress.lines
        read = parse_line(line)
        if isinstance(read, str):
            tally.note_bad(BadLine(progress.lines, read), on_bad_line)
            continue
        if read is not None:
            batch[read.identifier or ""] = read
        if len(batch) == BATCH:
            await tally.write(tx, batch)
            tell(progress)
    await tally.write(tx, batch)
    tell(_at_end(file, tally.lines))
    await append(tx, events.records_loaded(tally.added, tally.changed))
    return tally.report()


def parse_line(line: bytes) -> NewRecord | str | None:
    """The record in a line, the code of what is wrong with the line, or None for an empty one."""
    if not line.strip():
        return None
    if len(line) > LONGEST_LINE:
        return "line_too_long"
    try:
        read = _decode_line(line)
    except msgspec.ValidationError:
        return "line_incomplete"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "line_not_json"
    if not rules.is_faust(read.faust):
        return "faust_wrong"
    return _checked(read)


def _checked(read: _Line) -> NewRecord | str:
    isbns = [rules.normal_isbn(isbn) for isbn in read.isbn]
    if None in isbns:
        return "isbn_wrong"
    if read.type not in material_types.known():
        return "material_type_of_line_unknown"
    subjects = tuple(plain_text(subject) for subject in read.subjects)
    creators = read.creators or ([read.creator] if read.creator else [])
    try:
        return msgspec.convert(
            {
                "identifier": rules.national_identifier(read.faust),
                "title": plain_text(read.title),
                "creators": [plain_creator(creator) for creator in creators],
                "material_type": read.type,
                "language": language_code(read.language),
                "classification": read.classification or rules.classification_among(subjects),
                "subjects": subjects,
                "year": read.year,
                "is_periodical": read.type == _PERIODICAL,
                "isbns": isbns,
            },
            NewRecord,
        )
    except msgspec.ValidationError:
        return "line_out_of_bounds"


def language_code(name: str | None) -> str | None:
    """danMARC2's three letters for a language given by its Danish name, or by the letters; None for one unknown."""
    if name is None:
        return None
    codes = _languages()
    return codes.get(name.lower()) or (name if name in codes.values() else None)


@cache
def _languages() -> dict[str, str]:
    source = resources.files("faelles.catalog") / "data" / "languages.json"
    return msgspec.json.decode(source.read_bytes(), type=dict[str, str])


def _lines(file: Path) -> Iterator[tuple[LoadProgress, bytes]]:
    try:
        size = file.stat().st_size
        with file.open("rb") as raw:
            source = _unpacked(raw)
            number = 0
            while line := source.readline(LONGEST_LINE + 1):
                number += 1
                yield LoadProgress(bytes_read=raw.tell(), bytes_in_all=size, lines=number), line
                while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                    line = source.readline(LONGEST_LINE + 1)
    except (OSError, EOFError, zlib.error):
        raise InvalidRequestError("file_unreadable", file=file.name) from None


def _unpacked(raw: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    """By what the file is, whatever it is called."""
    is_packed = raw.read(len(_GZIP)) == _GZIP
    raw.seek(0)
    return gzip.open(raw) if is_packed else raw


def _at_end(file: Path, lines: int) -> LoadProgress:
    size = file.stat().st_size
    return LoadProgress(bytes_read=size, bytes_in_all=size, lines=lines)


@dataclass(slots=True)
class _Tally:
    """What a load has come to so far."""

    lines: int = 0
    read: int = 0
    added: int = 0
    changed: int = 0
    bad: int = 0
    bad_lines: tuple[BadLine, ...] = ()

    def note_bad(self, line: BadLine, on_bad_line: OnBadLine) -> None:
        if on_bad_line is OnBadLine.STOP:
            raise InvalidRequestError("line_bad", line=line.line, problem=line.code)
        self.bad += 1
        if len(self.bad_lines) < MOST_REPORTED:
            self.bad_lines += (line,)

    async def write(self, tx: Transaction, batch: dict[str, NewRecord]) -> None:
        """Write and empty `batch`. In one order, so that two loads never wait for each other in a circle."""
        if not batch:
            return
        added, changed = await store.upsert_records(tx, [batch[identifier] for identifier in sorted(batch)])
        self.read += len(batch)
        self.added += added
        self.changed += changed
        batch.clear()

    def report(self) -> LoadReport:
        return LoadReport(
            lines=self.lines,
            added=self.added,
            changed=self.changed,
            unchanged=self.read - self.added - self.changed,
            bad=self.bad,
            bad_lines=self.bad_lines,
        )
