"""Cancelling, changing and moving holds."""

import pytest

from circulation.holds.test_placing import patron_caller
from circulation.holds.wishing import copies, day, match_all, state_of, waits, wish, wish_for
from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode, CirculationRefusedError
from faelles.circulation.holds import changing, store
from faelles.circulation.holds.changing import cancel_holds, change_hold, move_hold, put_back_hold
from faelles.circulation.holds.model import CancelHolds, CancelOutcome, ChangeHold, MoveHold, MoveTo
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError
from faelles.people.model import Caller
from faelles.policies.knobs import PICKUP_FROM, PickupFrom


async def cancel(library: LendingLibrary, *holds: int, caller: Caller | None = None, key: str | None = None):
    request = CancelHolds(holds=holds)
    answers = await library.run(lambda tx: cancel_holds(tx, caller or library.librarian, request, key))
    return [each.outcome for each in answers]


async def move(library: LendingLibrary, hold: int, to: MoveTo | None = None, before: int | None = None) -> int:
    request = MoveHold(to=to, before=before, reason="Skal bruges til en eksamen")
    return await library.run(lambda tx: move_hold(tx, library.librarian, hold, request))


async def change(library: LendingLibrary, hold: int, caller: Caller | None = None, **what: object) -> None:
    await library.run(lambda tx: change_hold(tx, caller or library.librarian, hold, ChangeHold(**what)))


async def order(library: LendingLibrary, title: int) -> list[int]:
    sql = "SELECT hold_id FROM open_hold WHERE agency_id = $1 AND record_id = $2 ORDER BY rank"
    return [row["hold_id"] for row in await library.run(lambda tx: tx.rows(sql, tx.agency, title))]


async def bind(library: LendingLibrary, hold: int, number: str) -> None:
    """What a check-in does that captures the copy."""
    item = "(SELECT item_id FROM copy WHERE agency_id = $1 AND number = $3)"
    sql = f"SELECT capture_hold($1, $2, {item}, '[]', $4, 'system:0')"
    await library.run(lambda tx: tx.value(sql, tx.agency, hold, number, tx.now))


async def test_cancelling_answers_each_hold_by_itself(library: LendingLibrary):
    title, _ = await copies(library, 1)
    one, other = await waits(library, title), await waits(library, title)
    assert await cancel(library, one, 4) == [CancelOutcome.CANCELLED, CancelOutcome.NOT_FOUND]
    assert await cancel(library, one, other) == [CancelOutcome.OVER_ALREADY, CancelOutcome.CANCELLED]
    assert await order(library, title) == []
    assert (await library.events()).count("hold.cancelled") == 2


async def test_a_key_gives_the_same_answer_again(library: LendingLibrary):
    title, _ = await copies(library, 1)
    hold = await waits(library, title)
    assert await cancel(library, hold, key="k") == [CancelOutcome.CANCELLED]
    assert await cancel(library, hold, key="k") == [CancelOutcome.CANCELLED]


