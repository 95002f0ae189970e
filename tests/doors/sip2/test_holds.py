"""15, and what other messages tell of holds."""

from datetime import UTC, datetime, timedelta

import pytest

from circulation.holds.wishing import copies, match_all, state_of, title_of, wish
from circulation.lending_library import Reader
from doors.sip2.conftest import Hall
from doors.sip2.machine import Machine, connected, fields, sealed, sip_date, told
from doors.sip2.test_lending import withdraw
from faelles.doors.sip2.messages import Message
from faelles.people.model import MachineKind

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


async def ask(machine: Machine, mode: str, reader: Reader, *, at: str | None = None, **more: str) -> Message:
    asked = {"AD": reader.pin} | more
    return await machine.ask(f"15{mode}{at or sip_date()}AODK|AA{reader.card}|" + fields(asked))


async def open_holds(hall: Hall, reader: Reader) -> list[tuple[str, int, str]]:
    """State, pickup branch and last day."""
    sql = (
        "SELECT h.state, h.pickup_branch_id, h.interest_until::text AS until FROM hold AS h"
        " JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id"
        " WHERE h.agency_id = $1 AND p.patron_id = $2 AND p.is_open ORDER BY h.id"
    )
    rows = await hall.library.run(lambda tx: tx.rows(sql, tx.agency, reader.id))
    return [(row["state"], row["pickup_branch_id"], row["until"]) for row in rows]


async def test_a_hold_is_placed_by_a_copy_of_the_title(hall: Hall, machine: Machine):
    reader, (_, (number, _)) = await hall.library.reader(), await copies(hall.library, 2)
    for waiting, expected in ((await hall.library.reader(), "1"), (reader, "2")):
        placed = await ask(machine, "+", waiting, AB=number, BY="2")
        assert (placed.fixed["ok"], placed.fixed["available"], placed.get("BR")) == ("1", "Y", expected)
    assert (placed.get("AB"), placed.get("AA")) == (number, reader.card)
    assert placed.get("BS") == hall.library.town.isil + "00"
    assert placed.get("AJ").startswith("Frøken Smilla")
    ((state, branch, until),) = await open_holds(hall, reader)
    assert (state, branch) == ("pending", hall.library.town.main)
    assert placed.get("BW") == until.replace("-", "") + "    235900"


async def test_a_hold_is_placed_by_the_number_of_the_title_for_another_branch_until_a_day(hall: Hall, machine: Machine):
    reader, town = await hall.library.reader(), hall.library.town
    title, _ = await copies(hall.library, 1)
    until = datetime.now(UTC) + timedelta(days=20)
    placed = await ask(machine, "+", reader, AJ=str(title), BS=town.isil + "01", BW=sip_date(until))
    assert (placed.fixed["ok"], placed.get("BS"), "AB" in placed.fields) == ("1", town.isil + "01", False)
    assert placed.get("BW")[:8] == sip_date(until)[:8]
    assert [hold[1] for hold in await open_holds(hall, reader)] == [town.suburb]


async def test_a_whole_title_that_only_one_record_has_names_it(hall: Hall, machine: Machine):
    reader, number = await hall.library.reader(), await hall.library.copy()
    record, name = await title_of(hall.library, number), f"Bogen om {number}"
    sql = "UPDATE record SET title = $2 WHERE id = $1"
    await hall.library.run(lambda tx: tx.execute(sql, record, name))
    assert (await ask(machine, "+", reader, AJ="Bogen om")).fixed["ok"] == "0"
    assert (await ask(machine, "+", reader, AJ=name)).fixed["ok"] == "1"


