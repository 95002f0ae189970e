"""The server on a real port: slow, endless and broken clients, and a stop in good order."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from doors.rest import practice as practice_room
from doors.rest.callers import bearer, staff
from faelles.doors.rest import app, server
from faelles.doors.rest.services import Limits
from faelles.ground.config import Config, read_config
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import MisconfiguredError
from faelles.ground.ids import AgencyId
from waiting import PATIENCE

BRISK = Limits(seconds_to_send=0.3, seconds_idle=0.3, seconds_to_finish=5)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return replace(read_config({"FAELLES_STATE": str(tmp_path)}), http_port=0)


@pytest.fixture(autouse=True)
def practice_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def practised(*arguments: Any, **named: Any) -> Any:
        return app.create_app(*arguments, **named, routers=[practice_room.router])

    monkeypatch.setattr(server, "create_app", practised)


@asynccontextmanager
async def serving(
    config: Config, database: Database, keyring: Keyring, stop: asyncio.Event | None = None
) -> AsyncIterator[tuple[str, int]]:
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = stop or asyncio.Event()
    running = asyncio.create_task(
        server.serve(config, database, keyring, limits=BRISK, tell=address.set_result, stop=stop)
    )
    host, port = (await address).removeprefix("http://").split(":")
    try:
        yield host, int(port)
    finally:
        stop.set()
        await asyncio.wait_for(running, PATIENCE)


async def _sent(address: tuple[str, int], *parts: bytes) -> bytes:
    """What comes back until the server closes the connection."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), PATIENCE)
    finally:
        writer.close()


async def test_clients_that_never_finish_are_cut_off(config: Config, database: Database, keyring: Keyring) -> None:
    async with serving(config, database, keyring) as address:
        says_nothing = _sent(address)
        half_a_head = _sent(address, b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ")
        token = bearer(keyring, staff(AgencyId(1), 1))["authorization"].encode()
        half_a_body = _sent(
            address,
            b"POST /api/v1/parcels HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n"
            b"authorization: " + token + b"\r\n\r\n{",
        )
        assert set(await asyncio.gather(says_nothing, half_a_head, half_a_body)) == {b""}


async def test_what_is_not_http_is_told_so(
    config: Config, database: Database, keyring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with serving(config, database, keyring) as address:
        upgraded = b"GET /health HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade, close\r\n\r\n"
        assert (await _sent(address, upgraded)).startswith(b"HTTP/1.1 200")
        named = await _sent(address, b"GET /?cpr=2304790001 HTTP/1.1\r\n2304790001\r\n\r\n")
        assert named.startswith(b"HTTP/1.1 400")
        answer = await _sent(address, b"9900302.00\r\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400")
        assert b'"code":"http_malformed"' in answer
        assert re.search(rb'"instance":"urn:request:[0-9a-f]{16}"', answer)
    said = [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")]
    assert "Invalid HTTP request received." in said
    assert not [each for each in said if "2304790001" in each or "pip" in each]


async def test_a_head_without_end_is_not_kept(config: Config, database: Database, keyring: Keyring) -> None:
    async with serving(config, database, keyring) as address:
        reader, writer = await asyncio.open_connection(*address)
        ended = asyncio.create_task(reader.read())
        writer.write(b"GET /health HTTP/1.1\r\nx-endless: ")
        sent = 0
        while not ended.done() and sent < 1_000_000:
            writer.write(b"x" * 8192)
            sent += 8192
            await asyncio.sleep(0.005)
        with suppress(ConnectionError):
            answer = await ended
            assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
            assert re.search(rb'"instance":"urn:request:[0-9a-f]{16}"', answer)
        writer.close()
        assert sent < 1_000_000


async def test_an_address_with_ten_thousand_values_is_read_and_one_without_end_is_not(
    config: Config, database: Database, keyring: Keyring
) -> None:
    many = b"&".join(b"recordid=870970-basis%%3A%08d" % number for number in range(10_000))
    end = b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    async with serving(config, database, keyring) as address:
        assert (await _sent(address, b"GET /health?" + many + end)).startswith(b"HTTP/1.1 200")
        assert (await _sent(address, b"GET /" + b"x" * 70_000 + end)).startswith(b"HTTP/1.1 400")
        with suppress(ConnectionError):
            refused = await _sent(address, b"GET /health?", *[many] * 5)
            assert refused.startswith(b"HTTP/1.1 431")


async def test_a_look_at_the_head_is_answered_as_the_whole_would_be(
    config: Config, database: Database, keyring: Keyring
) -> None:
    async with serving(config, database, keyring) as address:
        answer = await _sent(address, b"HEAD /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"content-length: 18\r\n" in answer
        assert answer.endswith(b"\r\n\r\n")


async def test_what_is_asked_of_the_server_as_a_whole_is_no_route(
    config: Config, database: Database, keyring: Keyring
) -> None:
    async with serving(config, database, keyring) as address:
        answer = await _sent(address, b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 404")


async def test_a_body_that_is_told_to_be_too_large_is_not_waited_for(
    config: Config, database: Database, keyring: Keyring
) -> None:
    token = bearer(keyring, staff(AgencyId(1), 1))["authorization"].encode()
    async with serving(config, database, keyring) as address:
        answer = await _sent(
            address,
            b"POST /api/v1/parcels HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 99999999999\r\nauthorization: " + token + b"\r\n\r\n{",
        )
        assert answer.startswith(b"HTTP/1.1 413")


async def test_the_server_lives_through_all_of_it_and_serves(
    config: Config, database: Database, keyring: Keyring
) -> None:
    headers = bearer(keyring, staff(AgencyId(1), 1))
    async with serving(config, database, keyring) as address:
        await _sent(address, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        async with httpx.AsyncClient(base_url=f"http://{address[0]}:{address[1]}", headers=headers) as client:
            large = await client.post(
                "/api/v1/parcels", content=b" " * 3_000_000, headers={"content-type": "application/json"}
            )
            assert (large.status_code, large.headers["connection"]) == (413, "close")
            assert (await client.get("/api/v1/parcels/7")).json() == [7, None]


async def test_a_stop_waits_for_what_is_in_work(config: Config, database: Database, keyring: Keyring) -> None:
    headers, stop = bearer(keyring, staff(AgencyId(1), 1)), asyncio.Event()
    async with (
        serving(config, database, keyring, stop) as address,
        httpx.AsyncClient(base_url=f"http://{address[0]}:{address[1]}", headers=headers) as client,
    ):
        in_work = asyncio.create_task(client.post("/api/v1/parcels/long"))
        await asyncio.sleep(0.2)
        stop.set()
        assert (await in_work).status_code == 201
        with pytest.raises(httpx.ConnectError):
            await client.get("/health")


async def test_a_taken_address_is_a_clear_error(config: Config, database: Database, keyring: Keyring) -> None:
    async with serving(config, database, keyring) as (_, port):
        with pytest.raises(MisconfiguredError) as refused:
            await server.serve(replace(config, http_port=port), database, keyring)
    assert refused.value.code == "address_not_free"
