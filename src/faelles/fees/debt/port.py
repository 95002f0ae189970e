"""The port to any debtor system, and the adapters: a directory that both sides reach, HTTP, and one that pretends."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

import msgspec

from faelles.fees.debt.built_in import BuiltInDebtorSystem
from faelles.fees.neighbours.model import Adapter, KnownNeighbour
from faelles.ground.config import Installation
from faelles.ground.errors import RefusedError
from faelles.ground.signed_http import SignedClient

SUFFIX = ".jsonl"


@dataclass(frozen=True, slots=True)
class NamedFile:
    name: str
    content: bytes


class DebtorSystem(Protocol):
    """Raises RefusedError where the other side says no, UnavailableError where it does not answer."""

    async def deliver(self, number: int, content: bytes, now: datetime) -> None:
        """Hand over a file; again under the same number it is handed over once."""
        ...

    async def collect(self, now: datetime) -> Sequence[NamedFile]:
        """What came in and was neither settled nor set aside."""
        ...

    async def settle(self, file: NamedFile, now: datetime) -> None:
        """It is in the books: do not bring it again."""
        ...

    async def set_aside(self, file: NamedFile, now: datetime) -> None:
        """It cannot be used: a person must look at it."""
        ...

    async def balances(self, now: datetime) -> bytes | None:
        """What the other side believes is owed, as a file; None where it does not say."""
        ...


def debtor_system_of(known: KnownNeighbour, installation: Installation, isil: str) -> DebtorSystem:
    """The adapter that the agency has chosen. Its directory is its own, whatever it is called."""
    neighbour = known.neighbour
    directory = installation.exchange_directory / isil
    if neighbour.adapter is Adapter.HTTP and neighbour.address is not None:
        return HttpDebtorSystem(SignedClient(base_url=neighbour.address, secret=known.secret))
    if neighbour.adapter is Adapter.BUILT_IN:
        return BuiltInDebtorSystem(directory / "built-in", isil)
    return FileDrop(directory)


class FileDrop:
    """Files in `out/` for the other side, and in `in/` from it. A file appears whole or not at all; `in/done` and
    `in/refused` hold what was dealt with.
    """

    def __init__(self, directory: Path) -> None:
        self._out = directory / "out"
        self._in = directory / "in"

    async def deliver(self, number: int, content: bytes, now: datetime) -> None:  # noqa: ARG002 - the port's signature
        await asyncio.to_thread(_publish, self._out / f"claims-{number:08d}{SUFFIX}", content)

    async def collect(self, now: datetime) -> Sequence[NamedFile]:  # noqa: ARG002 - the port's signature
        return await asyncio.to_thread(_read_all, self._in, f"answers-*{SUFFIX}")

    async def settle(self, file: NamedFile, now: datetime) -> None:  # noqa: ARG002 - the port's signature
        await asyncio.to_thread(_move, self._in / file.name, self._in / "done")

    async def set_aside(self, file: NamedFile, now: datetime) -> None:  # noqa: ARG002 - the port's signature
        await asyncio.to_thread(_move, self._in / file.name, self._in / "refused")

    async def balances(self, now: datetime) -> bytes | None:  # noqa: ARG002 - the port's signature
        found = await asyncio.to_thread(_read_all, self._in, f"balances-*{SUFFIX}")
        return found[-1].content if found else None


def _publish(target: Path, content: bytes) -> None:
    """Write beside it, then rename: whoever looks meanwhile sees nothing. One that is there already stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    with NamedTemporaryFile("wb", dir=target.parent, prefix=".", suffix=".part", delete=False) as draft:
        draft.write(content)
        draft.flush()
        # Debtors stand in it by name and number: for our own account and its group.
        os.fchmod(draft.fileno(), 0o640)
        os.fsync(draft.fileno())
    Path(draft.name).replace(target)


def _read_all(directory: Path, pattern: str) -> list[NamedFile]:
    found = []
    for path in sorted(directory.glob(pattern)):
        # Somebody else may be taking it in, and have moved it away just now.
        with suppress(FileNotFoundError, IsADirectoryError):
            found.append(NamedFile(path.name, path.read_bytes()))
    return found


def _move(file: Path, directory: Path) -> None:
    """What lies there under that name already, another file, stays beside it."""
    directory.mkdir(parents=True, exist_ok=True)
    if file.exists():
        target, earlier = directory / file.name, 0
        while target.exists() and target.read_bytes() != file.read_bytes():
            earlier += 1
            target = directory / f"{file.stem}.{earlier}{file.suffix}"
        file.replace(target)


class _Envelope(msgspec.Struct, frozen=True):
    name: str
    content: str


class _Envelopes(msgspec.Struct, frozen=True):
    files: tuple[_Envelope, ...] = ()


class HttpDebtorSystem:
    """The same files, as texts in JSON."""

    def __init__(self, client: SignedClient) -> None:
        self._client = client

    async def deliver(self, number: int, content: bytes, now: datetime) -> None:
        await self._ask("/files", _Envelope(f"claims-{number:08d}{SUFFIX}", content.decode()), f"file/{number}", now)

    async def collect(self, now: datetime) -> Sequence[NamedFile]:
        found = await self._ask("/answers", _Envelopes(), f"answers/{now.timestamp():.6f}", now)
        return [NamedFile(each.name, each.content.encode()) for each in found.files]

    async def settle(self, file: NamedFile, now: datetime) -> None:
        await self._ask("/answers/settled", _Envelope(file.name, ""), f"settled/{file.name}", now)

    async def set_aside(self, file: NamedFile, now: datetime) -> None:
        await self._ask("/answers/refused", _Envelope(file.name, ""), f"refused/{file.name}", now)

    async def balances(self, now: datetime) -> bytes | None:
        found = await self._ask("/balances", _Envelopes(), f"balances/{now.timestamp():.6f}", now)
        return found.files[-1].content.encode() if found.files else None

    async def _ask(self, path: str, message: msgspec.Struct, key: str, now: datetime) -> _Envelopes:
        said = await self._client.post(path, msgspec.json.encode(message), key=key, now=now)
        try:
            return msgspec.json.decode(said or b"{}", type=_Envelopes)
        except msgspec.DecodeError as problem:
            raise RefusedError("neighbour_answer_unreadable") from problem
