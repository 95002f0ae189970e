"""One scan says where a copy goes, and gives it to whoever is first in line at that moment."""

import asyncio
import json
from collections import Counter
from datetime import UTC, date, datetime

from circulation.holds.test_changing import cancel
from circulation.holds.wishing import copies, match_all, state_of, waits, wish_for
from circulation.lending_library import LendingLibrary
from faelles.circulation.floating.model import FloatSubject, NewFloatGroup, Room
from faelles.circulation.floating.operations import add_group
from faelles.circulation.holds.changing import put_back_hold
from faelles.circulation.picking import operations as picking
from faelles.circulation.picking.model import ClaimPicks, ConfirmPick, NotOnShelf
from faelles.circulation.shelf import operations as shelf
from faelles.circulation.shelf.model import ClearedFor
from faelles.circulation.transit.model import JourneyReason, Stop, StopAlert, WhyCode
from faelles.circulation.transit.operations import give_up, note_late
from faelles.circulation.whereabouts.operations import withdraw_items
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.i18n import Language
from faelles.items.model import Withdrawal
from faelles.people.model import Caller, Grant, MachineKind
from faelles.people.rules import MACHINE_PERMISSIONS
from faelles.policies.knobs import (
    HOLD_NOT_COLLECTED_FEE_ORE,
    PICKUP_DAYS,
    SLIP_NAME,
    TRANSIT_LATE_DAYS,
    TRANSIT_LOST_DAYS,
)


def sorter(library: LendingLibrary, branch=None) -> Caller:
    here = branch or library.town.main
    return Caller(
        agency=library.town.agency,
        actor=Actor(ActorKind.MACHINE, 7),
        language=Language.DANISH,
        grants=(Grant(MACHINE_PERMISSIONS[MachineKind.SORTER], library.town.library, here),),
        stands_in=here,
    )


async def row(library: LendingLibrary, sql: str, *values):
    return await library.run(lambda tx: tx.row(sql, tx.agency, *values))


async def hold_row(library: LendingLibrary, hold):
    return await row(library, "SELECT * FROM hold WHERE agency_id = $1 AND id = $2", hold)


async def on_shelf(library: LendingLibrary, branch=None):
    where = branch or library.town.main
    return await library.run(lambda tx: shelf.list_shelf(tx, library.librarian, where))


async def to_clear(library: LendingLibrary, branch=None):
    where = branch or library.town.main
    return await library.run(lambda tx: shelf.list_to_clear(tx, library.librarian, where))


# -- Capture


