"""Copies on their way: sent by hand, late, given up, in crates and on vans; books of other municipalities."""

import asyncio
from datetime import date, time

import pytest

from circulation.lending_library import LendingLibrary
from faelles.circulation.transit import crates, operations, rounds
from faelles.circulation.transit.model import (
    JourneyReason,
    NewVan,
    PackCrate,
    PutInCrate,
    PutOutcome,
    Round,
    SendItem,
    VanStop,
)
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from faelles.people.model import Permission
from faelles.policies.knobs import TRANSIT_LATE_DAYS, TRANSIT_LOST_DAYS


async def send(library: LendingLibrary, item: str, *, key=None, caller=None):
    request = SendItem(item=item, branch=library.town.main, to=library.town.suburb)
    return await library.run(lambda tx: operations.send_item(tx, caller or library.librarian, request, key))


async def under_way(library: LendingLibrary, **which):
    return await library.run(lambda tx: operations.list_journeys(tx, library.librarian, **which))


async def test_a_copy_sent_by_hand_is_on_its_way_until_it_is_scanned(library: LendingLibrary):
    book = await library.copy()
    sent = await send(library, book)
    assert (sent.item_number, sent.to_branch, sent.reason) == (book, library.town.suburb, JourneyReason.BY_HAND)
    assert await library.state_of(book) == "in_transit"
    assert [each.id for each in await under_way(library, to_branch=library.town.suburb)] == [sent.id]
    await library.take_back(book)
    assert await under_way(library) == []


async def test_sent_again_with_its_key_it_is_sent_once(library: LendingLibrary):
    book = await library.copy()
    assert await send(library, book, key="s-1") == await send(library, book, key="s-1")
    assert len(await under_way(library)) == 1


async def test_sent_again_with_its_key_after_it_arrived_it_gets_the_first_answer(library: LendingLibrary):
    book = await library.copy()
    sent = await send(library, book, key="s-1")
    await library.take_back(book)
    assert await send(library, book, key="s-1") == sent
    assert await under_way(library) == []


async def test_what_is_out_is_not_sent(library: LendingLibrary):
    book = await library.copy()
    await library.lend(await library.reader(), book)
    with pytest.raises(ConflictError, match="item_not_here"):
        await send(library, book)


