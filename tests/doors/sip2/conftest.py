"""A library with a self-check and a sorter, and a server that they are connected to."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec
import pytest

from circulation.conftest import library  # noqa: F401 - a fixture
from circulation.lending_library import LendingLibrary
from doors.sip2.machine import Machine, connected
from faelles.doors.sip2.server import listening
from faelles.doors.sip2.services import Services
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.people.machines.model import MachineSecret, NewMachine
from faelles.people.machines.operations import create_machine
from faelles.people.machines.terminal import Terminal
from faelles.people.model import MachineKind
from faelles.people.terminals.model import ProfileChange, Whence
from faelles.people.terminals.operations import change_profile


@dataclass
class Heard:
    """A witness that remembers what it was told."""

    connections: int = 0
    signed_in_as: list[Terminal] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    exchanges: list[tuple[Terminal | None, bytes, bytes]] = field(default_factory=list)

    def connected(self) -> None:
        self.connections += 1

    def disconnected(self, terminal: Terminal | None) -> None:  # noqa: ARG002 - the protocol's
        self.connections -= 1

    def signed_in(self, terminal: Terminal, whence: Whence | None) -> None:  # noqa: ARG002 - the protocol's
        self.signed_in_as.append(terminal)

    def refused(self, reason: str) -> None:
        self.refusals.append(reason)

    def exchanged(self, terminal: Terminal | None, request: bytes, answer: bytes, seconds: float) -> None:  # noqa: ARG002 - the protocol's
        self.exchanges.append((terminal, request, answer))


@dataclass
class Hall:
    """Where the machines stand."""

    library: LendingLibrary
    services: Services
    heard: Heard
    address: tuple[str, int]

    async def machine(self, kind: MachineKind = MachineKind.SELF_CHECK, **profile: object) -> MachineSecret:
        branch = profile.pop("branch", self.library.town.main)
        new = NewMachine(username=f"m{secrets.token_hex(4)}", kind=kind, name="Automat 1", branch=branch)
        made = await self.library.run(lambda tx: create_machine(tx, self.library.librarian, new))
        if profile:
            change = msgspec.convert(profile, ProfileChange)
            await self.library.run(lambda tx: change_profile(tx, self.library.librarian, made.id, change))
        return made


@pytest.fixture
async def hall(database: Database, keyring: Keyring, library: LendingLibrary) -> AsyncIterator[Hall]:  # noqa: F811 - the fixture
    library.clock.now = utc_now()
    heard = Heard()
    services = Services(database=database, keyring=keyring, witness=heard)
    async with listening(services, "127.0.0.1", 0) as address:
        yield Hall(library, services, heard, address)


@pytest.fixture
async def stranger(hall: Hall) -> AsyncIterator[Machine]:
    """Connected, and nobody."""
    async with connected(hall.address) as machine:
        yield machine


@pytest.fixture
async def machine(hall: Hall, stranger: Machine) -> Machine:
    """A self-check that has signed in."""
    made = await hall.machine()
    assert (await stranger.sign_in(made.username, made.secret)).fixed["ok"] == "1"
    return stranger
