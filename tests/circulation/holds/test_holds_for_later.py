"""Holds that begin on a day of their own: the place they get, by either rule, and the wait they are told."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from circulation.holds.test_reading import explained
from circulation.holds.wishing import copies, day, match_all, waits, wish
from circulation.lending_library import LendingLibrary
from faelles.circulation.holds.facts import AlsoWaiting
from faelles.circulation.holds.queue_rules import QueueEnd
from faelles.circulation.picking.model import NotOnShelf
from faelles.circulation.picking.operations import note_not_on_shelf
from faelles.policies.knobs import HOLD_SLOTS_IN_BY_DATE

TODAY = date(2027, 3, 1)


async def positions(library: LendingLibrary, title: int, *begin: int | None) -> list[int | None]:
    """The places in line that holds are told, one placed after the other; each begins in so many days."""
    told = []
    for days in begin:
        active_from = None if days is None else day(days, library)
        placing = await wish(library, await library.reader(), title, active_from=active_from)
        told.append(placing.holds[0].position)
    return told


async def test_a_place_is_the_day_of_asking_until_a_rule_says_otherwise(library: LendingLibrary):
    title, _ = await copies(library, 1)
    assert await positions(library, title, None, 30, None, 10) == [1, 2, 3, 4]


async def test_by_rule_a_hold_for_later_lets_those_go_first_who_want_it_before(library: LendingLibrary):
    title, _ = await copies(library, 1)
    await library.set_rule(HOLD_SLOTS_IN_BY_DATE, value=True)
    assert await positions(library, title, None, 30, None, 10, 30, None) == [1, 2, 2, 3, 5, 3]


async def test_a_queue_without_room_is_put_apart_first(library: LendingLibrary):
    title, _ = await copies(library, 1)
    await library.set_rule(HOLD_SLOTS_IN_BY_DATE, value=True)
    now, later = await waits(library, title), await waits(library, title, active_from=day(9, library))
    together = "UPDATE hold SET rank = (SELECT rank + 1 FROM hold WHERE agency_id = $1 AND id = $2) WHERE id = $3"
    await library.run(lambda tx: tx.execute(together, tx.agency, now, later))
    assert await positions(library, title, None) == [2]
    assert (await explained(library, later)).hold.position == 3


ANYTHING = AlsoWaiting(None, None, 1)


@given(st.lists(st.integers(0, 5), max_size=12))
def test_nobody_is_before_whoever_wants_it_earlier_and_asked_before(days: list[int]):
    end, line = QueueEnd(0, (), ()), []
    for begins in (TODAY + timedelta(days=each) for each in days):
        place = end.place(ANYTHING, begins, TODAY, slots_in=True)
        assert place is not None
        assert place.position == 1 + sum(rank < place.rank for rank, _ in line)
        assert place.rank not in {rank for rank, _ in line}
        line.append((place.rank, begins))
        end = end.joined(ANYTHING, place.rank, begins, TODAY)
    in_order = [begins for _, begins in sorted(line)]
    assert in_order == sorted(in_order)


async def test_nobodys_turn_comes_before_their_hold_begins_and_they_keep_nobody_waiting(library: LendingLibrary):
    title, _ = await copies(library, 1)
    later = await waits(library, title, active_from=day(40, library))
    now = await waits(library, title)
    assert (await explained(library, later)).wait.days == 42
    told = (await explained(library, now)).wait
    assert (told.days, told.position) == (2, 2)


async def test_who_is_away_waits_until_they_are_back_and_a_copy_looked_for_in_vain_helps_nobody(
    library: LendingLibrary,
):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    away = (await wish(library, reader, title)).transaction
    absence = "INSERT INTO absence (agency_id, patron_id, period) VALUES ($1, $2, daterange($3, $4, '[]'))"
    await library.run(lambda tx: tx.execute(absence, tx.agency, reader.id, day(0, library), day(9, library)))
    other = await waits(library, title)
    assert [(await explained(library, hold)).wait.days for hold in (away, other)] == [12, 2]
    await library.run(
        lambda tx: tx.execute(
            "UPDATE absence SET period = daterange($2, NULL) WHERE agency_id = $1", tx.agency, day(0, library)
        )
    )
    assert (await explained(library, away)).wait.days is None
    await match_all(library)
    await library.run(lambda tx: note_not_on_shelf(tx, library.librarian, NotOnShelf(hold=other)))
    assert (await explained(library, other)).wait.days == 32
