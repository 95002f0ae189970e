"""NCIP between two libraries, each test in both versions: what is asked is done, refusals are in NCIP's own words."""

from datetime import date
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient

from circulation.holds.wishing import title_of, wish
from circulation.lending_library import Reader
from doors.impatient import GUESSES, impatient
from doors.ncip.talking import Neighbour
from faelles.circulation.holds.reading import holds_of_patron
from faelles.circulation.looking.operations import show_copy
from faelles.circulation.whereabouts.operations import withdraw_items
from faelles.doors.ncip.door import ncip
from faelles.doors.rest.app import create_app
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import PatronId
from faelles.items.model import Withdrawal
from faelles.items.operations import find_item
from faelles.patrons.identifiers import made_up_cpr
from faelles.patrons.looking.operations import identify, show_patron


async def queue_of(neighbour: Neighbour, reader: Reader) -> list[int]:
    ours = neighbour.ours
    return [each.id for each in await ours.run(lambda tx: holds_of_patron(tx, ours.librarian, reader.id))]


async def test_a_patron_is_told_with_loans_and_requests_where_they_are_asked_for(neighbour: Neighbour):
    reader, number, other = await neighbour.ours.reader(), await neighbour.ours.copy(), await neighbour.ours.copy()
    await neighbour.ours.lend(reader, number)
    await neighbour.ask("RequestItem", neighbour.user(reader) + neighbour.item(other))
    wanted = neighbour.elements("User", "Name Information", "Visible User Id")
    everything = "<LoanedItemsDesired/><RequestedItemsDesired/><UserFiscalAccountDesired/>"
    told = await neighbour.ask("LookupUser", neighbour.user(reader) + wanted + everything)
    assert [each.text for each in told.iter("ItemIdentifierValue")] == [number]
    assert len(list(told.iter("RequestedItem"))) == 1
    assert told.findtext("UserFiscalAccount/AccountBalance/MonetaryValue") == "0"
    assert told.findtext("UserOptionalFields/NameInformation/PersonalNameInformation/UnstructuredPersonalUserName")
    assert reader.card in [each.text for fields in told.iter("UserOptionalFields") for each in fields.iter()]
    assert told.find("UserOptionalFields/DateOfBirth") is None
    bare = await neighbour.ask("LookupUser", neighbour.user(reader))
    assert [each.tag for each in bare] == ["ResponseHeader", "UserId"]


async def test_who_signed_in_at_the_askers_is_asked_for_their_pin_here(neighbour: Neighbour):
    reader = await neighbour.ours.reader()
    told = await neighbour.ask("LookupUser", neighbour.signed_in(reader.card, "4711"))
    assert told.findtext("UserId/UserIdentifierValue") == reader.card
    assert (
        await neighbour.refused("LookupUser", neighbour.signed_in(reader.card, "1174")) == "User Authentication Failed"
    )


async def test_a_copy_is_requested_once_however_often_it_is_sent_and_cancelled_by_its_user(neighbour: Neighbour):
    reader, other, number = await neighbour.ours.reader(), await neighbour.ours.reader(), await neighbour.ours.copy()
    wish = neighbour.user(reader) + neighbour.item(number) + neighbour.own("23770051")
    first, again = await neighbour.ask("RequestItem", wish), await neighbour.ask("RequestItem", wish)
    hold = first.findtext("RequestId/RequestIdentifierValue")
    assert (hold, [str(each) for each in await queue_of(neighbour, reader)]) == (
        again.findtext("RequestId/RequestIdentifierValue"),
        [hold],
    )
    described = await neighbour.ask("LookupRequest", neighbour.hold(hold))
    assert described.findtext("ItemOptionalFields/BibliographicDescription/Title")
    assert (
        await neighbour.refused("RequestItem", wish.replace(number, await neighbour.ours.copy())) == "Duplicate Request"
    )
    assert (
        await neighbour.refused("CancelRequestItem", neighbour.user(other) + neighbour.hold(hold)) == "Unknown Request"
    )
    assert await neighbour.refused("CancelRequestItem", neighbour.user(reader) + neighbour.hold(hold)) == ""
    assert await queue_of(neighbour, reader) == []


