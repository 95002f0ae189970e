"""Copies that serve the patrons of their branch before all others: who gets them, what is told, and which place."""

import json

import pytest

from circulation.holds.test_matcher import suburban
from circulation.holds.test_reading import explained
from circulation.holds.wishing import copies, match_all, state_of, waits, wish
from circulation.lending_library import LendingLibrary
from faelles.circulation.holds.locals import places_in_line
from faelles.circulation.holds.reading import holds_of_title
from faelles.policies.knobs import LOCALS_FIRST, LocalsFirst


async def positions(library: LendingLibrary, title: int) -> dict[int, int | None]:
    shown, _ = await library.run(lambda tx: holds_of_title(tx, library.librarian, title))
    return {each.id: each.position for each in shown}


async def test_one_queue_for_all_until_a_rule_says_otherwise(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    first = await waits(library, title, pickup=library.town.suburb)
    local = await waits(library, title)
    await match_all(library)
    assert await state_of(library, first) == ("matched", numbers[0])
    assert await positions(library, title) == {first: 1, local: 2}
    shown = [(await explained(library, hold)).hold for hold in (first, local)]
    assert await library.run(lambda tx: places_in_line(tx, shown)) == {}


async def test_whoever_picks_up_at_its_branch_goes_first_and_the_log_and_the_places_say_so(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    await library.set_rule(LOCALS_FIRST, LocalsFirst.PICKUP_AT_OWNER)
    first = await waits(library, title, pickup=library.town.suburb)
    placed = (await wish(library, await library.reader(), title)).holds[0]
    assert placed.position == 1
    await match_all(library)
    assert [await state_of(library, hold) for hold in (placed.hold, first)] == [
        ("matched", numbers[0]),
        ("pending", None),
    ]
    assert await positions(library, title) == {placed.hold: 1, first: 2}
    told = await explained(library, first)
    assert (told.here.why_not, told.here.position, told.wait.position, told.hold.position) == ("locals_first", 2, 2, 2)
    assert (await explained(library, placed.hold)).log[0].details["as_local"] is True
    assert (await wish(library, await library.reader(), title)).holds[0].position == 2


async def test_a_copy_in_hand_goes_to_the_local_however_far_behind(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    await library.lend(await library.reader(), numbers[0])
    await library.set_rule(LOCALS_FIRST, LocalsFirst.PICKUP_WHERE_IT_STANDS)
    before = [await waits(library, title, pickup=library.town.suburb) for _ in range(6)]
    local = await waits(library, title)
    assert (await library.take_back(numbers[0])).next.hold == local
    sql = "SELECT details FROM hold_match_log WHERE agency_id = $1 AND hold_id = $2 AND outcome = 'captured'"
    passed = json.loads(await library.run(lambda tx: tx.value(sql, tx.agency, local)))["passed"]
    assert passed == [{"hold": hold, "why": "locals_first"} for hold in before]


async def test_with_no_local_in_line_it_goes_by_rank(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    await library.lend(await library.reader(), numbers[0])
    await library.set_rule(LOCALS_FIRST, LocalsFirst.PICKUP_AT_OWNER)
    first, _ = [await waits(library, title, pickup=library.town.suburb) for _ in range(2)]
    assert (await library.take_back(numbers[0])).next.hold == first


@pytest.mark.parametrize(
    ("rule", "counts"),
    [
        (LocalsFirst.HOME_AT_OWNER, "home"),
        (LocalsFirst.HOME_WHERE_IT_STANDS, "home"),
        (LocalsFirst.PICKUP_AT_OWNER, "pickup"),
        (LocalsFirst.PICKUP_WHERE_IT_STANDS, "pickup"),
    ],
)
async def test_the_rule_says_whether_home_or_pickup_counts(library: LendingLibrary, rule: LocalsFirst, counts: str):
    title, numbers = await copies(library, 1)
    await suburban(library, numbers[0], title)
    await library.set_rule(LOCALS_FIRST, rule)
    reader, suburb = await library.reader(), library.town.suburb
    first = await waits(library, title)
    move = "UPDATE patron SET home_branch_id = $3 WHERE agency_id = $1 AND id = $2"
    await library.run(lambda tx: tx.execute(move, tx.agency, reader.id, suburb))
    suburban_patron = (await wish(library, reader, title)).transaction
    await match_all(library)
    served, waiting = (suburban_patron, first) if counts == "home" else (first, suburban_patron)
    assert (await state_of(library, served))[0] == "matched"
    assert (await state_of(library, waiting))[0] == "pending"
