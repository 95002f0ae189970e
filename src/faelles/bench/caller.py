"""A process of its own that calls the operations, as a door does, and nothing else.

    python -m faelles.bench.caller

It reads orders from its standard input, one JSON object a line, and answers each with a line. The first says where the
database is. Whatever it costs is this process's: the requests are ready before an order begins to count.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import uvloop

from faelles.bench.country import PIN, Errand
from faelles.bench.model import Verb
from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans import operations
from faelles.circulation.loans.model import CheckoutRequest, Outcome, RenewalRequest, ReturnRequest
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.collector import spare_what_stays
from faelles.ground.config import read_config
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.database.pool import open_database
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, LoanId
from faelles.ground.log import configure_logging
from faelles.people.model import EVERY_PERMISSION, Caller, Grant

Call = Callable[[], Awaitable[bool]]


class Address(msgspec.Struct, frozen=True):
    url: str
    connections: int


class Order(msgspec.Struct, frozen=True):
    """`errands` are done by `callers` at once, each as soon as its last is answered."""

    verb: Verb
    callers: int
    errands: list[Errand]


class Done(msgspec.Struct, frozen=True):
    """`cpu_ms` is this process's own."""

    seconds: float
    cpu_ms: float
    latencies_ms: list[float]
    refused: int


def librarian(agency: int) -> Caller:
    """Somebody who may do everything everywhere in the agency."""
    return Caller(
        agency=AgencyId(agency),
        actor=Actor(ActorKind.STAFF, 1),
        language=Language.DANISH,
        grants=(Grant(EVERY_PERMISSION),),
    )


def main() -> None:
    # To standard error: the answers go to standard output, and nothing else may.
    configure_logging(level="WARNING")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())


async def _serve() -> None:
    address = msgspec.json.decode(await _line(), type=Address)
    async with _database(address) as database:
        spare_what_stays()
        _tell({"ready": os.getpid()})
        orders = msgspec.json.Decoder(Order)
        while line := await _line():
            _tell(await _carry_out(database, read_config().keyring, orders.decode(line)))


async def _line() -> bytes:
    return await asyncio.to_thread(sys.stdin.buffer.readline)


def _tell(answer: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


@asynccontextmanager
async def _database(address: Address) -> AsyncIterator[Database]:
    async with open_database(address.url, connections=address.connections) as database:
        yield database


async def _carry_out(database: Database, keyring: Keyring, order: Order) -> Done:
    calls = list(_calls(database, keyring, order))
    start, cpu = time.perf_counter(), time.process_time()
    latencies, refused = await take_turns(calls, order.callers)
    return Done(time.perf_counter() - start, (time.process_time() - cpu) * 1000, latencies, refused)


async def take_turns(calls: Sequence[Call], callers: int) -> tuple[list[float], int]:
    """Make all `calls`, so many at once; how long each took (ms), and how many were refused."""
    left = iter(calls)
    latencies: list[float] = []
    refused = 0

    async def one_caller() -> None:
        nonlocal refused
        for call in left:
            began = time.perf_counter()
            is_granted = await call()
            latencies.append((time.perf_counter() - began) * 1000)
            refused += not is_granted

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(one_caller())
    return latencies, refused


def _calls(database: Database, keyring: Keyring, order: Order) -> Iterator[Call]:
    for errand in order.errands:
        caller = librarian(errand.agency)
        key = f"{os.getpid()}-{order.verb}-{errand.number}"
        match order.verb:
            case Verb.CHECKOUT:
                yield _checkout(database, keyring, caller, errand, key)
            case Verb.RENEW:
                yield _renewal(database, caller, errand, key)
            case Verb.RETURN:
                yield _return(database, caller, errand, key)


def _checkout(database: Database, keyring: Keyring, caller: Caller, errand: Errand, key: str) -> Call:
    request = CheckoutRequest(borrower=Borrower(card=errand.card), item=errand.item, branch=errand.branch, pin=PIN)

    async def call() -> bool:
        answer = await database.run(
            caller.agency, caller.actor, lambda tx: operations.checkout(tx, caller, keyring, request, key)
        )
        return answer.outcome is Outcome.LENT

    return call


def _renewal(database: Database, caller: Caller, errand: Errand, key: str) -> Call:
    loans = () if errand.loan is None else (LoanId(errand.loan),)
    request = RenewalRequest(branch=errand.branch, loans=loans)

    async def call() -> bool:
        answers = await database.run(caller.agency, caller.actor, lambda tx: operations.renew(tx, caller, request, key))
        return all(answer.outcome is Outcome.RENEWED for answer in answers)

    return call


def _return(database: Database, caller: Caller, errand: Errand, key: str) -> Call:
    request = ReturnRequest(item=errand.item, branch=errand.branch)

    async def call() -> bool:
        answer = await database.run(
            caller.agency, caller.actor, lambda tx: operations.return_item(tx, caller, request, key)
        )
        return answer.outcome is Outcome.RETURNED

    return call


if __name__ == "__main__":
    main()