async def test_whoever_counts_up_our_numbers_learns_of_nobodys_request(neighbour: Neighbour):
    ours = neighbour.ours
    reader, other, number = await ours.reader(), await ours.reader(), await ours.copy()
    await wish(ours, reader, await title_of(ours, number))
    (hold,) = await queue_of(neighbour, reader)
    until = "<AddRequestFields><NeedBeforeDate>2031-05-06T00:00:00</NeedBeforeDate></AddRequestFields>"
    before = await ours.looks_at(reader)
    for named in (neighbour.hold(str(hold)), neighbour.own(str(hold))):
        for whose in ("", neighbour.user(other)):
            for verb, change in (("LookupRequest", ""), ("UpdateRequestItem", until), ("LookupItem", "")):
                assert await neighbour.refused(verb, whose + named + change) == "Unknown Request"
    assert await ours.looks_at(reader) == before
    theirs = neighbour.user(reader) + neighbour.hold(str(hold))
    assert await neighbour.refused("LookupRequest", theirs) == ""
    assert await neighbour.refused("UpdateRequestItem", theirs + until) == ""


async def test_a_user_is_looked_up_once_whatever_is_asked_of_them(neighbour: Neighbour):
    reader, number = await neighbour.ours.reader(), await neighbour.ours.copy()
    await neighbour.ours.lend(reader, number)
    before = await neighbour.ours.looks_at(reader)
    everything = "<LoanedItemsDesired/><RequestedItemsDesired/><UserFiscalAccountDesired/>"
    await neighbour.ask("LookupUser", neighbour.user(reader) + everything)
    assert sorted(await neighbour.ours.looks_at(reader)) == sorted([*before, "ncip"])


async def test_a_request_is_moved_and_put_off_by_the_askers_own_number(neighbour: Neighbour):
    reader, number = await neighbour.ours.reader(), await neighbour.ours.copy()
    wish = neighbour.user(reader) + neighbour.item(number) + neighbour.own("51")
    await neighbour.ask("RequestItem", wish)
    town = neighbour.ours.town
    until = "<NeedBeforeDate>2031-05-06T00:00:00</NeedBeforeDate>"
    add = f"<AddRequestFields>{neighbour.shipped_to(town.isil + '01')}{until}</AddRequestFields>"
    delete = f"<DeleteRequestFields>{neighbour.shipped_to(town.isil + '00')}</DeleteRequestFields>"
    told = await neighbour.ask("UpdateRequestItem", neighbour.own("51") + delete + add)
    assert [told.findtext(f"{kind}Id/{kind}IdentifierValue") for kind in ("Item", "User")] == [number, reader.card]
    ours = neighbour.ours
    (hold,) = await ours.run(lambda tx: holds_of_patron(tx, ours.librarian, reader.id))
    assert (hold.pickup, hold.interest_until) == (town.suburb, date(2031, 5, 6))
    nowhere = f"<AddRequestFields>{neighbour.shipped_to('kl')}</AddRequestFields>"
    refused = await neighbour.ask("UpdateRequestItem", neighbour.own("51") + nowhere)
    assert neighbour.problem(refused) == ("Unsupported Shipping Address Type", "PickupLocation", "kl")
    gone = f"<DeleteRequestFields>{until}</DeleteRequestFields>"
    assert await neighbour.refused("UpdateRequestItem", neighbour.own("51") + gone) == "Unable To Delete Element"
    paid = "<AddRequestFields><PaidFeeAmount/></AddRequestFields>"
    assert await neighbour.refused("UpdateRequestItem", neighbour.own("51") + paid) == "Unable To Add Element"