async def test_an_unknown_title_and_an_unknown_copy_are_told_apart(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    assert (await ask(machine, "+", reader, AJ="Den findes ikke")).get("AF") == "Titlen findes ikke."
    assert (await ask(machine, "+", reader, AB="0000000000", BY="2")).get("AF") == "Materialet findes ikke."


async def test_one_copy_is_waited_for_by_itself(hall: Hall, machine: Machine):
    reader, (_, (number, other)) = await hall.library.reader(), await copies(hall.library, 2)
    assert (await ask(machine, "+", reader, AB=other, BY="3")).fixed["ok"] == "1"
    sql = "SELECT c.number FROM hold AS h JOIN copy AS c ON c.item_id = h.wanted_item_id WHERE h.agency_id = $1"
    rows = await hall.library.run(lambda tx: tx.rows(sql, tx.agency))
    assert [row["number"] for row in rows] == [other]
    assert (await machine.copy(number)).get("CF") == "0"
    assert (await machine.copy(other)).get("CF") == "1"


@pytest.mark.parametrize("mode", ["+", "-", "*"])
async def test_the_same_message_again_does_nothing_twice(hall: Hall, machine: Machine, mode: str):
    reader, number = await hall.library.reader(), await hall.library.copy()
    await ask(machine, "+", reader, AB=number)
    if mode == "+":
        number = await hall.library.copy()
    at, more = sip_date(), {"BS": hall.library.town.isil + "01"}
    first = await ask(machine, mode, reader, at=at, AB=number, **more)
    made = await hall.machine()
    async with connected(hall.address) as other:
        await other.sign_in(made.username, made.secret)
    again = await ask(machine, mode, reader, at=at, AB=number, **more)
    assert first.fixed["ok"] == again.fixed["ok"] == "1"
    assert len(await open_holds(hall, reader)) == {"+": 2, "-": 0, "*": 1}[mode]


async def test_another_sequence_number_is_another_request(hall: Hall, machine: Machine):
    reader, number, at = await hall.library.reader(), await hall.library.copy(), sip_date()
    frames = [sealed(f"15+{at}AODK|AA{reader.card}|AB{number}|AD{reader.pin}|", each) for each in "12"]
    first, second = [told(await machine.exchange(frame)) for frame in frames]
    assert (first.fixed["ok"], second.fixed["ok"]) == ("1", "0")


async def test_placed_and_cancelled_and_placed_within_a_second_it_is_placed(hall: Hall, machine: Machine):
    reader, number, at = await hall.library.reader(), await hall.library.copy(), sip_date()
    for mode, left in (("+", 1), ("-", 0), ("+", 1), ("-", 0)):
        assert (await ask(machine, mode, reader, at=at, AB=number)).fixed["ok"] == "1"
        assert len(await open_holds(hall, reader)) == left


async def test_a_hold_is_changed_and_cancelled_by_whose_it_is(hall: Hall, machine: Machine):
    reader, stranger = await hall.library.reader(), await hall.library.reader()
    town, number = hall.library.town, await hall.library.copy()
    await ask(machine, "+", reader, AB=number)
    for mode in ("*", "-"):
        refused = await ask(machine, mode, stranger, AB=number)
        assert (refused.fixed["ok"], refused.get("AF")) == ("0", "Reserveringen findes ikke.")
    changed = await ask(machine, "*", reader, AB=number, BS="Forstaden")
    assert (changed.fixed["ok"], changed.get("BS")) == ("1", town.isil + "01")
    assert [hold[1] for hold in await open_holds(hall, reader)] == [town.suburb]
    title = await title_of(hall.library, number)
    assert (await ask(machine, "-", reader, AJ=str(title))).fixed["ok"] == "1"
    assert await open_holds(hall, reader) == []
    assert (await ask(machine, "-", reader, AB=number)).fixed["ok"] == "0"


async def test_what_is_set_aside_is_for_staff_to_cancel(hall: Hall, machine: Machine):
    reader, number = await hall.library.reader(), await hall.library.copy()
    await ask(machine, "+", reader, AB=number)
    await hall.library.take_back(number)
    for mode, more in (("-", {}), ("*", {"BS": "Forstaden"})):
        refused = await ask(machine, mode, reader, AB=number, **more)
        assert refused.fixed["ok"] == "0"
        assert "fundet til reserveringen" in refused.get("AF")


@pytest.mark.parametrize("mode", ["+", "-", "*"])
async def test_nothing_is_done_without_the_pin(hall: Hall, machine: Machine, mode: str):
    reader, number = await hall.library.reader(), await hall.library.copy()
    await ask(machine, "+", reader, AB=number)
    before = await open_holds(hall, reader)
    async with connected(hall.address) as fresh:
        made = await hall.machine()
        await fresh.sign_in(made.username, made.secret)
        other = await hall.library.copy() if mode == "+" else number
        asked_without = await ask(fresh, mode, reader, AB=other, AD="")
        asked_wrongly = await ask(fresh, mode, reader, AB=other, AD="0815")
        nobody = await ask(fresh, mode, Reader(reader.id, "K000000000", "0815"), AB=other)
    assert [each.fixed["ok"] for each in (asked_without, asked_wrongly, nobody)] == ["0", "0", "0"]
    assert asked_wrongly.get("AF") == nobody.get("AF")
    assert await open_holds(hall, reader) == before


@pytest.mark.parametrize(
    "more",
    [{}, {"AB": "0000000012"}, {"AJ": "0"}, {"AB": "{copy}", "BY": "4"}, {"AB": "{copy}", "BS": "Andeby"},
     {"AB": "{copy}", "BW": "i morgen"}, {"AB": "{copy}", "BW": sip_date(YESTERDAY)}],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_and_nothing_is_placed(hall: Hall, machine: Machine, more: dict[str, str]):
    reader, number = await hall.library.reader(), await hall.library.copy()
    filled = {name: value.format(copy=number) for name, value in more.items()}
    refused = await ask(machine, "+", reader, **filled)
    assert (refused.fixed["ok"], refused.fixed["available"], bool(refused.get("AF"))) == ("0", "N", True)
    assert await open_holds(hall, reader) == []


async def test_an_unknown_mode_is_refused(hall: Hall, machine: Machine):
    reader, number = await hall.library.reader(), await hall.library.copy()
    assert (await ask(machine, "?", reader, AB=number)).fixed["ok"] == "0"


async def test_a_sorter_places_nothing(hall: Hall, stranger: Machine):
    made = await hall.machine(MachineKind.SORTER)
    await stranger.sign_in(made.username, made.secret)
    assert (await stranger.ask("9900802.00")).get("BX")[13] == "N"
    reader, number = await hall.library.reader(), await hall.library.copy()
    assert (await ask(stranger, "+", reader, AB=number)).fixed["ok"] == "0"


async def test_a_self_check_says_that_it_takes_holds(machine: Machine):
    assert (await machine.ask("9900802.00")).get("BX")[13] == "Y"


async def test_a_patron_is_told_of_holds_and_which_cannot_be_had_yet(hall: Hall, machine: Machine):
    reader, library = await hall.library.reader(), hall.library
    ready, waiting = await library.copy(), await library.copy()
    for number in (waiting, ready):
        await wish(library, reader, await title_of(library, number))
    await library.take_back(ready)
    holds = await machine.patron(reader.card, summary="Y")
    assert (holds.fixed["hold_items_count"], holds.fixed["unavailable_holds_count"]) == ("0002", "0001")
    assert holds.fields["AS"] == [ready, waiting]
    assert (await machine.patron(reader.card, summary="     Y")).fields["CD"] == [waiting]
    assert (await machine.patron(reader.card, summary="Y", BP="2", BQ="2")).fields["AS"] == [waiting]


async def test_a_copy_on_the_hold_shelf_is_said_to_be_there_until_a_day(hall: Hall, machine: Machine):
    library = hall.library
    reader, number = await library.reader(), await library.copy()
    await wish(library, reader, await title_of(library, number))
    await match_all(library)
    planned = await machine.copy(number)
    assert (planned.fixed["circulation_status"], planned.get("CF"), planned.get("CM")) == ("03", "1", "")
    await library.take_back(number)
    shelved = await machine.copy(number)
    sql = "SELECT pickup_deadline::text AS day FROM hold WHERE agency_id = $1"
    (row,) = await library.run(lambda tx: tx.rows(sql, tx.agency))
    assert (shelved.fixed["circulation_status"], shelved.get("CF")) == ("08", "1")
    assert shelved.get("CM") == row["day"].replace("-", "") + "    235900"


async def test_nobody_waits_for_a_copy_that_was_withdrawn(hall: Hall, machine: Machine):
    library = hall.library
    number = await library.copy()
    await wish(library, await library.reader(), await title_of(library, number))
    assert (await machine.copy(number)).get("CF") == "1"
    await withdraw(library, number)
    assert (await machine.copy(number)).get("CF") == "0"


@pytest.mark.parametrize(("is_here", "alert"), [(True, "01"), (False, "02")])
async def test_a_sorter_hears_where_a_held_copy_goes_and_whose_it_is_where_it_may(
    hall: Hall, stranger: Machine, *, is_here: bool, alert: str
):
    library, town = hall.library, hall.library.town
    reader, number = await library.reader(), await library.copy()
    pickup = town.main if is_here else town.suburb
    hold = (await wish(library, reader, await title_of(library, number), pickup=pickup)).transaction
    await library.lend(await library.reader(), number)
    for extensions, whose in ((["CV", "CT"], ["", ""]), (["CV", "CT", "CY", "DA"], [reader.card, ""])):
        made = await hall.machine(MachineKind.SORTER, extensions=extensions, takes_back_unlent=True)
        await stranger.sign_in(made.username, made.secret)
        back = await stranger.check_in(number)
        assert (back.fixed["ok"], back.get("CV"), back.get("CT")) == ("1", alert, "" if is_here else town.isil + "01")
        assert back.fields["AF"][-1] == ("Til afhentningshylden." if is_here else "Materialet skal til Forstaden.")
        bound = await stranger.copy(number)
        assert (bound.fixed["circulation_status"], bound.get("CM")) == ("08" if is_here else "10", "")
        assert [back.get("CY"), back.get("DA")] == whose
    assert (await state_of(library, hold))[1] == number
