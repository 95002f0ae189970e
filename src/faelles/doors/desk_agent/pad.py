"""A pad: what lies on it, and the application family of one tag written. Ours to pretend, or a supplier's program."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from faelles.doors.desk_agent import tags
from faelles.doors.desk_agent.sets import Copy, Lying, Tag, lying
from faelles.ground.errors import MisconfiguredError

_TRIES: Final = 4
_BETWEEN: Final = 0.15
_ANSWER_WITHIN: Final = 5.0


class Pad(Protocol):
    async def read(self) -> list[Tag]:
        """The tags that lie there now."""
        ...

    async def write_family(self, uid: str, family: int) -> bool:
        """Whether the tag took it."""
        ...


async def look(pad: Pad) -> Lying:
    return lying(await pad.read())


async def secure(pad: Pad, number: str, *, is_on: bool) -> tuple[str, ...]:
    """Switch the security of every part of a copy, and read it back; the tags that did not take it after some tries.
    Raises LookupError where no such copy lies there.
    """
    wanted = tags.SECURED if is_on else tags.FREE
    copy = _named(await look(pad), number)
    left = copy.uids
    for attempt in range(_TRIES):
        for uid in left:
            await pad.write_family(uid, wanted)
        now = {tag.uid: tag.family for tag in await pad.read()}
        left = tuple(uid for uid in copy.uids if now.get(uid) != wanted)
        if not left:
            break
        await asyncio.sleep(_BETWEEN * attempt)
    return left


def _named(found: Lying, number: str) -> Copy:
    for copy in found.copies:
        if copy.number == number:
            return copy
    raise LookupError(number)


@dataclass
class PretendedPad:
    """A pad for tests and demonstrations. `stubborn`: how often each tag refuses to be written."""

    tags: dict[str, Tag] = field(default_factory=dict)
    stubborn: dict[str, int] = field(default_factory=dict)

    async def read(self) -> list[Tag]:
        return list(self.tags.values())

    async def write_family(self, uid: str, family: int) -> bool:
        if self.stubborn.get(uid, 0) > 0:
            self.stubborn[uid] -= 1
            return False
        if uid not in self.tags:
            return False
        self.tags[uid] = msgspec.structs.replace(self.tags[uid], family=family)
        return True

    def lay(self, number: str, *, owner: str, parts: int = 1, missing: int = 0) -> list[str]:
        """Put a secured copy on the pad, the last `missing` of its parts left out; the tags' numbers."""
        laid = []
        for part in range(1, parts - missing + 1):
            uid = f"E004{secrets.token_hex(6).upper()}"
            block = tags.written(tags.Part(number=number, part=part, parts=parts, owner=owner))
            self.tags[uid] = Tag(uid=uid, block=block, family=tags.SECURED)
            laid.append(uid)
        return laid

    def clear(self) -> None:
        self.tags.clear()


class _Read(msgspec.Struct, frozen=True):
    """One tag in a supplier's line; `block` in hexadecimal."""

    uid: str
    block: str
    family: int


class _Line(msgspec.Struct, frozen=True):
    tags: list[_Read] = []
    done: bool = False


@dataclass
class SupplierPad:
    """A pad behind a program that answers each line of JSON with another (docs/desk-agent.md)."""

    program: asyncio.subprocess.Process
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _owed: int = 0
    """Answers to come; one that came too late is read past, and is not taken for the answer to what is asked next."""

    async def read(self) -> list[Tag]:
        answer = await self._ask({"ask": "read"})
        return [Tag(uid=each.uid, block=bytes.fromhex(each.block), family=each.family) for each in answer.tags]

    async def write_family(self, uid: str, family: int) -> bool:
        return (await self._ask({"ask": "write", "uid": uid, "family": family})).done

    async def _ask(self, line: dict[str, str | int]) -> _Line:
        """Raises OSError where the program is gone, answers too late, or not as agreed."""
        told, asked = self.program.stdout, self.program.stdin
        if told is None or asked is None:
            raise BrokenPipeError
        async with self._turn:
            asked.write(msgspec.json.encode(line) + b"\n")
            await asked.drain()
            self._owed += 1
            async with asyncio.timeout(_ANSWER_WITHIN):
                while self._owed:
                    said = await told.readline()
                    self._owed -= 1
        try:
            return msgspec.json.decode(said, type=_Line)
        except (msgspec.DecodeError, ValueError) as problem:
            raise OSError from problem


async def start_supplier(command: str) -> SupplierPad:
    """Raises MisconfiguredError where there is no such program."""
    try:
        program = await asyncio.create_subprocess_exec(
            *command.split(), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
    except OSError as problem:
        raise MisconfiguredError("desk_agent_pad_missing", program=command) from problem
    return SupplierPad(program)
