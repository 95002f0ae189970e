"""Whatever comes over the socket: a well-formed answer or a closed connection, and nothing kept behind."""

import asyncio
import random

import pytest

from doors.sip2.conftest import Hall
from doors.sip2.machine import Machine, connected, sip_date, told
from faelles.doors.sip2.checksum import unseal
from faelles.doors.sip2.messages import DEFINITIONS
from faelles.doors.sip2.server import listening
from faelles.doors.sip2.services import Limits, Services
from waiting import PATIENCE

STATUS = "9900802.00"


async def heard_of(machine: Machine) -> bytes:
    """Everything until the server hangs up."""
    machine.writer.write_eof()
    return await asyncio.wait_for(machine.reader.read(), PATIENCE)


@pytest.mark.parametrize("seed", range(4))
async def test_random_bytes_are_answered_in_good_form_or_not_at_all(seed: int, hall: Hall):
    chance = random.Random(seed)
    async with connected(hall.address) as machine:
        await machine.send(b"\r".join(chance.randbytes(chance.randrange(200)) for _ in range(40)) + b"\r")
        for answer in filter(None, (await heard_of(machine)).split(b"\r")):
            assert unseal(answer.strip(b"\n")).is_sound
            assert told(answer.strip(b"\n")).code in DEFINITIONS


@pytest.mark.parametrize("seed", range(4))
async def test_messages_with_something_wrong_are_refused_in_good_form(seed: int, hall: Hall, machine: Machine):
    chance = random.Random(seed)
    requests = [code for code, definition in DEFINITIONS.items() if definition.answer and code != "93"]
    for _ in range(30):
        definition = DEFINITIONS[chance.choice(requests)]
        fixed = "".join(chance.choice("YN019 x|") * width for _, width in definition.fixed)
        fields = "".join(
            f"{each.identifier}{''.join(chance.choices('aø0-|' + chr(0) + chr(27), k=chance.randrange(12)))}|"
            for each in definition.fields
        )
        answer = told(await machine.exchange(definition.code + fixed + fields))
        assert answer.code == definition.answer
        assert {each.identifier for each in answer.definition.fields if each.is_required} <= answer.fields.keys()
    assert (await machine.ask(STATUS)).fixed["on_line_status"] == "Y"


async def test_connections_come_and_go_in_every_state(hall: Hall):
    half_a_message = f"23009{sip_date()}AOx".encode()
    for ending in (b"", half_a_message, half_a_message + b"\r", STATUS.encode() + b"\r"):
        async with connected(hall.address) as machine:
            await machine.send(ending)
    for _ in range(100):
        if not hall.heard.connections:
            break
        await asyncio.sleep(0.02)
    assert hall.heard.connections == 0


async def test_whoever_never_signs_in_is_hung_up_on(database, keyring, hall: Hall):

    services = Services(
        database=database, keyring=keyring, witness=hall.heard, limits=Limits(connections=1, seconds_to_sign_in=0.1)
    )
    async with listening(services, "127.0.0.1", 0) as address, connected(address) as machine:
        assert (await machine.exchange(STATUS)).startswith(b"98Y")
        async with connected(address) as one_too_many:
            await one_too_many.send(STATUS.encode() + b"\r")
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await one_too_many.hear()
        assert await machine.is_closed()


async def test_whoever_does_not_listen_holds_up_nobody(hall: Hall, machine: Machine):
    async with connected(hall.address) as deaf:
        deaf.writer.write((STATUS + "\r").encode() * 20_000)
        await asyncio.sleep(0.1)
        assert (await machine.ask(STATUS)).fixed["on_line_status"] == "Y"


async def test_a_server_that_stops_finishes_what_is_in_work(database, keyring, hall: Hall):

    made, reader, item = await hall.machine(), await hall.library.reader(), await hall.library.copy()
    async with listening(hall.services, "127.0.0.1", 0) as address:
        opened = await asyncio.open_connection(*address)
        machine = Machine(*opened)
        await machine.sign_in(made.username, made.secret)
        await machine.send(f"11YN{sip_date()}{' ' * 18}AOx|AA{reader.card}|AB{item}|AC|AD{reader.pin}|\r".encode())
        await asyncio.sleep(0.01)
    assert (await machine.reader.read())[:3] == b"121"
    assert await hall.library.state_of(item) == "on_loan"
    machine.writer.close()
