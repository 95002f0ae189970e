"""The matcher at work: what marks titles, what is planned, what is written about it."""

import asyncio
from datetime import date

from circulation.holds.test_changing import bind, cancel, change, order
from circulation.holds.test_reading import explained
from circulation.holds.wishing import (
    closed_why,
    codes,
    copies,
    day,
    hold_of,
    match_all,
    state_of,
    waits,
    wish,
    wish_for,
)
from circulation.lending_library import LendingLibrary
from faelles.agencies.operations import close_branch
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.holds.changing import move_hold
from faelles.circulation.holds.matcher import match_dirty_titles
from faelles.circulation.holds.matching import WhyNot
from faelles.circulation.holds.model import MoveHold, MoveTo
from faelles.circulation.holds.reading import show_hold
from faelles.circulation.merging import merge_patrons
from faelles.ground.ids import RecordId
from faelles.patrons.blocks.operations import set_absence
from faelles.patrons.merging.model import MergePatrons
from faelles.patrons.model import AbsencePeriod
from faelles.policies.knobs import NEW_AT_HOME_DAYS


async def suburban(library: LendingLibrary, number: str, title: int) -> None:
    """Let a copy of the title belong to the suburb."""
    sql = (
        "UPDATE item SET record_id = $2, owner_branch_id = $3, default_placement_id = $4"
        " WHERE agency_id = $1 AND number = $5"
    )
    town = library.town
    await library.run(lambda tx: tx.execute(sql, tx.agency, title, town.suburb, town.suburb_shelf, number))


async def log_of(library: LendingLibrary, hold: int) -> list[str]:
    sql = "SELECT outcome FROM hold_match_log WHERE agency_id = $1 AND hold_id = $2 ORDER BY id"
    return [row["outcome"] for row in await library.run(lambda tx: tx.rows(sql, tx.agency, hold))]


async def test_a_hold_gets_the_copy_of_its_own_branch(library: LendingLibrary):
    title, numbers = await copies(library, 2)
    await suburban(library, numbers[0], title)
    at_main, in_suburb = await waits(library, title), await waits(library, title, pickup=library.town.suburb)
    await match_all(library)
    assert await state_of(library, at_main) == ("matched", numbers[1])
    assert await state_of(library, in_suburb) == ("matched", numbers[0])
    assert await log_of(library, at_main) == ["matched"]
    assert (await library.events()).count("hold.matched") == 2


async def test_only_so_many_are_served_as_there_are_copies(library: LendingLibrary):
    title, _ = await copies(library, 1)
    first, second = await waits(library, title), await waits(library, title)
    await match_all(library)
    assert [(await state_of(library, hold))[0] for hold in (first, second)] == ["matched", "pending"]
    await cancel(library, first)
    await match_all(library)
    assert (await state_of(library, second))[0] == "matched"


