"""The port to the civil registration system, its adapter, and a pretended register for demonstrations and tests.

    POST {address}/persons    {"cpr": "..."}
    200    {"person": {"name", "birth_date", "state", "address_protected", "address": {...}, "municipality"}}
           {"person": null} for a number that is nobody's

The number is in the body, for addresses are logged. Signed as ground/signed_http.py has it, and under our certificate
where one is set. A gateway in front of the nation's data distributor translates; it stands with the operator.
"""

from datetime import datetime
from typing import Final, Protocol

import msgspec

from faelles.ground.config import Installation
from faelles.ground.crypto import new_secret
from faelles.ground.errors import RefusedError, UnavailableError
from faelles.ground.signed_http import SignedClient
from faelles.patrons.identifiers import read_cpr
from faelles.patrons.registers.model import Address, Person, PersonState

_PATH: Final = "/persons"
_SECONDS: Final = 4.0
"""Somebody is standing at the desk."""


class PersonRegister(Protocol):
    """Raises UnavailableError where the register does not answer: the patron is then registered by hand."""

    async def look_up(self, cpr: str, now: datetime) -> Person | None:
        """The person with the number, or None where it is nobody's."""
        ...


class _Answer(msgspec.Struct):
    person: Person | None = None


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


class BuiltInRegister:
    """Pretends to be the register: whoever has a number that nobody can have (60 added to its day) is somebody, with a
    name made from the number. Numbers ending in 00 are nobody's. Refused in production.
    """

    async def look_up(self, cpr: str, now: datetime) -> Person | None:  # noqa: ARG002 - the port's signature
        read = read_cpr(cpr)
        if read is None or not read.is_replacement or cpr.endswith("00"):
            return None
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
    """Where none is set: everybody is registered by hand."""

    async def look_up(self, cpr: str, now: datetime) -> Person | None:  # noqa: ARG002 - the port's signature
        raise UnavailableError("register_not_set")


_GIVEN: Final = ("Agnete", "Bjørn", "Cæcilie", "Dagmar", "Esben", "Frøja", "Gorm", "Helle", "Ib", "Jytte", "Åse")
_FAMILY: Final = ("Prøvesen", "Eksempel", "Demosen", "Tænkt", "Opdigt", "Østprøve")
_DECEASED, _PROTECTED = 13, 42


def person_register(installation: Installation) -> PersonRegister:
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
    return NoRegister() if installation.is_production else BuiltInRegister()
