"""A client that costs little: requests made beforehand, one connection a caller, kept open, one request at a time."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Self

import msgspec

from faelles.bench.country import PIN, Errand
from faelles.bench.model import Verb
from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans.model import CheckoutRequest, RenewalRequest, ReturnRequest
from faelles.ground.ids import LoanId

_PATHS: Final = {
    Verb.CHECKOUT: "/api/v1/checkouts",
    Verb.RENEW: "/api/v1/renewals",
    Verb.RETURN: "/api/v1/returns",
}
_GOOD: Final = b"HTTP/1.1 200"
_LENGTH: Final = b"\r\ncontent-length: "
_REFUSED: Final = b'"outcome":"refused"'


def prepared(verb: Verb, errands: Sequence[Errand], tokens: Mapping[int, str], label: str) -> list[bytes]:
    """The requests for `errands`, with the bearer token of each one's agency and a key of its own."""
    return [_request(verb, errand, tokens[errand.agency], f"{label}-{errand.number}") for errand in errands]


async def visit(port: int, requests: Sequence[bytes], callers: int) -> tuple[list[float], int]:
    """Send them all over so many connections; how long each took (ms), and how many were not answered with a yes."""
    left = iter(requests)
    latencies: list[float] = []
    async with asyncio.TaskGroup() as group:
        visits = [group.create_task(_one_caller(port, left, latencies)) for _ in range(callers)]
    return latencies, sum(visit.result() for visit in visits)


class Line:
    """A connection to the server, kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> bool:
        """Whether the answer is a yes."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        body = await self._reader.readexactly(_length(head))
        return head.startswith(_GOOD) and _REFUSED not in body

    def close(self) -> None:
        self._writer.close()


async def _one_caller(port: int, left: Iterator[bytes], latencies: list[float]) -> int:
    refused = 0
    line = await Line.open(port)
    for request in left:
        began = time.perf_counter()
        is_good = await line.ask(request)
        latencies.append((time.perf_counter() - began) * 1000)
        refused += not is_good
    line.close()
    return refused


def _length(head: bytes) -> int:
    start = head.lower().index(_LENGTH) + len(_LENGTH)
    return int(head[start : head.index(b"\r\n", start)])


def _request(verb: Verb, errand: Errand, token: str, key: str) -> bytes:
    body = msgspec.json.encode(_body(verb, errand))
    head = (
        f"POST {_PATHS[verb]} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        "Accept-Language: da",
        f"Idempotency-Key: {key}",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*head, "", "")).encode() + body


def _body(verb: Verb, errand: Errand) -> CheckoutRequest | RenewalRequest | ReturnRequest:
    match verb:
        case Verb.CHECKOUT:
            borrower = Borrower(card=errand.card)
            return CheckoutRequest(borrower=borrower, item=errand.item, branch=errand.branch, pin=PIN)
        case Verb.RENEW:
            loans = () if errand.loan is None else (LoanId(errand.loan),)
            return RenewalRequest(branch=errand.branch, loans=loans)
        case Verb.RETURN:
            return ReturnRequest(item=errand.item, branch=errand.branch)
