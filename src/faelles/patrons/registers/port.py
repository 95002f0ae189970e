"""The port to the civil registration system, its adapter, and a pretended register for demonstrations and tests.

    POST {address}/persons    {"cpr": "..."}
    200    {"person": {"name", "birth_date", "state", "address_protected", "address": {...}, "municipality"}}
           {"person": null} for a number that is nobody's
    POST {address}/changes    {"after": "..."}
    200    {"cprs": ["..."], "reached": "..."}: whom anything changed for since then, some at a time; none: nobody

The number is in the body, for addresses are logged. Signed as ground/signed_http.py has it, and under our certificate
where one is set. A gateway in front of the nation's data distributor translates; it stands with the operator.
"""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec

from faelles.ground.config import Installation
from faelles.ground.crypto import new_secret
from faelles.ground.errors import RefusedError, UnavailableError
from faelles.ground.signed_http import SignedClient
from faelles.patrons.identifiers import Cpr, read_cpr
from faelles.patrons.registers.model import Address, Changes, Person, PersonState

_PATH: Final = "/persons"
_CHANGES: Final = "/changes"
_AT_A_TIME: Final = 100
_SECONDS: Final = 4.0
"""Somebody is standing at the desk."""


class PersonRegister(Protocol):
    """Raises UnavailableError where the register does not answer: the patron is then registered by hand."""

    async def look_up(self, cpr: str, now: datetime) -> Person | None:
        """The person with the number, or None where it is nobody's."""
        ...


class ChangingRegister(PersonRegister, Protocol):
    """A register that tells for whom anything has changed."""

    async def changes(self, after: str | None, now: datetime) -> Changes:
        """Those after a place that was told before; None: from now on, which may be nobody."""
        ...


class _Answer(msgspec.Struct):
    person: Person | None = None


class _Told(msgspec.Struct, frozen=True):
    """One line of the pretended register's file."""

    cpr: str
    person: Person

    def __repr__(self) -> str:
        return "_Told()"


class HttpRegister:
    """The real one."""

    def __init__(self, client: SignedClient) -> None:
        self._client = client

    async def look_up(self, cpr: str, now: datetime) -> Person | None:
        message = msgspec.json.encode({"cpr": cpr})
        try:
            said = await self._client.post(_PATH, message, key=new_secret(), now=now)
            return msgspec.json.decode(said, type=_Answer).person
        except (RefusedError, msgspec.DecodeError) as problem:
            raise UnavailableError("register_answer_unreadable") from problem

    async def changes(self, after: str | None, now: datetime) -> Changes:
        message = msgspec.json.encode({"after": after})
        try:
            said = await self._client.post(_CHANGES, message, key=new_secret(), now=now)
            return msgspec.json.decode(said, type=Changes)
        except (RefusedError, msgspec.DecodeError) as problem:
            raise UnavailableError("register_answer_unreadable") from problem


class BuiltInRegister:
    """Pretends to be the register: whoever has a number that nobody can have (60 added to its day) is somebody, with a
    name made from the number. Numbers ending in 00 are nobody's. What has changed since stands in a file, a line for
    each (`faelles register pretend`). Refused in production.
    """

    def __init__(self, told: Path | None = None) -> None:
        self._told = told

    async def changes(self, after: str | None, now: datetime) -> Changes:  # noqa: ARG002 - the port's signature
        told = await self._changes()
        begin = int(after) if after is not None and after.isdecimal() else 0
        page = told[begin : begin + _AT_A_TIME]
        return Changes(cprs=tuple(each.cpr for each in page), reached=str(begin + len(page)))

    async def pretend(self, cpr: str, person: Person) -> None:
        """From now on the register says this of the number. Raises OSError where that cannot be written."""
        if self._told is None:
            return
        line = msgspec.json.encode(_Told(cpr, person)) + b"\n"
        await asyncio.to_thread(_append, self._told, line)

    async def _changes(self) -> list[_Told]:
        lines = await asyncio.to_thread(_lines, self._told) if self._told is not None else []
        return [msgspec.json.decode(line, type=_Told) for line in lines]

    async def look_up(self, cpr: str, now: datetime) -> Person | None:  # noqa: ARG002 - the port's signature
        read = read_cpr(cpr)
        if read is None or not read.is_replacement or cpr.endswith("00"):
            return None
        changed = [each.person for each in await self._changes() if each.cpr == read.number]
        return changed[-1] if changed else self._made_up(read)

    def _made_up(self, read: Cpr) -> Person:
        serial = int(read.number[-3:])
        return Person(
            name=f"{_GIVEN[serial % len(_GIVEN)]} {_FAMILY[serial // 7 % len(_FAMILY)]}",
            birth_date=read.birth_date,
            state=PersonState.DECEASED if serial % 100 == _DECEASED else PersonState.RESIDENT,
            address_protected=serial % 100 == _PROTECTED,
            address=Address(street=f"Prøvevej {serial + 1}", postal_code="8000", city="Aarhus C", country="Danmark"),
            municipality="751",
        )


class NoRegister:
    """Where none is set: everybody is registered by hand, and nobody's change is told."""

    async def changes(self, after: str | None, now: datetime) -> Changes:  # noqa: ARG002 - the port's signature
        raise UnavailableError("register_not_set")

    async def look_up(self, cpr: str, now: datetime) -> Person | None:  # noqa: ARG002 - the port's signature
        raise UnavailableError("register_not_set")


def _lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines() if file.exists() else []


def _append(file: Path, line: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as opened:
        opened.write(line)


_GIVEN: Final = ("Agnete", "Bjørn", "Cæcilie", "Dagmar", "Esben", "Frøja", "Gorm", "Helle", "Ib", "Jytte", "Åse")
_FAMILY: Final = ("Prøvesen", "Eksempel", "Demosen", "Tænkt", "Opdigt", "Østprøve")
_DECEASED, _PROTECTED = 13, 42


def person_register(installation: Installation) -> ChangingRegister:
    """The register of the settings. In production nothing pretends to be one."""
    settings = installation.register
    if settings.url is not None:
        client = SignedClient(
            base_url=settings.url,
            secret=settings.secret or "",
            seconds_to_answer=_SECONDS,
            pauses=(0.2,),
            certificate=settings.certificate,
        )
        return HttpRegister(client)
    if installation.is_production:
        return NoRegister()
    return BuiltInRegister(installation.exchange_directory / "person-register.jsonl")