async def test_a_return_at_the_pickup_branch_makes_the_first_in_line_ready(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    await library.lend(await library.reader(), book)
    first, second = await waits(library, record), await waits(library, record)
    answer = await library.take_back(book)
    assert (answer.next.stop, answer.next.hold, answer.next.shelf_number) == (Stop.HOLD_SHELF, first, "1")
    assert answer.next.pickup_deadline == date(2027, 3, 8)
    assert [why.code for why in answer.next.why] == [WhyCode.FIRST_IN_LINE]
    assert await state_of(library, first) == ("ready", book)
    assert await state_of(library, second) == ("pending", None)
    events = await library.events()
    assert [kind for kind in events if kind in {"hold.captured", "hold.ready"}] == ["hold.captured", "hold.ready"]


async def test_a_hold_is_kept_by_the_days_of_the_branch_around_the_nights_the_clock_is_changed_in(
    library: LendingLibrary,
):
    # Clocks are changed at 01:00 UTC on 28 March and on 31 October 2027.
    await library.set_rule(PICKUP_DAYS, 3)
    ready = {
        datetime(2027, 3, 27, 22, 59, tzinfo=UTC): date(2027, 3, 30),
        datetime(2027, 3, 27, 23, 1, tzinfo=UTC): date(2027, 3, 31),
        datetime(2027, 3, 28, 21, 59, tzinfo=UTC): date(2027, 3, 31),
        datetime(2027, 3, 28, 22, 1, tzinfo=UTC): date(2027, 4, 1),
        datetime(2027, 10, 30, 22, 1, tzinfo=UTC): date(2027, 11, 3),
        datetime(2027, 10, 31, 22, 59, tzinfo=UTC): date(2027, 11, 3),
        datetime(2027, 10, 31, 23, 1, tzinfo=UTC): date(2027, 11, 4),
    }
    for moment, last_day in ready.items():
        library.clock.now = moment
        record, [book] = await copies(library, 1)
        await waits(library, record)
        assert (await library.take_back(book)).next.pickup_deadline == last_day


async def test_for_somebody_elsewhere_it_is_sent_and_ready_only_when_staff_scan_it_there(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    hold = await waits(library, record, pickup=library.town.suburb)
    sent = await library.take_back(book)
    assert (sent.next.stop, sent.next.branch, sent.next.reason) == (
        Stop.SEND,
        library.town.suburb,
        JourneyReason.FOR_HOLD,
    )
    assert await state_of(library, hold) == ("in_transit", book)
    by_machine = await library.take_back(book, branch=library.town.suburb, caller=sorter(library, library.town.suburb))
    assert (by_machine.next.stop, by_machine.next.shelf_number) == (Stop.HOLD_SHELF, None)
    assert await state_of(library, hold) == ("captured", book)
    arrived = await library.take_back(book, branch=library.town.suburb)
    assert (arrived.next.hold, arrived.next.shelf_number) == (hold, "1")
    assert await state_of(library, hold) == ("ready", book)
    told = [kind for kind in await library.events() if kind.startswith("hold.") and kind != "hold.placed"]
    assert told == ["hold.captured", "hold.sent", "hold.arrived", "hold.ready"]


async def test_a_machine_set_to_only_send_binds_nothing(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    hold = await waits(library, record, pickup=library.town.suburb)
    answer = await library.take_back(book, caller=sorter(library), fulfils_holds=False)
    assert (answer.next.stop, answer.next.branch) == (Stop.SEND, library.town.suburb)
    assert await state_of(library, hold) == ("pending", None)
    arrived = await library.take_back(book, branch=library.town.suburb)
    assert (arrived.next.stop, arrived.next.hold) == (Stop.HOLD_SHELF, hold)


async def test_scanned_twice_before_it_leaves_it_was_sent_once(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    await waits(library, record, pickup=library.town.suburb)
    await library.take_back(book, caller=sorter(library), fulfils_holds=False)
    for _ in range(2):
        await library.take_back(book)
    events = await library.events()
    assert (events.count("hold.captured"), events.count("hold.sent"), events.count("hold.arrived")) == (1, 1, 0)


async def test_scanned_again_it_stays_ready_under_its_number(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    hold = await waits(library, record)
    first = await library.take_back(book)
    library.clock.pass_days(2)
    again = await library.take_back(book)
    assert (again.next.hold, again.next.shelf_number, again.next.pickup_deadline) == (
        hold,
        first.next.shelf_number,
        first.next.pickup_deadline,
    )
    assert len(await on_shelf(library)) == 1
    assert (await library.events()).count("hold.ready") == 1


async def test_shelf_numbers_are_the_lowest_that_are_free(library: LendingLibrary):
    numbers = []
    for _ in range(3):
        record, [book] = await copies(library, 1)
        await waits(library, record)
        numbers.append((await library.take_back(book)).next.shelf_number)
    assert numbers == ["1", "2", "3"]


async def test_the_match_log_says_who_was_passed_over(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    later = await waits(library, record, active_from=date(2027, 3, 20))
    now = await waits(library, record)
    answer = await library.take_back(book)
    assert answer.next.hold == now
    assert WhyCode.PASSED_OVER in [why.code for why in answer.next.why]
    logged = await row(
        library,
        "SELECT details::text FROM hold_match_log WHERE agency_id = $1 AND hold_id = $2 AND outcome = 'captured'",
        now,
    )
    assert str(later) in logged["details"]
    assert "not_yet_active" in logged["details"]


async def test_a_planned_copy_goes_to_whoever_is_first_now(library: LendingLibrary):
    record, [book, other] = await copies(library, 2)
    await library.lend(await library.reader(), other)
    hold = await waits(library, record)
    await match_all(library)
    assert await state_of(library, hold) == ("matched", book)
    answer = await library.take_back(other)
    assert answer.next.hold == hold
    assert await state_of(library, hold) == ("ready", other)


async def test_somebody_who_is_being_fetched_for_is_not_given_another_copy(library: LendingLibrary):
    record, [book, other] = await copies(library, 2)
    await library.lend(await library.reader(), other)
    first, second = await waits(library, record), await waits(library, record)
    await match_all(library)
    claim = ClaimPicks(branch=library.town.main)
    await library.run(lambda tx: picking.claim_picks(tx, library.librarian, claim))
    assert (await library.take_back(other)).next.hold == second
    confirmed = await library.run(
        lambda tx: picking.confirm_pick(tx, library.librarian, ConfirmPick(branch=library.town.main, item=book))
    )
    assert (confirmed.next.hold, confirmed.next.shelf_number) == (first, "2")


async def test_one_hit_cancels_the_parallel_wishes(library: LendingLibrary):
    one, [book] = await copies(library, 1)
    two, _ = await copies(library, 1)
    placing = await wish_for(library, await library.reader(), one, two)
    filled, others = (each.hold for each in placing.holds)
    await library.take_back(book)
    assert (await state_of(library, filled))[0] == "ready"
    assert (await state_of(library, others))[0] == "cancelled"


async def test_what_never_reached_its_patron_has_the_parallel_wishes_wait_again(library: LendingLibrary):
    (one, [book]), (two, _) = await copies(library, 1), await copies(library, 1)
    reader = await library.reader()
    loan = (await library.lend(await library.reader(), book)).loan
    holds = [each.hold for each in (await wish_for(library, reader, one, two)).holds]
    await library.take_back(book)
    await library.undo_return(loan)
    assert [(await state_of(library, hold))[0] for hold in holds] == ["pending", "pending"]
    await library.take_back(book)
    assert [(await state_of(library, hold))[0] for hold in holds] == ["ready", "cancelled"]
    collected = (await library.lend(reader, book)).loan
    await library.undo_checkout(collected)
    assert [(await state_of(library, hold))[0] for hold in holds] == ["pending", "pending"]


async def test_what_is_withdrawn_is_set_aside_and_its_hold_waits_again(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    hold = await waits(library, record, pickup=library.town.suburb)
    await library.take_back(book)
    await library.run(
        lambda tx: tx.execute(
            "UPDATE item SET withdrawn_at = $3, withdrawn_why = 'worn' WHERE agency_id = $1 AND number = $2",
            tx.agency,
            book,
            tx.now,
        )
    )
    answer = await library.take_back(book, branch=library.town.suburb)
    assert (answer.next.stop, answer.next.alert) == (Stop.ALERT, StopAlert.WITHDRAWN)
    assert await state_of(library, hold) == ("pending", None)
    assert "hold.released" in await library.events()


async def test_what_is_put_back_stands_on_the_hold_shelf_until_it_is_cleared(library: LendingLibrary):
    record, [book, other] = await copies(library, 2)
    hold = await waits(library, record)
    await library.take_back(book)
    await library.run(lambda tx: put_back_hold(tx, library.librarian, hold))
    [place] = await to_clear(library)
    assert (place.item_number, place.why, place.goes_to) == (book, "put_back", ClearedFor.SOMEBODY_WAITS)
    await match_all(library)
    assert await state_of(library, hold) == ("matched", other)
    assert (await library.take_back(other)).next.shelf_number == "2"
    assert [each.item_number for each in await to_clear(library)] == [book]
    assert (await library.take_back(book)).next.stop == Stop.SHELVE
    assert await to_clear(library) == []


async def test_a_dry_run_binds_nothing(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    hold = await waits(library, record)
    assert (await library.take_back(book, dry_run=True)).next.hold == hold
    assert await state_of(library, hold) == ("pending", None)


async def test_the_same_key_gives_the_same_number(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    await waits(library, record)
    first = await library.take_back(book, key="scan-1")
    assert await library.take_back(book, key="scan-1") == first


async def test_what_is_not_found_is_found_when_it_is_scanned(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    hold = await waits(library, record)
    await match_all(library)
    request = NotOnShelf(hold=hold)
    await library.run(lambda tx: picking.note_not_on_shelf(tx, library.librarian, request))
    assert (await library.take_back(book)).next.hold == hold
    assert await library.run(lambda tx: picking.list_searches(tx, library.librarian)) == []


# -- The slip


async def test_the_slip_names_nobody_unless_the_library_says_so(library: LendingLibrary):
    record, [book, other] = await copies(library, 2)
    await waits(library, record)
    await waits(library, record)
    assert (await library.take_back(book)).next.slip.patron is None
    await library.set_rule(SLIP_NAME, "initials")
    assert (await library.take_back(other, key="slip")).next.slip.patron == "S.L."
    kept = await row(library, "SELECT answer::text FROM idempotency WHERE agency_id = $1 AND key = 'slip'")
    assert "S.L." not in kept["answer"]


async def test_a_protected_address_is_never_named(library: LendingLibrary):
    await library.set_rule(SLIP_NAME, "name")
    record, [book] = await copies(library, 1)
    await waits(library, record)
    await library.run(
        lambda tx: tx.execute("UPDATE patron SET address_protected = true WHERE agency_id = $1", tx.agency)
    )
    assert (await library.take_back(book)).next.slip.patron is None


# -- The hold shelf


async def expire(library: LendingLibrary, day: date):
    done, cursor = {}, None
    while True:
        part = await library.run(lambda tx, at=cursor: shelf.expire_shelf(tx, day, at))
        for name, number in part.counts.items():
            done[name] = done.get(name, 0) + number
        cursor = part.next
        if cursor is None:
            return done


async def test_what_nobody_collects_is_the_next_ones_at_once_and_is_cleared_by_a_scan(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    first, second = await waits(library, record), await waits(library, record)
    await library.take_back(book)
    assert await expire(library, date(2027, 3, 8)) == {}
    library.clock.turn_to(date(2027, 3, 9))
    assert await expire(library, date(2027, 3, 9)) == {"holds_expired": 1, "handed_on": 1, "charged": 0}
    assert (await hold_row(library, first))["closed_why"] == "not_collected"
    assert await state_of(library, second) == ("captured", book)
    [place] = await to_clear(library)
    assert (place.number, place.why, place.goes_to, place.next_hold) == (
        1,
        "not_collected",
        ClearedFor.NEXT_IN_LINE,
        second,
    )
    answer = await library.take_back(book)
    assert (answer.next.hold, answer.next.stop) == (second, Stop.HOLD_SHELF)
    assert await to_clear(library) == []
    assert [place.hold for place in await on_shelf(library)] == [second]


async def test_what_stands_there_for_a_cancelled_hold_may_be_for_the_next_in_line(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    first, second = await waits(library, record), await waits(library, record)
    await library.take_back(book)
    await cancel(library, first)
    [place] = await to_clear(library)
    assert (place.why, place.goes_to) == ("staff", ClearedFor.SOMEBODY_WAITS)
    assert (await library.take_back(book)).next.hold == second


async def test_with_nobody_waiting_it_goes_back_to_its_shelf(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    await waits(library, record)
    await library.take_back(book)
    library.clock.turn_to(date(2027, 3, 10))
    await expire(library, date(2027, 3, 10))
    [place] = await to_clear(library)
    assert (place.goes_to, place.next_hold) == (ClearedFor.NOBODY, None)
    assert (await library.take_back(book)).next.stop is Stop.SHELVE
    assert await to_clear(library) == []


async def test_leaving_it_there_is_counted_and_costs_what_the_rule_says(library: LendingLibrary):
    await library.set_rule(HOLD_NOT_COLLECTED_FEE_ORE, 1_000)
    await library.set_rule(PICKUP_DAYS, 3)
    reader = await library.reader()
    record, [book] = await copies(library, 1)
    await wish_for(library, reader, record)
    await library.take_back(book)
    library.clock.turn_to(date(2027, 3, 6))
    assert (await expire(library, date(2027, 3, 6)))["charged"] == 1
    assert await library.owed(reader) == 1_000
    left = await library.run(lambda tx: shelf.uncollected_by(tx, library.librarian, reader.id))
    assert left.holds == 1


async def test_a_copy_lost_on_its_way_sets_its_hold_free(library: LendingLibrary):
    await library.set_rule(TRANSIT_LATE_DAYS, 2)
    await library.set_rule(TRANSIT_LOST_DAYS, 5)
    record, [book] = await copies(library, 1)
    hold = await waits(library, record, pickup=library.town.suburb)
    await library.take_back(book)
    library.clock.pass_days(6)
    today = library.clock.now.date()
    await library.run(lambda tx: note_late(tx, today, None))
    await library.run(lambda tx: give_up(tx, today, None))
    assert await state_of(library, hold) == ("pending", None)
    assert await library.state_of(book) == "missing"
    log = "SELECT details ->> 'why' FROM hold_match_log WHERE agency_id = $1 AND hold_id = $2 AND outcome = 'released'"
    assert await library.run(lambda tx: tx.value(log, tx.agency, hold)) == "lost_in_transit"
    assert "hold.released" in await library.events()


async def test_a_ready_copy_that_is_lost_sets_its_hold_free(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    hold = await waits(library, record)
    await library.take_back(book)
    await library.lose(book)
    assert await state_of(library, hold) == ("pending", None)
    assert await on_shelf(library) == []
    assert await to_clear(library) == []


async def test_a_ready_copy_that_is_withdrawn_sets_its_hold_free(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    hold = await waits(library, record)
    await library.take_back(book)
    item = (await row(library, "SELECT item_id FROM copy WHERE agency_id = $1 AND number = $2", book))["item_id"]
    request = Withdrawal(items=(item,), reason="Slidt")
    await library.run(lambda tx: withdraw_items(tx, library.librarian, request))
    assert await state_of(library, hold) == ("pending", None)
    assert await on_shelf(library) == []
    [place] = await to_clear(library)
    assert (place.item_number, place.why, place.goes_to) == (book, "withdrawn", ClearedFor.WITHDRAWAL)


async def test_ready_tells_of_the_hold_and_names_nobody(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    hold = await waits(library, record)
    await library.take_back(book)
    told = await row(
        library,
        "SELECT hold_id, dimensions::text AS dimensions FROM event WHERE agency_id = $1 AND kind = 'hold.ready'",
    )
    assert told["hold_id"] == hold
    assert set(json.loads(told["dimensions"])) == {"branch", "record", "division", "shelf_number", "deadline"}


async def test_an_undone_return_gives_back_what_it_captured(library: LendingLibrary):
    reader = await library.reader()
    record, [book] = await copies(library, 1)
    loan = (await library.lend(reader, book)).loan
    hold = await waits(library, record)
    await library.take_back(book)
    await library.undo_return(loan)
    assert await state_of(library, hold) == ("pending", None)
    assert await library.state_of(book) == "on_loan"


# -- Floating


async def with_room_for_one_in_the_suburb(library: LendingLibrary) -> None:
    town = library.town
    group = NewFloatGroup(
        name="Byen",
        branches=(town.main, town.suburb),
        subjects=(
            FloatSubject(
                name="Bøger",
                material_group=library.materials["book"],
                room=(Room(branch=town.main, copies=5), Room(branch=town.suburb, copies=1)),
            ),
        ),
    )
    await library.run(lambda tx: add_group(tx, library.librarian, group))


async def test_it_floats_while_there_is_room_and_goes_where_it_lacks_when_there_is_none(library: LendingLibrary):
    town = library.town
    await with_room_for_one_in_the_suburb(library)
    one, other = await library.copy(), await library.copy()
    first = await library.take_back(one, branch=town.suburb)
    assert (first.next.stop, [why.code for why in first.next.why]) == (Stop.FLOAT, [WhyCode.ROOM_HERE])
    second = await library.take_back(other, branch=town.suburb)
    assert (second.next.stop, second.next.branch, second.next.reason) == (
        Stop.SEND,
        town.main,
        JourneyReason.FLOATING,
    )
    again = await library.take_back(one, branch=town.suburb)
    assert [why.code for why in again.next.why] == [WhyCode.AT_ITS_PLACE]
    placed = await row(
        library,
        "SELECT w.placement_id, c.default_placement_id FROM copy_whereabouts AS w"
        " JOIN copy AS c USING (agency_id, item_id) WHERE w.agency_id = $1 AND c.number = $2",
        one,
    )
    assert (placed["placement_id"], placed["default_placement_id"]) == (town.suburb_shelf, town.main_shelf)


# -- At once


async def test_of_copies_of_several_titles_that_come_back_at_once_as_many_stay_as_there_is_room_for(
    library: LendingLibrary,
):
    await with_room_for_one_in_the_suburb(library)
    books = [await library.copy() for _ in range(8)]
    answers = await asyncio.gather(*(library.take_back(book, branch=library.town.suburb) for book in books))
    assert Counter(answer.next.stop for answer in answers) == {Stop.FLOAT: 1, Stop.SEND: 7}


async def test_of_eight_scans_of_one_copy_one_captures(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    first, second = await waits(library, record), await waits(library, record)
    answers = await asyncio.gather(*(library.take_back(book) for _ in range(8)))
    assert {answer.next.hold for answer in answers} == {first}
    assert {answer.next.shelf_number for answer in answers} == {"1"}
    assert (await library.events()).count("hold.captured") == 1
    assert await state_of(library, second) == ("pending", None)


async def test_copies_that_come_back_at_once_serve_as_many_in_order(library: LendingLibrary):
    record, books = await copies(library, 4)
    holds = [await waits(library, record) for _ in range(6)]
    answers = await asyncio.gather(*(library.take_back(book) for book in books))
    assert sorted(answer.next.hold for answer in answers) == holds[:4]
    assert sorted(answer.next.shelf_number for answer in answers) == ["1", "2", "3", "4"]


async def test_parallel_wishes_hit_at_once_are_filled_once(library: LendingLibrary):
    for _ in range(5):
        one, [book] = await copies(library, 1)
        two, [other] = await copies(library, 1)
        placing = await wish_for(library, await library.reader(), one, two)
        await asyncio.gather(library.take_back(book), library.take_back(other))
        states = sorted([(await state_of(library, each.hold))[0] for each in placing.holds])
        assert states == ["cancelled", "ready"]


async def test_expiring_and_scanning_at_once_hand_the_copy_on_once(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    first, second = await waits(library, record), await waits(library, record)
    await library.take_back(book)
    library.clock.turn_to(date(2027, 3, 20))
    await asyncio.gather(
        expire(library, date(2027, 3, 20)), expire(library, date(2027, 3, 20)), library.take_back(book)
    )
    assert (await state_of(library, first))[0] == "expired"
    assert (await state_of(library, second))[0] in {"captured", "ready"}
    assert (await library.events()).count("hold.captured") == 2


async def test_placing_and_returning_at_once_leaves_nobody_waiting_for_a_free_copy(library: LendingLibrary):
    for _ in range(10):
        record, [book] = await copies(library, 1)
        answer, hold = await asyncio.gather(library.take_back(book), waits(library, record))
        if answer.next.stop is Stop.SHELVE:
            await match_all(library)
            assert (await state_of(library, hold))[0] == "matched"
        else:
            assert answer.next.hold == hold