async def test_who_is_away_is_passed_over_and_keeps_the_place(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    away = (await wish(library, reader, title)).transaction
    second = await waits(library, title)
    await match_all(library)
    absence = "INSERT INTO absence (agency_id, patron_id, period) VALUES ($1, $2, daterange($3, $4, '[]'))"
    await library.run(lambda tx: tx.execute(absence, tx.agency, reader.id, day(0, library), day(7, library)))
    await match_all(library)
    assert [(await state_of(library, hold))[0] for hold in (away, second)] == ["pending", "matched"]
    await library.run(lambda tx: tx.execute("DELETE FROM absence WHERE agency_id = $1", tx.agency))
    await match_all(library)
    assert [(await state_of(library, hold))[0] for hold in (away, second)] == ["matched", "pending"]
    assert await log_of(library, away) == ["matched", "released", "matched"]


async def test_new_copies_stay_at_home_first(library: LendingLibrary):
    await library.set_rule(NEW_AT_HOME_DAYS, 14)
    title, _ = await copies(library, 1, acquired_on=date(2027, 2, 25))
    away, home = await waits(library, title, pickup=library.town.suburb), await waits(library, title)
    await match_all(library)
    assert [(await state_of(library, hold))[0] for hold in (away, home)] == ["pending", "matched"]


async def test_a_copy_looked_for_in_vain_is_planned_for_nobody(library: LendingLibrary):
    title, numbers = await copies(library, 2)
    hold = await waits(library, title)
    await match_all(library)
    missed = (
        "INSERT INTO missed_item (agency_id, item_id, branch_id, missed_at, missed_by)"
        " SELECT $1, item_id, owner_branch_id, now(), 'staff:1' FROM copy WHERE agency_id = $1 AND number = $2"
    )
    await library.run(lambda tx: tx.execute(missed, tx.agency, numbers[0]))
    await change(library, hold, interest_until=day(20, library))
    await match_all(library)
    assert await state_of(library, hold) == ("matched", numbers[1])


async def test_a_hold_for_one_copy_waits_for_that_copy(library: LendingLibrary):
    title, numbers = await copies(library, 2)
    mine = (await wish(library, await library.reader(), item=numbers[0])).transaction
    await library.lend(await library.reader(), numbers[0])
    await match_all(library)
    assert (await state_of(library, mine))[0] == "pending"
    await waits(library, title)
    await match_all(library)
    assert (await state_of(library, mine))[0] == "pending"


async def test_a_bound_copy_is_nobody_elses_and_the_planned_one_is_free_again(library: LendingLibrary):
    title, numbers = await copies(library, 2)
    first, second = await waits(library, title), await waits(library, title)
    await match_all(library)
    assert [(await state_of(library, hold))[1] for hold in (first, second)] == numbers
    await bind(library, first, numbers[1])
    assert (await state_of(library, second))[0] == "pending"
    await match_all(library)
    assert await state_of(library, second) == ("matched", numbers[0])
    assert await log_of(library, second) == ["matched", "released", "matched"]


async def test_withdrawing_and_adding_copies_is_noticed(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    hold = await waits(library, title)
    await match_all(library)
    sql = "UPDATE item SET withdrawn_at = now(), withdrawn_why = 'slidt' WHERE agency_id = $1 AND number = $2"
    await library.run(lambda tx: tx.execute(sql, tx.agency, numbers[0]))
    await match_all(library)
    assert (await state_of(library, hold))[0] == "pending"
    new = await library.copy()
    move = "UPDATE item SET record_id = $2 WHERE agency_id = $1 AND number = $3"
    await library.run(lambda tx: tx.execute(move, tx.agency, title, new))
    await match_all(library)
    assert await state_of(library, hold) == ("matched", new)


async def test_nothing_is_lost_when_the_matcher_is_stopped_halfway(library: LendingLibrary):
    title, _ = await copies(library, 1)
    hold = await waits(library, title)

    async def stopped(tx) -> None:
        assert await match_dirty_titles(tx) > 0
        raise KeyboardInterrupt

    try:
        await library.run(stopped)
    except KeyboardInterrupt:
        assert (await state_of(library, hold))[0] == "pending"
    await match_all(library)
    assert (await state_of(library, hold))[0] == "matched"


async def test_matchers_at_once_leave_one_plan(library: LendingLibrary):
    titles = [await copies(library, 2) for _ in range(6)]
    holds = [await waits(library, title) for title, _ in titles for _ in range(3)]
    await asyncio.gather(*(library.run(match_dirty_titles) for _ in range(4)))
    await match_all(library)
    states = [(await state_of(library, hold))[0] for hold in holds]
    assert (states.count("matched"), states.count("pending")) == (12, 6)


async def test_a_title_whose_queue_somebody_has_keeps_its_mark(library: LendingLibrary):
    title, _ = await copies(library, 1)
    hold = await waits(library, title)
    sql = "SELECT pg_advisory_xact_lock(title_lock($1, $2))"
    async with library.database.transaction(library.town.agency, library.librarian.actor) as tx:
        await tx.value(sql, tx.agency, title)
        await match_all(library)
    assert (await state_of(library, hold))[0] == "pending"
    await match_all(library)
    assert (await state_of(library, hold))[0] == "matched"


async def test_the_queue_of_a_record_that_was_merged_away_follows_it(library: LendingLibrary):
    (old, numbers), (new, _) = await copies(library, 1), await copies(library, 1)
    first = await waits(library, old)
    library.clock.pass_days(1)
    second = await waits(library, new)
    library.clock.pass_days(1)
    third = await waits(library, old)
    merge = "UPDATE record SET successor_id = $2 WHERE agency_id = $1 AND id = $3"
    refile = "UPDATE item SET record_id = $2 WHERE agency_id = $1 AND number = $3"
    await library.run(lambda tx: tx.execute(merge, tx.agency, new, old))
    await library.run(lambda tx: tx.execute(refile, tx.agency, new, numbers[0]))
    await match_all(library)
    assert await order(library, new) == [first, second, third]
    assert [(await state_of(library, hold))[0] for hold in (first, second, third)] == ["matched", "matched", "pending"]


async def test_whom_staff_moved_keeps_their_place_when_two_queues_become_one(library: LendingLibrary):
    (old, _), (new, _) = await copies(library, 1), await copies(library, 1)
    holds = []
    for record in (old, new, old, new, old):
        holds.append(await waits(library, record))
        library.clock.pass_days(1)
    a1, b1, a2, b2, a3 = holds
    to_top = MoveHold(to=MoveTo.TOP, reason="eksamen")
    await library.run(lambda tx: move_hold(tx, library.librarian, a3, to_top))
    merge = "UPDATE record SET successor_id = $2 WHERE agency_id = $1 AND id = $3"
    await library.run(lambda tx: tx.execute(merge, tx.agency, new, old))
    await match_all(library)
    assert await order(library, new) == [a3, b1, a1, b2, a2]


async def two_titles_merged(library: LendingLibrary, old: RecordId, new: RecordId) -> None:
    merge = "UPDATE record SET successor_id = $2 WHERE agency_id = $1 AND id = $3"
    await library.run(lambda tx: tx.execute(merge, tx.agency, new, old))
    await match_all(library)


async def test_who_waited_for_both_titles_keeps_the_better_place_for_as_long_as_either_was_wished_for(
    library: LendingLibrary,
):
    (old, _), (new, _) = await copies(library, 1), await copies(library, 1)
    reader = await library.reader()
    kept = await hold_of(library, reader, old, interest_until=day(9, library))
    library.clock.pass_days(1)
    between = await waits(library, new)
    given_up = await hold_of(library, reader, new, interest_until=day(99, library))
    await two_titles_merged(library, old, new)
    assert await order(library, new) == [kept, between]
    assert (await closed_why(library, given_up), (await state_of(library, kept))[0]) == ("titles_merged", "matched")
    told = await library.run(lambda tx: show_hold(tx, library.librarian, kept))
    assert told.interest_until == day(99, library)
    events = "SELECT dimensions ->> 'why' FROM event WHERE agency_id = $1 AND kind = 'hold.cancelled' AND hold_id = $2"
    assert await library.run(lambda tx: tx.value(events, tx.agency, given_up)) == "titles_merged"
    assert BlockCode.ALREADY_RESERVED in codes(await wish(library, reader, new))


async def test_who_waited_for_one_title_now_does_not_wait_for_the_day_of_the_other(library: LendingLibrary):
    for first, second in ((None, day(5, library)), (day(5, library), None)):
        (old, _), (new, _) = await copies(library, 1), await copies(library, 1)
        reader = await library.reader()
        holds = [
            await hold_of(library, reader, old, active_from=first),
            await hold_of(library, reader, new, active_from=second),
        ]
        await two_titles_merged(library, old, new)
        assert "matched" in {(await state_of(library, each))[0] for each in holds}


async def test_who_waited_for_both_titles_keeps_what_has_come(library: LendingLibrary):
    (old, _), (new, [book]) = await copies(library, 1), await copies(library, 1)
    reader = await library.reader()
    waiting = await hold_of(library, reader, old)
    library.clock.pass_days(1)
    ready = await hold_of(library, reader, new)
    await library.take_back(book)
    assert (await state_of(library, ready))[0] == "ready"
    await two_titles_merged(library, old, new)
    assert ((await state_of(library, ready))[0], await closed_why(library, waiting)) == ("ready", "titles_merged")


async def test_who_has_a_copy_of_each_of_two_titles_loses_neither_when_they_become_one(library: LendingLibrary):
    (old, [one]), (new, [other]) = await copies(library, 1), await copies(library, 1)
    reader = await library.reader()
    holds = [await hold_of(library, reader, record) for record in (old, new)]
    for book in (one, other):
        await library.take_back(book)
    await two_titles_merged(library, old, new)
    assert [(await state_of(library, hold))[0] for hold in holds] == ["ready", "ready"]


async def test_of_parallel_wishes_for_two_titles_that_become_one_the_first_will_do(library: LendingLibrary):
    (old, _), (new, _), (third, _) = [await copies(library, 1) for _ in range(3)]
    for title in (old, new, third):
        await waits(library, title)
    placed = (await wish_for(library, await library.reader(), old, new, third)).holds
    await two_titles_merged(library, old, new)
    assert [await closed_why(library, each.hold) for each in placed] == [None, "titles_merged", None]


async def test_nothing_is_sent_to_a_branch_that_has_closed(library: LendingLibrary):
    title, [book] = await copies(library, 1)
    hold = await waits(library, title, pickup=library.town.suburb)
    today = library.clock.now.date()
    await library.run(lambda tx: close_branch(tx, library.librarian, library.town.suburb, today))
    await match_all(library)
    assert await state_of(library, hold) == ("pending", None)
    assert (await explained(library, hold)).here.why_not == WhyNot.PICKUP_CLOSED
    assert (await library.take_back(book)).next.hold is None
    await change(library, hold, pickup=library.town.main)
    await match_all(library)
    assert await state_of(library, hold) == ("matched", book)


async def test_who_becomes_somebody_else_waits_as_they_do(library: LendingLibrary):
    reader, real, (title, _) = await library.reader(), await library.reader(), await copies(library, 1)
    hold = (await wish(library, reader, title)).transaction
    await match_all(library)
    away = AbsencePeriod(first_day=day(0, library), last_day=day(9, library))
    await library.run(lambda tx: set_absence(tx, library.librarian, real.id, away))
    temporary = "UPDATE patron SET is_temporary = true WHERE agency_id = $1 AND id = $2"
    await library.run(lambda tx: tx.execute(temporary, tx.agency, reader.id))
    request = MergePatrons(temporary=reader.id, real=real.id)
    await library.run(lambda tx: merge_patrons(tx, library.librarian, request))
    await match_all(library)
    assert (await explained(library, hold)).here.why_not == WhyNot.ABSENT
    assert await state_of(library, hold) == ("pending", None)
