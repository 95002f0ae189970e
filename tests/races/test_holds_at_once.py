"""Holds from several connections at once: ranks stay a total order, a copy serves one, nothing is forgotten."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

import asyncpg

from circulation.holds.test_changing import cancel
from circulation.holds.wishing import codes, copies, match_all, state_of, waits, wish, wish_for
from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.holds.matcher import match_dirty_titles
from faelles.circulation.loans.model import Outcome
from faelles.ground.actor import SYSTEM
from faelles.ground.database.pool import open_database
from faelles.ground.errors import UnavailableError

SEVERAL = 8


async def ranks(library: LendingLibrary, title: int) -> list[int]:
    sql = "SELECT rank FROM open_hold WHERE agency_id = $1 AND record_id = $2 ORDER BY placed_at, rank"
    return [row["rank"] for row in await library.run(lambda tx: tx.rows(sql, tx.agency, title))]


async def test_patrons_who_reserve_at_once_stand_one_behind_the_other(library: LendingLibrary):
    title, _ = await copies(library, 1)
    readers = [await library.reader() for _ in range(SEVERAL)]
    placed = await asyncio.gather(*(wish(library, reader, title) for reader in readers))
    assert sorted(each.holds[0].position for each in placed) == list(range(1, SEVERAL + 1))
    found = await ranks(library, title)
    assert found == sorted(set(found))


async def test_one_patron_who_reserves_twice_at_once_is_in_the_queue_once(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    placed = await asyncio.gather(*(wish(library, reader, title) for _ in range(SEVERAL)))
    assert Counter(code for each in placed for code in codes(each)) == {BlockCode.ALREADY_RESERVED: SEVERAL - 1}


async def test_orders_of_the_same_titles_the_other_way_round_do_not_lock_each_other_out(library: LendingLibrary):
    titles = [(await copies(library, 1))[0] for _ in range(3)]
    readers = [await library.reader() for _ in range(SEVERAL)]
    orders = [titles if place % 2 else titles[::-1] for place in range(SEVERAL)]
    placed = await asyncio.gather(
        *(wish_for(library, reader, *order) for reader, order in zip(readers, orders, strict=True))
    )
    assert not any(each.is_refused for each in placed)


async def test_copies_returned_at_once_serve_a_hold_once_and_in_the_order_of_ranks(library: LendingLibrary):
    for _ in range(5):
        title, numbers = await copies(library, 4)
        for number in numbers:
            await library.lend(await library.reader(), number)
        holds = [await waits(library, title) for _ in range(3)]
        await asyncio.gather(*(library.take_back(number) for number in numbers))
        served = [await state_of(library, hold) for hold in holds]
        assert len({number for _, number in served}) == 3
        assert all(state in {"captured", "ready"} for state, _ in served)


async def test_a_hold_and_a_return_that_meet_find_each_other(library: LendingLibrary):
    for _ in range(10):
        title, numbers = await copies(library, 1)
        await library.lend(await library.reader(), numbers[0])
        hold, _ = await asyncio.gather(waits(library, title), library.take_back(numbers[0]))
        await match_all(library)
        assert (await state_of(library, hold))[1] == numbers[0]


async def test_a_hold_that_is_cancelled_while_its_copy_comes_back_ends_one_way(library: LendingLibrary):
    for _ in range(10):
        title, numbers = await copies(library, 1)
        await library.lend(await library.reader(), numbers[0])
        hold, second = await waits(library, title), await waits(library, title)
        await asyncio.gather(cancel(library, hold), library.take_back(numbers[0]))
        await match_all(library)
        assert (await state_of(library, hold))[0] == "cancelled"
        assert (await state_of(library, second))[0] in {"captured", "ready", "matched", "pending"}


async def test_parallel_holds_hit_at_once_get_one_copy(library: LendingLibrary):
    for _ in range(5):
        (one, first), (other, second) = await copies(library, 1), await copies(library, 1)
        for number in (first[0], second[0]):
            await library.lend(await library.reader(), number)
        placed = (await wish_for(library, await library.reader(), one, other)).holds
        await asyncio.gather(library.take_back(first[0]), library.take_back(second[0]))
        states = sorted([(await state_of(library, each.hold))[0] for each in placed])
        assert states[0] == "cancelled"
        assert states[1] in {"captured", "ready"}


async def test_holds_of_one_order_are_locked_by_their_number_before_any_of_them_is_filled(library: LendingLibrary):
    (one, _), (other, numbers) = await copies(library, 1), await copies(library, 1)
    await library.lend(await library.reader(), numbers[0])
    first, second = (each.hold for each in (await wish_for(library, await library.reader(), one, other)).holds)
    row = "SELECT id FROM hold WHERE agency_id = $1 AND id = $2 FOR NO KEY UPDATE NOWAIT"
    async with library.database.transaction(library.town.agency, SYSTEM) as branch:
        await branch.value(row, branch.agency, first)
        elsewhere = asyncio.create_task(library.take_back(numbers[0]))
        await asyncio.wait([elsewhere], timeout=0.5)
        # Whoever waits for the first must not have the second: it is ours to close.
        assert await branch.value(row, branch.agency, second) == second
    assert (await elsewhere).next.hold == second
    assert await state_of(library, first) == ("cancelled", None)


async def test_of_two_copies_handed_in_at_once_one_serves_the_only_hold(library: LendingLibrary):
    for _ in range(8):
        title, numbers = await copies(library, 2)
        for number in numbers:
            await library.lend(await library.reader(), number)
        hold = await waits(library, title)
        answers = await asyncio.gather(*(library.take_back(number) for number in numbers))
        assert [answer.next.hold for answer in answers].count(hold) == 1
        state, served_by = await state_of(library, hold)
        assert (state, served_by in numbers) == ("ready", True)
        assert (await captures_of(library, hold)) == 1


async def test_a_copy_that_is_scanned_at_two_desks_at_once_serves_one_hold(library: LendingLibrary):
    for _ in range(8):
        title, numbers = await copies(library, 1)
        await library.lend(await library.reader(), numbers[0])
        first, second = await waits(library, title), await waits(library, title)
        answers = await asyncio.gather(*(library.take_back(numbers[0]) for _ in range(3)))
        assert {answer.next.hold for answer in answers} == {first}
        assert len({answer.next.shelf_number for answer in answers}) == 1
        assert await state_of(library, second) == ("pending", None)


async def test_a_capture_and_a_cancellation_end_in_the_order_of_one_of_them(library: LendingLibrary):
    for _ in range(10):
        title, numbers = await copies(library, 1)
        await library.lend(await library.reader(), numbers[0])
        hold, behind = await waits(library, title), await waits(library, title)
        answer, _ = await asyncio.gather(library.take_back(numbers[0]), cancel(library, hold))
        await match_all(library)
        assert (await state_of(library, hold))[0] == "cancelled"
        if answer.next.hold == hold:
            # It was captured first: the copy stands on the hold shelf for nobody, until a scan hands it on.
            assert await state_of(library, behind) == ("pending", None)
            answer = await library.take_back(numbers[0])
        assert answer.next.hold == behind
        assert await state_of(library, behind) == ("ready", numbers[0])


async def test_a_hold_and_a_check_out_that_meet_leave_the_copy_with_its_borrower(library: LendingLibrary):
    for _ in range(10):
        title, numbers = await copies(library, 1)
        await match_all(library)
        hold, answer = await asyncio.gather(waits(library, title), library.lend(await library.reader(), numbers[0]))
        await match_all(library)
        assert answer.outcome is Outcome.LENT
        assert await state_of(library, hold) == ("pending", None)
        assert (await library.take_back(numbers[0])).next.hold == hold


async def test_a_patron_who_reserves_and_borrows_at_once_waits_for_nothing_they_have(library: LendingLibrary):
    for _ in range(10):
        reader, (title, numbers) = await library.reader(), await copies(library, 1)
        placing, answer = await asyncio.gather(wish(library, reader, title), library.lend(reader, numbers[0]))
        assert answer.outcome is Outcome.LENT
        if placing.is_refused:
            assert codes(placing) == {BlockCode.ALREADY_LOANED}
        else:
            assert await state_of(library, placing.holds[0].hold) == ("collected", numbers[0])


async def test_the_matcher_is_cut_off_again_and_again_and_every_title_is_matched(
    library: LendingLibrary, owner_url: str
):
    holds = [await waits(library, (await copies(library, 1))[0]) for _ in range(30)]
    clock, town = library.clock, library.town
    async with open_database(owner_url, connections=1, clock=clock) as fragile:
        for delay in (0.0, 0.002, 0.005, 0.01, 0.02, 0.04):
            task = asyncio.create_task(fragile.run(town.agency, SYSTEM, match_dirty_titles))
            await asyncio.sleep(delay)
            pool: Any = fragile._pool
            for pid in [each.get_server_pid() for each in (*pool._idle, *pool._lent) if not each.is_closed()]:
                await terminate(owner_url, pid)
            with suppress(UnavailableError):
                await task
    await match_all(library)
    assert {(await state_of(library, hold))[0] for hold in holds} == {"matched"}
    assert [await captures_of(library, hold, "matched") for hold in holds] == [1] * len(holds)


async def terminate(url: str, pid: int) -> None:
    owner = await asyncpg.connect(url)
    try:
        await owner.execute("SELECT pg_terminate_backend($1)", pid)
    finally:
        await owner.close()


async def captures_of(library: LendingLibrary, hold: int, outcome: str = "captured") -> int:
    sql = "SELECT count(*) FROM hold_match_log WHERE agency_id = $1 AND hold_id = $2 AND outcome = $3"
    return await library.run(lambda tx: tx.value(sql, tx.agency, hold, outcome))