async def test_what_is_cancelled_can_be_reserved_again(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    placing = await wish(library, reader, title)
    await cancel(library, placing.transaction)
    assert (await wish(library, reader, title)).transaction is not None


async def test_a_hold_that_is_matched_while_it_is_changed_is_changed_all_the_same(
    library: LendingLibrary, monkeypatch: pytest.MonkeyPatch
):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    hold = (await wish(library, reader, title)).transaction
    load = store.load_placing

    async def load_after_matching(*what: object):
        await match_all(library)
        return await load(*what)

    monkeypatch.setattr(changing, "load_placing", load_after_matching)
    own = patron_caller(library, reader.id)
    await change(library, hold, caller=own, interest_until=day(20, library))
    assert (await state_of(library, hold))[0] == "matched"


async def test_patrons_cancel_their_own_until_a_copy_is_bound(library: LendingLibrary):
    reader, (title, numbers) = await library.reader(), await copies(library, 1)
    mine = (await wish(library, reader, title)).transaction
    others = await waits(library, title)
    own = patron_caller(library, reader.id)
    assert await cancel(library, others, caller=own) == [CancelOutcome.NOT_FOUND]
    await bind(library, mine, numbers[0])
    assert await cancel(library, mine, caller=own) == [CancelOutcome.ON_ITS_WAY]
    assert await cancel(library, mine) == [CancelOutcome.CANCELLED]


async def test_another_agencys_hold_is_not_found(library: LendingLibrary):
    school = library.staff(frozenset(library.librarian.grants[0].permissions), library.town.schools)
    title, _ = await copies(library, 1)
    hold = await waits(library, title)
    assert await cancel(library, hold, caller=school) == [CancelOutcome.NOT_FOUND]
    with pytest.raises(NotFoundError):
        await change(library, hold, school, pickup=library.town.main)


async def test_staff_move_a_hold_and_the_others_close_ranks(library: LendingLibrary):
    title, _ = await copies(library, 1)
    a, b, c, d = [await waits(library, title) for _ in range(4)]
    assert await move(library, d, MoveTo.TOP) == 1
    assert await order(library, title) == [d, a, b, c]
    assert await move(library, d, MoveTo.BOTTOM) == 4
    assert await move(library, c, MoveTo.UP) == 2
    assert await order(library, title) == [a, c, b, d]
    assert await move(library, a, MoveTo.DOWN) == 2
    assert await move(library, d, before=a) == 2
    assert await order(library, title) == [c, d, a, b]
    sql = "SELECT details->>'reason' FROM hold_match_log WHERE agency_id = $1 AND outcome = 'moved'"
    assert len(await library.run(lambda tx: tx.rows(sql, tx.agency))) == 5


async def test_a_queue_is_spread_when_two_stand_too_close(library: LendingLibrary):
    title, _ = await copies(library, 1)
    a, b, c = [await waits(library, title) for _ in range(3)]
    for _ in range(25):
        await move(library, c, before=b)
        await move(library, b, before=c)
    assert await order(library, title) == [a, b, c]


async def test_a_hold_is_not_put_before_one_of_another_queue(library: LendingLibrary):
    (title, _), (other, _) = await copies(library, 1), await copies(library, 1)
    one, stranger = await waits(library, title), await waits(library, other)
    with pytest.raises(InvalidRequestError):
        await move(library, one, before=stranger)


async def test_the_pickup_branch_changes_where_the_title_may_be_picked_up(library: LendingLibrary):
    title, _ = await copies(library, 1)
    hold = await waits(library, title)
    await change(library, hold, pickup=library.town.suburb)
    await library.set_rule(PICKUP_FROM, PickupFrom.OWNER_BRANCH)
    await change(library, hold, pickup=library.town.main)
    with pytest.raises(CirculationRefusedError) as refused:
        await change(library, hold, pickup=library.town.suburb)
    assert [block.code for block in refused.value.blocks] == [BlockCode.PICKUP_NOT_ALLOWED]


async def test_dates_change_and_can_be_taken_away(library: LendingLibrary):
    title, _ = await copies(library, 1)
    hold = await waits(library, title, active_from=day(10, library))
    await match_all(library)
    assert (await state_of(library, hold))[0] == "pending"
    await change(library, hold, active_from=None, interest_until=day(30, library))
    await match_all(library)
    assert (await state_of(library, hold))[0] == "matched"


async def test_what_is_ready_goes_on_its_way_again_when_staff_change_the_branch(library: LendingLibrary):
    reader, (title, numbers) = await library.reader(), await copies(library, 1)
    hold = (await wish(library, reader, title)).transaction
    await bind(library, hold, numbers[0])
    with pytest.raises(ConflictError):
        await change(library, hold, patron_caller(library, reader.id), pickup=library.town.suburb)
    ready = "UPDATE hold SET state = 'ready', ready_at = now(), shelf_number = '7' WHERE agency_id = $1 AND id = $2"
    await library.run(lambda tx: tx.execute(ready, tx.agency, hold))
    await change(library, hold, pickup=library.town.suburb)
    assert await state_of(library, hold) == ("captured", numbers[0])


async def test_the_first_hit_cancels_the_other_parallel_holds(library: LendingLibrary):
    (one, numbers), (other, _) = await copies(library, 1), await copies(library, 1)
    first, second = (await wish_for(library, await library.reader(), one, other)).holds
    await match_all(library)
    await bind(library, first.hold, numbers[0])
    assert await state_of(library, first.hold) == ("captured", numbers[0])
    assert await state_of(library, second.hold) == ("cancelled", None)


async def test_a_copy_that_was_set_aside_is_given_up_and_the_hold_waits_at_its_rank(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    first, second = await waits(library, title), await waits(library, title)
    await library.take_back(numbers[0])
    assert await state_of(library, first) == ("ready", numbers[0])
    await library.run(lambda tx: put_back_hold(tx, library.librarian, first))
    assert await state_of(library, first) == ("pending", None)
    assert await order(library, title) == [first, second]
    await change(library, first, active_from=day(9, library))
    assert (await library.take_back(numbers[0])).next.hold == second
    with pytest.raises(ConflictError):
        await library.run(lambda tx: put_back_hold(tx, library.librarian, first))


async def test_moving_a_hold_is_a_look_at_its_patron(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    await waits(library, title)
    await move(library, (await wish(library, reader, title)).transaction, MoveTo.TOP)
    sql = "SELECT operation FROM access_log WHERE agency_id = $1 AND person_id = $2"
    looks = await library.run(lambda tx: tx.rows(sql, tx.agency, reader.id))
    assert [row["operation"] for row in looks] == ["place_hold", "move_hold"]


async def test_the_same_key_moves_a_hold_once_and_puts_a_copy_back_once(library: LendingLibrary):
    title, _ = await copies(library, 1)
    holds = [await waits(library, title) for _ in range(4)]
    up = MoveHold(to=MoveTo.UP, reason="Eksamen")
    for _ in range(2):
        assert await library.run(lambda tx: move_hold(tx, library.librarian, holds[3], up, "m-1")) == 3
    assert await order(library, title) == [holds[0], holds[1], holds[3], holds[2]]


@pytest.mark.parametrize("second", [{"active_from": 40}, {"interest_until": 20}])
async def test_no_change_makes_a_hold_begin_after_it_ends(library: LendingLibrary, second: dict[str, int]):
    title, _ = await copies(library, 1)
    hold = await waits(library, title, active_from=day(25, library), interest_until=day(30, library))
    with pytest.raises(InvalidRequestError):
        await change(library, hold, **{name: day(days, library) for name, days in second.items()})
    await change(library, hold, active_from=day(40, library), interest_until=day(50, library))
