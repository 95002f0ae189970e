"""Holds from several connections at once: ranks stay a total order, a copy serves one, nothing is forgotten."""

import asyncio
from collections import Counter

from circulation.holds.test_changing import cancel
from circulation.holds.wishing import codes, copies, match_all, state_of, waits, wish, wish_for
from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode

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
