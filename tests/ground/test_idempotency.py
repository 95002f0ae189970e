import asyncio

import msgspec
import pytest

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import ConflictError, InvalidRequestError
from faelles.ground.idempotency import LONGEST_KEY, check_key, recall, remember
from town import Town

DESK, KIOSK = Actor(ActorKind.STAFF, 1), Actor(ActorKind.MACHINE, 1)


class Renewal(msgspec.Struct, frozen=True):
    loan: int
    days: int = 30


class Answer(msgspec.Struct, frozen=True):
    loan: int
    execution: int


class Desk:
    """Renews loans under a key, and counts how often it really did."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.executions = 0
        self.fails = False
        self.at_work = asyncio.Event()
        self.may_finish = asyncio.Event()
        self.may_finish.set()

    async def renew(
        self, town: Town, key: str | None, request: Renewal, *, actor: Actor = DESK, operation: str = "renew"
    ) -> Answer:
        async def work(tx: Transaction) -> Answer:
            if known := await recall(tx, operation, key, request, Answer):
                return known
            self.executions += 1
            answer = Answer(request.loan, self.executions)
            await remember(tx, operation, key, request, answer)
            self.at_work.set()
            await self.may_finish.wait()
            if self.fails:
                self.fails = False
                raise ZeroDivisionError
            return answer

        return await self._database.run(town.agency, actor, work)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_the_same_request_under_the_same_key_gets_the_same_answer(desk: Desk, town: Town):
    first = await desk.renew(town, "k", Renewal(7))
    assert await desk.renew(town, "k", Renewal(7)) == first == Answer(7, 1)
    assert desk.executions == 1


async def test_another_request_under_the_same_key_is_a_conflict(desk: Desk, town: Town):
    await desk.renew(town, "k", Renewal(7))
    with pytest.raises(ConflictError, match="idempotency_key_reused"):
        await desk.renew(town, "k", Renewal(7, days=14))
    assert desk.executions == 1


async def test_without_a_key_every_request_is_new(desk: Desk, town: Town):
    await desk.renew(town, None, Renewal(7))
    await desk.renew(town, None, Renewal(7))
    assert desk.executions == 2


async def test_a_key_belongs_to_one_agency(desk: Desk, town: Town, neighbour: Town):
    await desk.renew(town, "k", Renewal(7))
    assert await desk.renew(neighbour, "k", Renewal(8)) == Answer(8, 2)


async def test_a_key_belongs_to_one_client(desk: Desk, town: Town):
    await desk.renew(town, "k", Renewal(7))
    assert await desk.renew(town, "k", Renewal(8), actor=KIOSK) == Answer(8, 2)


async def test_a_key_belongs_to_one_operation(desk: Desk, town: Town):
    await desk.renew(town, "k", Renewal(7))
    assert await desk.renew(town, "k", Renewal(8), operation="renew_all") == Answer(8, 2)


async def test_twins_at_once_are_executed_once(desk: Desk, town: Town):
    answers = await asyncio.gather(*(desk.renew(town, "k", Renewal(7)) for _ in range(6)))
    assert answers == [Answer(7, 1)] * 6


async def test_a_twin_waits_for_the_first_to_finish(desk: Desk, town: Town):
    desk.may_finish.clear()
    first = asyncio.create_task(desk.renew(town, "k", Renewal(7)))
    await desk.at_work.wait()
    twin = asyncio.create_task(desk.renew(town, "k", Renewal(7)))
    done, _ = await asyncio.wait([twin], timeout=0.1)
    assert done == set()
    desk.may_finish.set()
    assert await twin == await first


async def test_a_twin_takes_over_from_a_first_that_failed(desk: Desk, town: Town):
    desk.may_finish.clear()
    desk.fails = True
    first = asyncio.create_task(desk.renew(town, "k", Renewal(7)))
    await desk.at_work.wait()
    twin = asyncio.create_task(desk.renew(town, "k", Renewal(7)))
    desk.may_finish.set()
    with pytest.raises(ZeroDivisionError):
        await first
    assert await twin == Answer(7, 2)


async def test_a_failure_is_not_remembered(desk: Desk, town: Town):
    desk.fails = True
    with pytest.raises(ZeroDivisionError):
        await desk.renew(town, "k", Renewal(7))
    assert await desk.renew(town, "k", Renewal(7)) == Answer(7, 2)


async def test_a_key_taken_without_waiting_is_met_by_trying_again(database: Database, town: Town):
    """Hot paths look for the key in their own load, and may find it free while another is about to commit it."""
    looked = []

    async def work(tx: Transaction) -> str:
        looked.append(tx)
        if len(looked) == 1:
            await database.run(town.agency, SYSTEM, lambda other: remember(other, "lend", "k", 1, "theirs"))
            await remember(tx, "lend", "k", 1, "ours")
        return await recall(tx, "lend", "k", 1, str) or "none"

    assert await database.run(town.agency, SYSTEM, work) == "theirs"


@pytest.mark.parametrize("key", [None, "k", "æ k" * 60, "x" * LONGEST_KEY])
def test_a_key_that_can_be_kept_is_taken(key):
    check_key(key)


@pytest.mark.parametrize("key", ["", "x" * (LONGEST_KEY + 1), "a\nb", "a\x00b", "a\n", "\ud800"])
def test_a_key_that_cannot_be_kept_is_refused(key):
    with pytest.raises(InvalidRequestError) as refused:
        check_key(key)
    assert refused.value.problems[0].code == "idempotency_key_malformed"


async def test_a_malformed_key_is_refused_before_anything_happens(desk: Desk, town: Town):
    with pytest.raises(InvalidRequestError):
        await desk.renew(town, "a\x00b", Renewal(7))
    assert desk.executions == 0