async def test_a_user_is_created_once_with_what_the_register_says(neighbour: Neighbour):
    cpr = made_up_cpr(date(1979, 11, 23), 201)
    name = "<NameInformation><PersonalNameInformation><UnstructuredPersonalUserName>Egen Påstand"
    claimed = name + "</UnstructuredPersonalUserName></PersonalNameInformation></NameInformation>"
    told = await neighbour.ask("CreateUser", neighbour.number("User", cpr) + claimed)
    assert told.findtext("UserId/UserIdentifierValue") == cpr
    ours = neighbour.ours
    (found,) = await ours.run(lambda tx: identify(tx, ours.librarian, ours.keyring, cpr))
    patron = await ours.run(lambda tx: show_patron(tx, ours.librarian, PatronId(found.patron.id)))
    assert (patron.name != "Egen Påstand", patron.birth_date) == (True, date(1979, 11, 23))
    assert [each.division for each in patron.memberships] == [ours.town.library]
    assert await neighbour.refused("CreateUser", neighbour.number("User", cpr) + claimed) == "Duplicate User"
    nobody = made_up_cpr(date(1979, 11, 23), 200)
    assert await neighbour.refused("CreateUser", neighbour.number("User", nobody)) == "Unknown User"
    assert await neighbour.refused("CreateUser", neighbour.number("User", "K1")) == "Element Rule Violated"


async def test_a_loan_is_renewed_for_whoever_has_it_alone(neighbour: Neighbour):
    reader, other, number = await neighbour.ours.reader(), await neighbour.ours.reader(), await neighbour.ours.copy()
    neighbour.ours.clock.pass_days(-10)
    await neighbour.ours.lend(reader, number)
    strangers, own = (neighbour.user(each) + neighbour.item(number) for each in (other, reader))
    before = await neighbour.ours.looks_at(reader)
    assert await neighbour.refused("RenewItem", strangers) == "Item Not Checked Out"
    assert await neighbour.ours.looks_at(reader) == before
    assert (await neighbour.ask("RenewItem", own)).findtext("DateDue")
    at_once, element, told = neighbour.problem(await neighbour.ask("RenewItem", own))
    assert (at_once, element.removeprefix("Unique"), told) == (
        "Item Not Renewable",
        "ItemId/ItemIdentifierValue",
        number,
    )


async def test_an_item_is_described_with_how_it_stands(neighbour: Neighbour):
    number = await neighbour.ours.copy()
    wanted = neighbour.elements("Item", "Bibliographic Description", "Circulation Status", "Hold Queue Length")
    told = await neighbour.ask("LookupItem", neighbour.item(number) + wanted)
    assert told.findtext("ItemOptionalFields/BibliographicDescription/Title")
    assert told.findtext("ItemOptionalFields/CirculationStatus") == "Available On Shelf"
    assert told.findtext("ItemOptionalFields/HoldQueueLength") == "0"


async def test_a_withdrawn_item_is_not_said_to_be_on_the_shelf(neighbour: Neighbour):
    ours, number = neighbour.ours, await neighbour.ours.copy()
    item = await ours.run(lambda tx: find_item(tx, ours.librarian, number))
    gone = Withdrawal(items=(item.id,), reason="Slidt")
    await ours.run(lambda tx: withdraw_items(tx, ours.librarian, gone))
    told = await neighbour.ask("LookupItem", neighbour.item(number) + neighbour.elements("Item", "Circulation Status"))
    assert told.findtext("ItemOptionalFields/CirculationStatus") == "Circulation Status Undefined"
    shown = await ours.run(lambda tx: show_copy(tx, ours.librarian, number))
    assert shown.withdrawn_at is not None


