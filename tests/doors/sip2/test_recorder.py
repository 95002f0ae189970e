"""What passes over the connections is counted in memory and told in batches."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from faelles.doors.sip2.metrics import Sip2Metrics
from faelles.doors.sip2.outcome import outcome_of
from faelles.doors.sip2.recorder import Recorder, recording
from faelles.doors.sip2.services import Maintenance
from faelles.doors.sip2.witness import Witness
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import UnavailableError
from faelles.ground.ids import NATION
from faelles.people.machines.model import NewMachine
from faelles.people.machines.operations import create_machine
from faelles.people.machines.terminal import Terminal
from faelles.people.model import MachineKind, system_caller
from faelles.people.terminals import operations
from faelles.people.terminals.model import (
    ConnectedOver,
    StartTrace,
    Tally,
    TerminalOutcome,
    TerminalStatus,
    TraceLine,
    Whence,
)
from faelles.people.terminals.sign_in import sign_in_terminal
from town import Town

DATE = b"20261122    120000"
LOGIN, STATUS = b"9300CNx|COhemmelig|", b"9900802.00"
WHENCE = Whence("10.1.2.3", ConnectedOver.TLS)
LEND = b"11YN" + DATE + DATE + b"AOx|AA0102031234|AB0000000017|AC|AD4711|"
LENT, NOT_LENT = b"121NNY" + DATE + b"AOx|", b"120NNN" + DATE + b"AOx|"


class Away:
    """A database that is away, then back."""

    def __init__(self, database: Database) -> None:
        self.database, self.is_away = database, False

    async def run(self, *arguments: Any, **named: Any) -> Any:
        if self.is_away:
            raise UnavailableError("database_unavailable")
        return await self.database.run(*arguments, **named)

    async def outside_agencies(self, *arguments: Any) -> Any:
        if self.is_away:
            raise UnavailableError("database_unavailable")
        return await self.database.outside_agencies(*arguments)


@pytest.fixture
async def terminal(database: Database, keyring: Keyring, town: Town) -> Terminal:
    new = NewMachine(username="hall-1", kind=MachineKind.SELF_CHECK, name="Hallen", branch=town.main)
    async with database.transaction(town.agency, SYSTEM) as tx:
        known = await create_machine(tx, system_caller(town.agency), new)
    return await sign_in_terminal(database, keyring, username=known.username, secret=known.secret)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def away(database: Database) -> Away:
    return Away(database)


@pytest.fixture
async def recorder(away: Away, town: Town, registry: CollectorRegistry) -> AsyncIterator[Recorder]:
    server = f"{town.isil}:6001"
    async with recording(cast("Database", away), server, Sip2Metrics(registry), period=3600) as opened:
        yield opened


async def status(database: Database, terminal: Terminal) -> TerminalStatus:
    agency = terminal.caller.agency
    return await database.run(
        agency, SYSTEM, lambda tx: operations.show_status(tx, system_caller(agency), terminal.machine)
    )


def test_it_is_a_witness(recorder: Recorder):
    witness: Witness = recorder
    witness.refused("checksum")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"", TerminalOutcome.UNANSWERED),
        (b"96AZFEF6", TerminalOutcome.RESEND),
        (b"940", TerminalOutcome.REFUSED),
        (b"941", TerminalOutcome.ANSWERED),
        (LENT, TerminalOutcome.ANSWERED),
        (NOT_LENT, TerminalOutcome.REFUSED),
        (b"36N", TerminalOutcome.REFUSED),
        (b"38Y", TerminalOutcome.ANSWERED),
        (b"98NYYYYN", TerminalOutcome.REFUSED),
        (b"24              00020261122", TerminalOutcome.ANSWERED),
    ],
)
def test_an_answer_says_how_it_ended(answer, outcome):
    assert outcome_of(answer) is outcome


async def test_counts_and_connection_reach_the_database_in_one_telling(
    database: Database, recorder: Recorder, terminal: Terminal
):
    recorder.connected()
    recorder.exchanged(None, LOGIN, b"941", 0.001)
    recorder.signed_in(terminal, WHENCE)
    for answer in (LENT, LENT, NOT_LENT):
        recorder.exchanged(terminal, LEND, answer, 0.002)
    recorder.exchanged(terminal, b"Q\x00x", b"", 0.001)
    assert (await status(database, terminal)).counts == ()
    await recorder.tell()
    shown = await status(database, terminal)
    assert shown.counts == (
        Tally("11", TerminalOutcome.ANSWERED, 2),
        Tally("11", TerminalOutcome.REFUSED, 1),
        Tally("??", TerminalOutcome.UNANSWERED, 1),
    )
    assert shown.connected_since is not None
    assert shown.served_by is not None
    assert (shown.connected_from, shown.connected_over) == ("10.1.2.3", ConnectedOver.TLS)
    recorder.disconnected(terminal)
    await recorder.tell()
    assert (await status(database, terminal)).connected_since is None


async def test_a_machine_with_two_connections_is_there_until_both_are_gone(
    database: Database, recorder: Recorder, terminal: Terminal
):
    for _ in range(2):
        recorder.connected()
        recorder.signed_in(terminal, WHENCE)
    recorder.disconnected(terminal)
    await recorder.tell()
    assert (await status(database, terminal)).connected_since is not None
    recorder.disconnected(terminal)
    recorder.disconnected(None)
    await recorder.tell()
    assert (await status(database, terminal)).connected_since is None


async def test_what_could_not_be_told_is_told_later(
    database: Database, recorder: Recorder, terminal: Terminal, away: Away
):
    recorder.signed_in(terminal, WHENCE)
    recorder.exchanged(terminal, STATUS, b"98YYYYYN", 0.001)
    away.is_away = True
    await recorder.tell()
    recorder.exchanged(terminal, STATUS, b"98YYYYYN", 0.001)
    away.is_away = False
    await recorder.tell()
    shown = await status(database, terminal)
    assert shown.counts == (Tally("99", TerminalOutcome.ANSWERED, 2),)
    assert shown.connected_since is not None


async def read_trace(database: Database, terminal: Terminal) -> list[TraceLine]:
    agency = terminal.caller.agency
    return await database.run(
        agency, SYSTEM, lambda tx: operations.read_trace(tx, system_caller(agency), terminal.machine)
    )


async def test_only_a_traced_machine_is_traced_and_nobody_is_named(
    database: Database, recorder: Recorder, terminal: Terminal
):
    agency = terminal.caller.agency
    recorder.exchanged(terminal, LEND, LENT, 0.001)
    await database.run(
        agency,
        SYSTEM,
        lambda tx: operations.start_trace(tx, system_caller(agency), terminal.machine, StartTrace()),
    )
    await recorder.tell()
    recorder.exchanged(terminal, LEND, LENT + b"AA0102031234|AESmilla Qaaviqaaq J\xc3\xa6spersen|", 0.001)
    await recorder.tell()
    received, sent = await read_trace(database, terminal)
    assert (received.direction, sent.direction) == ("received", "sent")
    assert "AB0000000017" in received.frame
    for private in ("0102031234", "4711", "Smilla"):
        assert private not in received.frame + sent.frame
    await database.run(agency, SYSTEM, lambda tx: operations.stop_trace(tx, system_caller(agency), terminal.machine))
    await recorder.tell()
    recorder.exchanged(terminal, LEND, LENT, 0.001)
    await recorder.tell()
    assert await read_trace(database, terminal) == []


async def test_prometheus_sees_messages_connections_and_refusals_of_nobody_in_particular(
    recorder: Recorder, terminal: Terminal, registry: CollectorRegistry
):
    recorder.connected()
    recorder.connected()
    recorder.signed_in(terminal, WHENCE)
    recorder.exchanged(terminal, LEND, NOT_LENT, 0.002)
    recorder.refused("checksum")
    recorder.disconnected(None)
    exposed = generate_latest(registry).decode()
    for line in (
        "faelles_sip2_connections 1.0",
        "faelles_sip2_signed_in 1.0",
        'faelles_sip2_message_seconds_count{message="11",outcome="refused"} 1.0',
        'faelles_sip2_message_seconds_bucket{le="0.001",message="11",outcome="refused"} 0.0',
        'faelles_sip2_message_seconds_bucket{le="0.0025",message="11",outcome="refused"} 1.0',
        'faelles_sip2_message_seconds_bucket{le="+Inf",message="11",outcome="refused"} 1.0',
        'faelles_sip2_message_seconds_sum{message="11",outcome="refused"} 0.002',
        'faelles_sip2_refusals_total{reason="checksum"} 1.0',
    ):
        assert line in exposed
    assert terminal.name not in exposed
    assert "agency" not in exposed


async def test_the_whole_country_is_off_line_and_hears_of_it_with_the_next_telling(database: Database):
    maintenance = Maintenance()
    recorder = Recorder(database, "here:1", Sip2Metrics(CollectorRegistry()), maintenance=maintenance)
    operator = system_caller(NATION)
    for is_on in (True, False):
        async with database.transaction(NATION, SYSTEM) as tx:
            await operations.set_maintenance(tx, operator, is_on=is_on)
        await recorder.tell()
        assert maintenance.is_on is is_on