async def test_of_two_who_send_one_copy_one_does(library: LendingLibrary):
    book = await library.copy()
    done = await asyncio.gather(*(send(library, book) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(each, ConflictError) for each in done) == 3
    assert len(await under_way(library)) == 1


async def test_sending_needs_its_permission_where_the_copy_is(library: LendingLibrary):
    clerk = library.staff(frozenset({Permission.LOGISTICS}), division=library.town.schools)
    with pytest.raises(ForbiddenError):
        await send(library, await library.copy(), caller=clerk)


async def test_an_unknown_copy_is_not_sent(library: LendingLibrary):
    with pytest.raises(NotFoundError):
        await send(library, "0000000000")


async def note_late(library: LendingLibrary):
    return (await library.run(lambda tx: operations.note_late(tx, date(2027, 3, 1), None))).counts


async def give_up(library: LendingLibrary):
    return (await library.run(lambda tx: operations.give_up(tx, date(2027, 3, 1), None))).counts


async def test_what_is_late_is_told_once(library: LendingLibrary):
    await library.set_rule(TRANSIT_LATE_DAYS, 3)
    await send(library, await library.copy())
    library.clock.pass_days(2)
    assert await note_late(library) == {"journeys_overdue": 0}
    library.clock.pass_days(2)
    assert await note_late(library) == {"journeys_overdue": 1}
    assert await note_late(library) == {"journeys_overdue": 0}
    assert (await library.events()).count("journey.overdue") == 1
    assert len(await under_way(library, only_overdue=True)) == 1


async def test_what_is_later_still_is_missing(library: LendingLibrary):
    await library.set_rule(TRANSIT_LATE_DAYS, 3)
    await library.set_rule(TRANSIT_LOST_DAYS, 10)
    book = await library.copy()
    await send(library, book)
    library.clock.pass_days(9)
    await note_late(library)
    assert await give_up(library) == {"journeys_lost": 0}
    library.clock.pass_days(2)
    assert await give_up(library) == {"journeys_lost": 1}
    assert await library.state_of(book) == "missing"
    assert (await library.events()).count("journey.lost") == 1
    assert await under_way(library) == []


async def pack(library: LendingLibrary, label="K-1"):
    request = PackCrate(label=label, branch=library.town.main, to=library.town.suburb)
    return await library.run(lambda tx: crates.pack_crate(tx, library.librarian, request))


async def test_a_crate_takes_what_travels_its_way(library: LendingLibrary):
    book, other = await library.copy(), await library.copy()
    await send(library, book)
    crate = await pack(library)
    asked = PutInCrate(items=(book, other))
    put = await library.run(lambda tx: crates.put_in_crate(tx, library.librarian, crate.id, asked))
    assert [each.outcome for each in put] == [PutOutcome.PACKED, PutOutcome.NOT_ON_THAT_WAY]
    [found] = await under_way(library, crate=crate.id)
    assert (found.crate_label, found.crate_received) == ("K-1", False)


async def test_scanned_twice_before_it_leaves_it_stays_in_its_crate(library: LendingLibrary):
    book = await library.copy(branch=library.town.suburb)
    assert (await library.take_back(book)).warnings == ()
    crate = await pack(library)
    await library.run(lambda tx: crates.put_in_crate(tx, library.librarian, crate.id, PutInCrate(items=(book,))))
    again = await library.take_back(book)
    assert (again.next.branch, again.warnings) == (library.town.suburb, ())
    assert [each.item_number for each in await under_way(library, crate=crate.id)] == [book]


async def test_receiving_a_crate_receives_nothing_in_it(library: LendingLibrary):
    book = await library.copy()
    await send(library, book)
    crate = await pack(library)
    await library.run(lambda tx: crates.put_in_crate(tx, library.librarian, crate.id, PutInCrate(items=(book,))))
    with pytest.raises(ConflictError, match="crate_not_sent"):
        await library.run(lambda tx: crates.receive_crate(tx, library.librarian, crate.id))
    await library.run(lambda tx: crates.send_crate(tx, library.librarian, crate.id))
    with pytest.raises(ConflictError, match="crate_has_left"):
        await library.run(lambda tx: crates.put_in_crate(tx, library.librarian, crate.id, PutInCrate(items=(book,))))
    received = await library.run(lambda tx: crates.receive_crate(tx, library.librarian, crate.id))
    assert received.copies == 1
    assert [each.crate_received for each in await under_way(library)] == [True]
    assert await library.state_of(book) == "in_transit"


async def test_a_label_is_on_one_open_crate(library: LendingLibrary):
    crate = await pack(library)
    with pytest.raises(ConflictError, match="crate_label_taken"):
        await pack(library)
    await library.run(lambda tx: crates.send_crate(tx, library.librarian, crate.id))
    await library.run(lambda tx: crates.receive_crate(tx, library.librarian, crate.id))
    assert (await pack(library)).id != crate.id


def grey_van(library: LendingLibrary, name="Grå bil"):
    stops = (VanStop(branch=library.town.main, calls_at=time(8)), VanStop(branch=library.town.suburb))
    return NewVan(name=name, rounds=(Round(weekday=1, stops=stops), Round(weekday=4, stops=stops[::-1])))


async def test_the_route_sheet_says_what_waits_for_the_van(library: LendingLibrary):
    van = await library.run(lambda tx: rounds.add_van(tx, library.librarian, grey_van(library)))
    await send(library, await library.copy())
    sheet = await library.run(lambda tx: rounds.show_route_sheet(tx, library.librarian, van.id))
    assert [stop.name for stop in sheet.stops] == ["Hovedbiblioteket", "Forstaden"]
    assert [load.copies for load in sheet.stops[0].fetch] == [1]
    thursday = await library.run(lambda tx: rounds.show_route_sheet(tx, library.librarian, van.id, date(2027, 3, 4)))
    assert all(not stop.fetch for stop in thursday.stops)


async def test_a_van_is_changed_as_a_whole_and_retired(library: LendingLibrary):
    van = await library.run(lambda tx: rounds.add_van(tx, library.librarian, grey_van(library)))
    with pytest.raises(ConflictError, match="van_name_taken"):
        await library.run(lambda tx: rounds.add_van(tx, library.librarian, grey_van(library)))
    changed = await library.run(lambda tx: rounds.change_van(tx, library.librarian, van.id, NewVan(name="Blå bil")))
    assert (changed.name, changed.rounds) == ("Blå bil", ())
    await library.run(lambda tx: rounds.retire_van(tx, library.librarian, van.id))
    assert await library.run(lambda tx: rounds.list_vans(tx, library.librarian)) == []
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: rounds.show_route_sheet(tx, library.librarian, van.id))


async def test_a_round_calls_at_our_branches_on_different_days(library: LendingLibrary):
    twice = NewVan(name="Bil", rounds=grey_van(library).rounds[:1] * 2)
    elsewhere = NewVan(name="Bil", rounds=(Round(weekday=1, stops=(VanStop(branch=999_999_999),)),))
    for wrong, kind in ((twice, InvalidRequestError), (elsewhere, NotFoundError)):
        with pytest.raises(kind):
            await library.run(lambda tx, van=wrong: rounds.add_van(tx, library.librarian, van))