async def test_what_cannot_be_done_is_told_in_ncips_words(neighbour: Neighbour):
    reader = await neighbour.ours.reader()
    refusals = [
        ("LookupUser", neighbour.number("User", "K0"), "Unknown User"),
        ("LookupItem", neighbour.item("0000000000"), "Unknown Item"),
        ("LookupRequest", neighbour.hold("{3DE8CBA5-6F59}"), "Unknown Request"),
        ("LookupRequest", neighbour.hold("99999999"), "Unknown Request"),
        ("LookupRequest", neighbour.own("99999999"), "Unknown Request"),
        ("RequestItem", neighbour.user(reader) + neighbour.title("99999999"), "Unknown Item"),
        ("RequestItem", neighbour.user(reader) + neighbour.item("0000000000"), "Unknown Item"),
        ("AcceptItem", "", "Unsupported Service"),
    ]
    assert [await neighbour.refused(verb, body) for verb, body, _ in refusals] == [each[2] for each in refusals]


async def test_a_wrong_secret_asks_for_nothing(neighbour: Neighbour):
    reader = await neighbour.ours.reader()
    told = await neighbour.ask("LookupUser", neighbour.user(reader), secret="guess")
    assert (neighbour.problem(told)[0], told.find("UserId")) == ("Agency Authentication Failed", None)


async def test_whoever_guesses_is_put_off_and_who_knows_is_not(
    neighbour: Neighbour, database: Database, keyring: Keyring
):
    reader = await neighbour.ours.reader()
    right, wrong = neighbour.signed_in(reader.card, "4711"), [neighbour.signed_in(f"K9{n}", "1174") for n in range(4)]
    app = create_app(database, keyring, routers=(), neighbours={"/rest": impatient(ncip)})
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://faelles.test") as http:
        watched = Neighbour(http, neighbour.ours, neighbour.secret, neighbour.tongue)
        at_pins = [await watched.refused("LookupUser", body) for body in (right, right, *wrong, right)]
        assert at_pins == ["", "", *["User Authentication Failed"] * GUESSES, *["Temporary Processing Failure"] * 2]
        assert await watched.refused("LookupUser", watched.user(reader)) == ""
        told = [await watched.ask("LookupUser", secret=f"guess{n}") for n in range(4)]
    at_secrets = [watched.problem(each)[0] for each in told]
    assert at_secrets == [*["Agency Authentication Failed"] * GUESSES, "Temporary Processing Failure"]


async def test_what_is_no_message_is_400_and_entities_are_never_looked_at(neighbour: Neighbour):
    bomb = '<!DOCTYPE NCIPMessage [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><NCIPMessage><X>&b;</X></NCIPMessage>'
    file = '<!DOCTYPE NCIPMessage [<!ENTITY a SYSTEM "file:///etc/passwd">]><NCIPMessage><X>&a;</X></NCIPMessage>'
    nothing = [
        "",
        "{}",
        "<other><X/></other>",
        b"\xff",
        "<a>" + "x" * 70_000,
        "<NCIPMessage xmlns='urn:other'><LookupUser/></NCIPMessage>",
    ]
    ours = [
        neighbour.tongue.whole(each) for each in ("", "<X/>", "<LookupUserResponse/>", "<X>" * 9_000 + "</X>" * 9_000)
    ]
    for body in (*nothing, *ours, bomb, file):
        answer = await neighbour.post(body)
        assert (answer.status_code, answer.content) == (400, b""), body[:80]


@pytest.mark.parametrize("edition", ["http://ncip.envisionware.com/documentation/ncip_v1_01.dtd", "1.0", "<&"])
async def test_the_first_version_is_answered_in_its_edition(edition: str, neighbour: Neighbour):
    if neighbour.tongue.unique == "":
        return
    escaped = edition.replace("&", "&amp;").replace("<", "&lt;")
    answer = await neighbour.post(f'<NCIPMessage version="{escaped}"><LookupUser/></NCIPMessage>')
    assert (b"DTD Version 1.01//" in answer.content) == ("1_01" in edition)
    assert answer.status_code == 200
