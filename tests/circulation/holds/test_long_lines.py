"""A copy in hand and a long line in which many can have nothing: nobody is passed over without a reason, and the first
who can have it gets it, however far behind.
"""

import json

from circulation.holds.wishing import copies, day, state_of, waits
from circulation.lending_library import LendingLibrary
from faelles.circulation.holds.changing import move_hold
from faelles.circulation.holds.model import MoveHold, MoveTo
from faelles.circulation.shelf.operations import expire_shelf
from faelles.ground.ids import HoldId, RecordId

_QUEUE = """
WITH placed AS (
    INSERT INTO hold (agency_id, target, record_id, transaction_id, division_id, patron_group_id, pickup_branch_id,
                      placed_at, placed_on, placed_by, active_from, interest_until, rank)
    SELECT agency_id, target, record_id, 0, division_id, patron_group_id, pickup_branch_id, placed_at, placed_on,
           placed_by, CASE WHEN n <= $4 THEN interest_until END, interest_until, rank + n * 1024
      FROM hold CROSS JOIN generate_series(1, $3) AS n
     WHERE agency_id = $1 AND id = $2
    RETURNING id
)
SELECT array_agg(id ORDER BY id) FROM placed
"""
LENGTH, IDLE = 2_000, 500


async def long_line(library: LendingLibrary, title: RecordId) -> tuple[HoldId, list[HoldId]]:
    """Somebody who waits, and 2,000 behind, of whom the first 500 want nothing yet."""
    first = await waits(library, title, active_from=day(30, library))
    behind = await library.run(lambda tx: tx.value(_QUEUE, tx.agency, first, LENGTH, IDLE))
    return first, behind


async def passed_for(library: LendingLibrary, hold: HoldId) -> list[dict[str, object]]:
    sql = (
        "SELECT details FROM hold_match_log WHERE agency_id = $1 AND hold_id = $2 AND outcome = 'captured'"
        " ORDER BY id DESC LIMIT 1"
    )
    return json.loads(await library.run(lambda tx: tx.value(sql, tx.agency, hold)))["passed"]


async def test_a_copy_goes_to_the_first_who_can_have_it_though_five_hundred_stand_before(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    await library.lend(await library.reader(), numbers[0])
    first, behind = await long_line(library, title)
    answer = await library.take_back(numbers[0])
    served = behind[IDLE]
    assert answer.next.hold == served
    assert answer.next.shelf_number is not None
    assert await state_of(library, served) == ("ready", numbers[0])
    passed = await passed_for(library, served)
    assert [each["hold"] for each in passed] == [first, *behind[:IDLE]]
    assert {each["why"] for each in passed} == {"not_yet_active"}


async def test_it_goes_to_the_head_of_the_line_as_soon_as_that_can_have_it(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    await library.lend(await library.reader(), numbers[0])
    _, behind = await long_line(library, title)
    await library.run(
        lambda tx: move_hold(tx, library.librarian, behind[-1], MoveHold(to=MoveTo.TOP, reason="Undervisning"))
    )
    assert (await library.take_back(numbers[0])).next.hold == behind[-1]


async def test_nobody_in_a_long_line_can_have_it_and_all_are_told_why(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    await library.lend(await library.reader(), numbers[0])
    first = await waits(library, title, active_from=day(30, library))
    await library.run(lambda tx: tx.value(_QUEUE, tx.agency, first, LENGTH, LENGTH))
    assert (await library.take_back(numbers[0])).next.hold is None


async def test_what_was_not_collected_is_handed_on_past_all_who_can_have_nothing(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    await library.lend(await library.reader(), numbers[0])
    late = await waits(library, title)
    assert (await library.take_back(numbers[0])).next.hold == late
    _, behind = await long_line(library, title)
    library.clock.pass_days(20)
    today = library.clock.now.date()
    await library.run(lambda tx: expire_shelf(tx, today, None))
    assert await state_of(library, behind[IDLE]) == ("captured", numbers[0])
    assert len(await passed_for(library, behind[IDLE])) == IDLE + 1
