"""SIP2 as the settings say: plain on one port, TLS on another, both on one count; nothing where no port is set."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from certificates import self_signed
from faelles.doors.sip2.client import Address, Answered, connected
from faelles.doors.sip2.running import serving_machines
from faelles.ground.actor import SYSTEM
from faelles.ground.config import Sip2Config
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import MisconfiguredError, UnavailableError
from faelles.people.machines.model import MachineSecret, NewMachine
from faelles.people.machines.operations import create_machine
from faelles.people.machines.terminal import Encoding
from faelles.people.model import MachineKind, system_caller
from faelles.people.terminals.operations import show_status
from town import Town

OFF = Sip2Config("127.0.0.1", None, "127.0.0.1", None, None, None)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that vouches for itself, `chain.pem` with `key.pem` beside it."""
    folder = tmp_path_factory.mktemp("tls")
    for name, pem in zip(("chain.pem", "key.pem"), self_signed(), strict=True):
        (folder / name).write_bytes(pem)
    return folder / "chain.pem"


@pytest.fixture
async def machine(database: Database, town: Town) -> MachineSecret:
    new = NewMachine(username="hall-1", kind=MachineKind.SELF_CHECK, name="Hallen", branch=town.main)
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await create_machine(tx, system_caller(town.agency), new)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def both(
    database: Database, keyring: Keyring, certificate: Path, registry: CollectorRegistry
) -> AsyncIterator[list[str]]:
    """The two addresses, plain and TLS."""
    settings = Sip2Config("127.0.0.1", 0, "127.0.0.1", 0, certificate, certificate.with_name("key.pem"))
    addresses: list[str] = []
    async with serving_machines(settings, database, keyring, registry=registry, tell=addresses.append):
        yield addresses


def talk(place: str, machine: MachineSecret, tls: ssl.SSLContext | None = None) -> list[Answered]:
    host, _, port = place.rpartition(":")
    with connected(Address(host, int(port), tls), Encoding.UTF_8) as client:
        return [client.ask(f"9300CN{machine.username}|CO{machine.secret}|"), client.ask("9900802.00")]


async def test_both_ports_answer_and_are_counted_together(
    both: list[str],
    certificate: Path,
    database: Database,
    town: Town,
    machine: MachineSecret,
    registry: CollectorRegistry,
):
    plain, encrypted = both
    trusting = ssl.create_default_context(cafile=certificate)
    for place, tls in ((plain, None), (encrypted, trusting)):
        answers = await asyncio.to_thread(talk, place, machine, tls)
        assert [answer.answer[:3] for answer in answers] == [b"941", b"98Y"]
        assert all(answer.sealed.is_sound for answer in answers)
    assert 'message_seconds_count{message="99",outcome="answered"} 2.0' in generate_latest(registry).decode()


async def test_what_was_counted_is_told_at_the_end(
    database: Database, keyring: Keyring, town: Town, machine: MachineSecret
):
    settings = Sip2Config("127.0.0.1", 0, "127.0.0.1", None, None, None)
    addresses: list[str] = []
    async with serving_machines(settings, database, keyring, registry=CollectorRegistry(), tell=addresses.append):
        await asyncio.to_thread(talk, addresses[0], machine)
    async with database.transaction(town.agency, SYSTEM) as tx:
        status = await show_status(tx, system_caller(town.agency), machine.id)
    assert {tally.message: tally.number for tally in status.counts} == {"93": 1, "99": 1}
    assert status.connected_since is None


async def test_plain_text_is_not_answered_where_tls_is_spoken(both: list[str], machine: MachineSecret):
    with pytest.raises(UnavailableError):
        await asyncio.to_thread(talk, both[1], machine)


async def test_nothing_listens_where_no_port_is_set(database: Database, keyring: Keyring):
    addresses: list[str] = []
    async with serving_machines(OFF, database, keyring, registry=CollectorRegistry(), tell=addresses.append):
        assert addresses == []


@pytest.mark.parametrize("missing", ["chain.pem", "key.pem"])
async def test_a_certificate_that_is_not_there_stops_the_start(
    database: Database, keyring: Keyring, certificate: Path, tmp_path: Path, missing: str
):
    files = {name: certificate.with_name(name) for name in ("chain.pem", "key.pem")} | {missing: tmp_path / "nowhere"}
    settings = Sip2Config("127.0.0.1", None, "127.0.0.1", 0, files["chain.pem"], files["key.pem"])
    with pytest.raises(MisconfiguredError):
        async with serving_machines(settings, database, keyring, registry=CollectorRegistry()):
            pass
