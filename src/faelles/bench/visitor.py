"""A client that costs little: requests made beforehand, one connection a caller, kept open, one request at a time."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

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


async def _one_caller(port: int, left: Iterator[bytes], latencies: list[float]) -> int:
    refused = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in left:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_length(head))
        latencies.append((time.perf_counter() - began) * 1000)
        refused += not head.startswith(_GOOD) or _REFUSED in body
    writer.close()
    await writer.wait_closed()
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
