"""What is said to another system, signed, and said again when nobody answered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from faelles.ground.errors import RefusedError, UnavailableError
from faelles.ground.signed_http import SignedClient, sign, signature_matches

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "a secret of some length"


@pytest.mark.parametrize(
    ("secret", "message", "moment", "matches"),
    [
        (SECRET, b"pay", NOW, True),
        (SECRET, b"pay", NOW + timedelta(minutes=5), True),
        (SECRET, b"pay", NOW + timedelta(minutes=6), False),
        (SECRET, b"pay", NOW - timedelta(minutes=6), False),
        (SECRET, b"play", NOW, False),
        ("another secret", b"pay", NOW, False),
    ],
)
def test_a_signature_fits_one_secret_one_message_and_a_few_minutes(secret, message, moment, matches):
    assert signature_matches(secret, message, sign(SECRET, b"pay", NOW), moment) is matches


@pytest.mark.parametrize(
    "signature", ["", "t=1,v1=x", "v1=" + "0" * 64, sign(SECRET, b"pay", NOW) + "\n", "t=" + "9" * 40]
)
def test_what_is_no_signature_does_not_match(signature):
    assert not signature_matches(SECRET, b"pay", signature, NOW)


Answer = Callable[[int], bytes]


@asynccontextmanager
async def neighbour(answer: Answer) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A system that gives `answer` to its first, second ... request; its address, and what it heard."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        heard.append(head + await reader.readexactly(length))
        writer.write(answer(len(heard)))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}/pay", heard


def said(status: str, body: bytes = b"{}") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def client(address: str) -> SignedClient:
    return SignedClient(base_url=address, secret=SECRET, seconds_to_answer=0.5, pauses=(0.01, 0.01))


async def test_what_is_said_carries_its_key_and_a_signature():
    async with neighbour(lambda _: said("200 OK", b'{"yes":1}')) as (address, heard):
        assert await client(address).post("/orders", b'{"a":1}', key="k-1", now=NOW) == b'{"yes":1}'
    assert heard[0].startswith(b"POST /pay/orders ")
    assert b"idempotency-key: k-1" in heard[0].lower()
    assert sign(SECRET, b'{"a":1}', NOW).encode() in heard[0]


@pytest.mark.parametrize("trouble", [said("503 Busy"), said("429 Slowly"), b""])
async def test_trouble_is_met_by_asking_again_with_the_same_key(trouble):
    async with neighbour(lambda number: trouble if number < 3 else said("201 Made")) as (address, heard):
        assert await client(address).post("/orders", b"{}", key="k-1", now=NOW) == b"{}"
    assert len(heard) == 3
    assert len(set(heard)) == 1


async def test_one_that_stays_silent_is_unavailable():
    async with neighbour(lambda _: b"") as (address, heard):
        with pytest.raises(UnavailableError):
            await client(address).post("/orders", b"{}", key="k-1", now=NOW)
    assert len(heard) == 3


async def test_one_that_nobody_listens_at_is_unavailable():
    with pytest.raises(UnavailableError):
        await client("http://127.0.0.1:9").post("/orders", b"{}", key="k-1", now=NOW)


async def test_a_no_is_a_no_and_is_not_argued_with():
    async with neighbour(lambda _: said("402 No")) as (address, heard):
        with pytest.raises(RefusedError):
            await client(address).post("/orders", b"{}", key="k-1", now=NOW)
    assert len(heard) == 1
