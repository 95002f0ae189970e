"""09: where a copy goes, when it came back, and what a sorter needs to know."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from circulation.lending_library import LendingLibrary
from doors.sip2.conftest import Hall
from doors.sip2.machine import Machine, sip_date
from doors.sip2.test_lending import happened, lent_since, withdraw
from faelles.people.model import MachineKind
from town import found_town


@pytest.fixture
async def sorter(hall: Hall, stranger: Machine) -> Machine:
    rules = [
        {"bin": "9", "alert": "other"},
        {"bin": "3", "destination": hall.library.town.suburb},
        {"bin": "7", "alert": "interlibrary"},
    ]
    made = await hall.machine(MachineKind.SORTER, sorting=rules, default_bin="1")
    await stranger.sign_in(made.username, made.secret)
    return stranger


async def on_loan(library: LendingLibrary, **columns: object) -> str:
    reader, item = await library.reader(), await library.copy(**columns)
    await library.lend(reader, item)
    return item


async def test_what_belongs_here_goes_to_the_shelf_without_an_alert(hall: Hall, sorter: Machine):
    back = await sorter.check_in(await on_loan(hall.library))
    assert (back.fixed["ok"], back.fixed["alert"], back.get("CL"), back.get("CV")) == ("1", "N", "1", "")
    assert back.get("AQ") == hall.library.town.isil + "00"


async def test_what_belongs_elsewhere_is_sent_there(hall: Hall, sorter: Machine):
    town = hall.library.town
    back = await sorter.check_in(await on_loan(hall.library, branch=town.suburb, shelf=town.suburb_shelf))
    assert (back.fixed["ok"], back.fixed["alert"], back.get("CV"), back.get("CL")) == ("1", "Y", "04", "3")
    assert (back.get("CT"), back.get("AQ")) == (town.isil + "01", town.isil + "01")
    assert back.get("AF") == "Materialet skal til Forstaden."
    assert (back.get("CR"), await happened(hall.library, "loan.returned")) == ("Voksen", 1)


async def test_what_was_withdrawn_is_put_aside_and_said_to_be(hall: Hall, sorter: Machine):
    item = await hall.library.copy()
    await withdraw(hall.library, item)
    back = await sorter.check_in(item)
    assert (back.fixed["alert"], back.get("CV"), back.get("CL")) == ("Y", "99", "9")
    assert back.fields["AF"] == ["Materialet er ikke udlånt.", "Materialet er kasseret."]


async def test_what_nobody_knows_is_put_aside(sorter: Machine):
    back = await sorter.check_in(f"99{secrets.randbelow(10**8):08d}")
    assert (back.fixed["ok"], back.fixed["resensitize"], back.fixed["alert"], back.get("CV")) == ("0", "N", "Y", "99")
    assert (back.fields["AQ"], back.get("CL")) == ([""], "9")


async def test_anothers_book_is_taken_for_its_owner(hall: Hall, sorter: Machine, database):
    theirs = await found_town(database)
    async with database.transaction(theirs.agency, hall.library.librarian.actor) as tx:
        record = await tx.value(
            "INSERT INTO record (agency_id, identifier, title, material_type, words)"
            " VALUES ($1, 'x', 'Deres', 'Bog', '') RETURNING id",
            tx.agency,
        )
        await tx.execute(
            "INSERT INTO item (agency_id, number, record_id, owner_branch_id, default_placement_id, material_group_id)"
            " VALUES ($1, '9876543210', $2, $3, $4, 1)",
            tx.agency,
            record,
            theirs.main,
            theirs.main_shelf,
        )
    for no_block in "NY":
        back = await sorter.check_in("9876543210", no_block=no_block)
        assert (back.fixed["ok"], back.fixed["alert"], back.get("CV"), back.get("CL")) == ("1", "Y", "03", "7")
        assert (back.get("CT"), back.get("AF")[:14]) == (theirs.isil, "Materialet ska")
        assert "Deres" not in back.get("AJ")


async def test_what_was_not_on_loan_is_no_return_unless_the_machine_takes_it_so(hall: Hall, stranger: Machine):
    item = await hall.library.copy()
    for takes, ok in ((False, "0"), (True, "1")):
        made = await hall.machine(MachineKind.SORTER, takes_back_unlent=takes)
        await stranger.sign_in(made.username, made.secret)
        back = await stranger.check_in(item, at=sip_date(datetime.now(UTC) - timedelta(seconds=takes)))
        assert (back.fixed["ok"], back.fixed["alert"]) == (ok, "N")
        assert back.get("AF") == "Materialet er ikke udlånt."


async def test_fees_stop_at_the_return_date_of_the_book_drop(hall: Hall, sorter: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 30)
    in_time = sip_date(datetime.now(UTC) - timedelta(days=2))
    assert (await sorter.check_in(item, returned=in_time)).fixed["ok"] == "1"
    assert await hall.library.owed(reader) == 0


async def test_a_return_date_from_before_the_loan_is_now(hall: Hall, sorter: Machine):
    item = await on_loan(hall.library)
    back = await sorter.check_in(item, returned=sip_date(datetime.now(UTC) - timedelta(days=3)))
    assert back.fixed["ok"] == "1"
    assert await hall.library.state_of(item) == "available"


async def test_a_return_that_is_told_twice_charges_once(hall: Hall, sorter: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 31)
    at = sip_date()
    first, again = await sorter.check_in(item, at=at), await sorter.check_in(item, at=at)
    assert (first.fixed["ok"], again.fixed["ok"]) == ("1", "1")
    assert await hall.library.owed(reader) == 2000


async def test_no_block_is_a_return_that_happened(hall: Hall, sorter: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 30)
    in_time = sip_date(datetime.now(UTC) - timedelta(days=2))
    for _ in range(2):
        assert (await sorter.check_in(item, at=in_time, no_block="Y")).fixed["ok"] == "1"
    assert await hall.library.owed(reader) == 0
    assert await happened(hall.library, "loan.returned") == 1


async def test_extensions_are_sent_as_the_machine_is_set_up(hall: Hall, stranger: Machine):
    made = await hall.machine(MachineKind.SORTER, extensions=[], alerts={"send_elsewhere": "05"})
    await stranger.sign_in(made.username, made.secret)
    town = hall.library.town
    back = await stranger.check_in(await on_loan(hall.library, branch=town.suburb, shelf=town.suburb_shelf))
    assert not {"CV", "CT", "CS", "CR", "CL"} & back.fields.keys()
