"""The daily work on pages: what forms do, and what they say when they cannot."""

import re
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest

from circulation.holds.wishing import copies, match_all, title_of, waits
from circulation.lending_library import LendingLibrary, Reader
from doors.web.school import a_class
from doors.web.sessions import session_of_staff
from doors.web.visitor import Visitor
from faelles.circulation.picking.model import NotOnShelf
from faelles.circulation.picking.operations import note_not_on_shelf
from faelles.doors.web.items import barcode
from faelles.doors.web.money.amounts import ore_of
from faelles.fees.desk.model import ManualCharge, ManualKind
from faelles.fees.desk.operations import charge_manually
from faelles.fees.exclusion.operations import notices, told, write_notices
from faelles.ground.clock import utc_now
from faelles.ground.errors import InvalidRequestError
from faelles.people.model import Permission
from faelles.policies.knobs import MAX_HOLDS
from privacy.lives import borrow, borrowers


def key() -> str:
    return f"desk-{secrets.token_hex(8)}"


async def late_reader(library: LendingLibrary) -> Reader:
    """Somebody who owes for a book that came too late."""
    reader, item = await library.reader(), await library.copy()
    today = library.clock.now
    library.clock.pass_days(-45)
    await library.lend(reader, item)
    library.clock.now = today
    await library.take_back(item)
    return reader


async def a_charge(employee: Visitor, reader: Reader) -> str:
    (found,) = set(
        re.findall(rf"/patrons/{reader.id}/fees/(\d+)", (await employee.get(f"/patrons/{reader.id}/fees")).text)
    )
    return str(found)


async def test_a_fee_dispute_is_settled_on_one_screen(employee: Visitor, library: LendingLibrary):
    reader = await late_reader(library)
    page = f"/patrons/{reader.id}/fees/{await a_charge(employee, reader)}"
    shown = (await employee.get(page)).text
    for said in ("dage for sent", "Takst den dag", "dette krav", "Frøken Smilla", "Eftergiv"):
        assert said in shown
    form = {"branch": library.town.main, "reason": "Bogen lå i kassen", "key": key()}
    assert (await employee.send(f"{page}/waive", form)).status_code == 303
    assert await library.owed(reader) == 0
    assert "Bogen lå i kassen" in (await employee.get(page)).text


async def test_a_fee_dispute_is_one_look_at_the_patron(employee: Visitor, library: LendingLibrary):
    reader = await late_reader(library)
    page = f"/patrons/{reader.id}/fees/{await a_charge(employee, reader)}"
    before = await library.looks_at(reader)
    assert (await employee.get(page)).status_code == 200
    assert sorted(await library.looks_at(reader)) == sorted([*before, "open_at_desk"])


async def test_a_part_is_paid_and_the_receipt_is_shown(employee: Visitor, library: LendingLibrary):
    reader = await late_reader(library)
    owed = await library.owed(reader)
    form = {"branch": library.town.main, "amount": "10,00", "means": "cash", "reference": key()}
    answer = await employee.send(f"/patrons/{reader.id}/payments", form)
    assert await library.owed(reader) == owed - 1000
    assert "10,00" in (await employee.get(answer.headers["location"])).text
    again = await employee.send(f"/patrons/{reader.id}/payments", form)
    assert again.headers["location"] == answer.headers["location"]
    assert await library.owed(reader) == owed - 1000


@pytest.mark.parametrize(
    "tab", ["", "/cards", "/edit", "/fees", "/holds", "/loans", "/looks", "/messages", "/relations"]
)
async def test_a_tab_of_a_patrons_page_is_one_look_at_the_patron(employee: Visitor, library: LendingLibrary, tab: str):
    reader = await late_reader(library)
    before = await library.looks_at(reader)
    assert (await employee.get(f"/patrons/{reader.id}{tab}")).status_code == 200
    assert sorted(await library.looks_at(reader)) == sorted([*before, "open_at_desk"])


async def test_who_is_named_by_a_card_is_looked_at_once(employee: Visitor, library: LendingLibrary):
    child, parent = await library.reader(born=date(2018, 3, 9)), await library.reader()
    before = await library.looks_at(parent)
    form = {"card": parent.card, "is_financially_responsible": "true"}
    assert (await employee.send(f"/patrons/{child.id}/guardians", form)).status_code == 303
    assert sorted(await library.looks_at(parent)) == sorted([*before, "add_guardian"])


async def test_a_receipt_is_one_look_at_the_patron(employee: Visitor, library: LendingLibrary):
    reader = await late_reader(library)
    form = {"branch": library.town.main, "amount": "10,00", "means": "cash", "reference": key()}
    answer = await employee.send(f"/patrons/{reader.id}/payments", form)
    before = await library.looks_at(reader)
    assert (await employee.get(answer.headers["location"])).status_code == 200
    assert sorted(await library.looks_at(reader)) == sorted([*before, "open_at_desk"])


async def test_credit_is_not_called_a_debt_below_nothing(employee: Visitor, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    await library.lose(item)
    await library.pay(reader, await library.owed(reader))
    await library.take_back(item)
    assert await library.owed(reader) < 0
    shown = (await employee.get(f"/patrons/{reader.id}/fees")).text
    assert "til gode" in shown
    assert "skyldes -" not in shown


async def test_an_exclusion_is_seen_wherever_the_patron_is_opened(employee: Visitor, library: LendingLibrary):
    reader = await library.reader()
    charge = ManualCharge(branch=library.town.main, kind=ManualKind.MANUAL, amount_ore=25_000, reason="Kaffe")
    await library.run(lambda tx: charge_manually(tx, library.librarian, reader.id, charge))
    await library.run(lambda tx: write_notices(tx, library.librarian))
    assert "Varslet om udelukkelse er ikke givet; 250,00" in (await employee.get(f"/patrons/{reader.id}")).text
    [letter] = await library.run(lambda tx: notices(tx, library.librarian, reader.id))
    await library.run(lambda tx: told(tx, [letter.notice]))
    assert "Varslet om udelukkelse fra" in (await employee.get(f"/desk?patron={reader.id}")).text


@pytest.mark.parametrize(("typed", "ore"), [("12", 1200), ("12,5", 1250), ("1.250,00 kr.", 125000), ("0,05", 5)])
def test_amounts_are_read_as_danes_write_them(typed: str, ore: int):
    assert ore_of(typed, "amount") == ore


@pytest.mark.parametrize("typed", ["", "-5", "12,345", "tolv", "1,2,3", "99999999"])
def test_what_is_no_amount_is_refused_beside_its_field(typed: str):
    with pytest.raises(InvalidRequestError):
        ore_of(typed, "amount")


async def test_a_refused_form_keeps_what_was_typed_and_says_why_beside_the_field(
    employee: Visitor, library: LendingLibrary
):
    reader = await late_reader(library)
    form = {"branch": library.town.main, "amount": "tolv", "means": "cash", "reference": key()}
    answer = await employee.send(f"/patrons/{reader.id}/payments", form)
    assert answer.status_code == 400
    assert 'value="tolv"' in answer.text
    assert 'id="pay-amount-error"' in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_a_patron_is_changed_and_nobodys_change_is_lost(employee: Visitor, library: LendingLibrary):
    reader = await library.reader()
    form = {
        "version": 1,
        "name": "Søren Bogorm",
        "home_branch": library.town.main,
        "language": "en",
        "sees_contact": "true",
        "street": "Nygade 2",
        "postal_code": "8000",
        "city": "Aarhus C",
    }
    assert (await employee.send(f"/patrons/{reader.id}/edit", form)).status_code == 303
    shown = (await employee.get(f"/patrons/{reader.id}")).text
    assert "Søren Bogorm" in shown
    assert "Nygade 2" in shown
    late = await employee.send(f"/patrons/{reader.id}/edit", form | {"street": "Gammelgade 1"})
    assert late.status_code == 409
    assert 'value="Gammelgade 1"' in late.text


async def test_a_pin_is_set_and_never_shown_again(employee: Visitor, library: LendingLibrary):
    reader = await library.reader()
    answer = await employee.send(f"/patrons/{reader.id}/pin", {"pin": "1 2"})
    assert answer.status_code == 400
    assert 'value="1 2"' not in answer.text
    assert (await employee.send(f"/patrons/{reader.id}/pin", {"pin": "1937"})).status_code == 303


async def test_a_patron_is_blocked_and_let_in_again(employee: Visitor, library: LendingLibrary):
    reader = await library.reader()
    await employee.send(f"/patrons/{reader.id}/blocks", {"code": "M", "reason": "Har vores nøgle"})
    shown = (await employee.get(f"/patrons/{reader.id}/cards")).text
    assert "Har vores nøgle" in shown
    (block,) = set(re.findall(r"/blocks/(\d+)/lift", shown))
    await employee.send(f"/patrons/{reader.id}/blocks/{block}/lift", {})
    assert "Har vores nøgle" not in (await employee.get(f"/patrons/{reader.id}/cards")).text


async def test_a_loan_is_renewed_lost_and_said_to_be_returned_from_its_row(employee: Visitor, library: LendingLibrary):
    reader, items = await library.reader(), [await library.copy() for _ in range(2)]
    for item in items:
        await library.lend(reader, item)
    desk = {"branch": library.town.main}
    page = f"/patrons/{reader.id}/loans"
    assert (await employee.send(f"{page}/lost", desk | {"item": items[0], "key": key()})).status_code == 200
    assert (await employee.send(f"{page}/claimed", desk | {"item": items[1], "key": key()})).status_code == 200
    assert [await library.state_of(item) for item in items] == ["lost", "claimed_returned"]


async def test_what_is_lost_or_said_to_be_returned_is_not_overdue_at_the_desk(
    employee: Visitor, library: LendingLibrary
):
    reader = await library.reader()
    items = await library.overdue(reader, 3)
    assert "3 over tiden" in (await employee.get(f"/patrons/{reader.id}")).text
    await library.lose(items[0])
    await library.claim_returned(items[1])
    assert "1 over tiden" in (await employee.get(f"/patrons/{reader.id}")).text


async def test_a_history_that_is_no_longer_wanted_goes_at_once(employee: Visitor, library: LendingLibrary):
    reader, today = await library.reader(), library.clock.now
    page = f"/patrons/{reader.id}/history-consent"
    assert (await employee.send(page, {"keeps": "true"})).status_code == 303
    library.clock.pass_days(-100)
    loan = await borrow(library, reader)
    library.clock.now = today
    assert await borrowers(library, loan) == [reader.id]
    assert (await employee.send(page, {"keeps": "false"})).status_code == 303
    assert await borrowers(library, loan) == []


async def test_a_withdrawn_copy_is_taken_back_into_stock(employee: Visitor, library: LendingLibrary):
    number = await library.copy()
    place = (await employee.get(f"/items?number={number}")).headers["location"]
    await employee.send(f"{place}/withdraw", {"reason": "Slidt"})
    assert "Slidt" in (await employee.get(place)).text
    await employee.send(f"{place}/restore", {})
    assert "Slidt" not in (await employee.get(place)).text


async def test_a_new_title_by_hand_gets_a_copy_and_a_label(employee: Visitor, library: LendingLibrary):
    made = await employee.send("/titles/new", {"title": "Sognets krønike", "key": key()})
    record = made.headers["location"].partition("/items")[0]
    number = f"7{secrets.randbelow(10**9):09d}"
    form = {
        "default_placement": library.town.main_shelf,
        "material_group": library.materials["book_adult"],
        "number": number,
        "key": key(),
    }
    labels = await employee.send(f"{record}/items/new", form)
    shown = (await employee.get(labels.headers["location"])).text
    assert "Sognets krønike" in shown
    assert f'aria-label="{number}"' in shown


async def test_a_new_copy_stands_where_somebody_works_unless_they_say_otherwise(
    employee: Visitor, library: LendingLibrary
):
    record, town = await title_of(library, await library.copy()), library.town
    for branch, shelf in ((town.main, town.main_shelf), (town.suburb, town.suburb_shelf)):
        await employee.send("/place", {"branch": branch})
        form = (await employee.get(f"/titles/{record}/items/new")).text
        offered = re.findall(r'<option value="(\d+)"', form.partition('id="item-default_placement"')[2])
        assert offered[0] == str(shelf)


async def test_a_copy_is_looked_for_by_a_number_in_groups_and_one_that_is_not_there_was_not_to_be_saved(
    employee: Visitor, library: LendingLibrary
):
    item = await library.copy()
    found = await employee.get(f"/items?number={item[:4]}+{item[4:]}")
    assert found.headers["location"].startswith("/items/")
    missing = await employee.get("/items?number=5999999999")
    assert (missing.status_code, "Materialet findes ikke" in missing.text) == (404, True)
    assert "kunne ikke gemmes" not in missing.text


async def test_a_refused_hold_is_placed_all_the_same_with_a_reason(employee: Visitor, library: LendingLibrary):
    reader, number = await library.reader(), await library.copy()
    await library.set_rule(MAX_HOLDS, 0)
    record = await title_of(library, number)
    form = {"card": reader.card, "pickup": library.town.main, "active_from": "2150-01-01"}
    assert (await employee.send(f"/titles/{record}/holds", form)).status_code == 400
    form = {"card": reader.card, "pickup": library.town.main}
    refused = await employee.send(f"/titles/{record}/holds", form)
    assert refused.status_code == 422
    assert 'value="exceeds_max_reservations"' in refused.text
    over = form | {"overrides": ["exceeds_max_reservations"], "reason": "Lektiehjælp"}
    assert (await employee.send(f"/titles/{record}/holds", over)).status_code == 303


async def test_of_a_periodical_an_issue_is_chosen_and_shown_in_the_queue(employee: Visitor, library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    record = await title_of(library, book)
    make = "INSERT INTO periodical_issue (agency_id, record_id, year, number) VALUES ($1, $2, 2026, '4') RETURNING id"
    issue = await library.run(lambda tx: tx.value(make, tx.agency, record))
    refile = "UPDATE item SET issue_id = $2 WHERE agency_id = $1 AND number = $3"
    await library.run(lambda tx: tx.execute(refile, tx.agency, issue, book))
    become = "UPDATE record SET is_periodical = true WHERE agency_id = $1 AND id = $2"
    await library.run(lambda tx: tx.execute(become, tx.agency, record))
    form = {"card": reader.card, "pickup": library.town.main, "issue": issue}
    assert (await employee.send(f"/titles/{record}/holds", form)).status_code == 303
    assert "2026, nr. 4 · " in (await employee.get(f"/titles/{record}")).text


async def test_a_hold_tells_all_that_was_decided_about_it(employee: Visitor, library: LendingLibrary):
    record, numbers = await copies(library, 2)
    first, second = await waits(library, record), await waits(library, record)
    await match_all(library)
    assert (await employee.send(f"/holds/{second}/move", {"to": "top", "reason": "Eksamen"})).status_code == 303
    await library.run(lambda tx: note_not_on_shelf(tx, library.librarian, NotOnShelf(hold=second)))
    await match_all(library)
    for number in numbers:
        await library.take_back(number)
    shown = [(await employee.get(f"/holds/{hold}")).text for hold in (first, second)]
    assert all("Et eksemplar blev udset." in page for page in shown)
    assert "Fra plads 2 til 1." in shown[1]
    assert "Eksamen" in shown[1]
    assert "Nogen foran i køen skal have det." in shown[0] or "Et andet eksemplar" in shown[0]


async def test_a_hold_is_changed_moved_and_explained(employee: Visitor, library: LendingLibrary):
    reader, number = await library.reader(), await library.copy()
    other = await library.reader()
    await library.lend(other, number)
    item = (await employee.get(f"/items?number={number}")).headers["location"]
    (record,) = set(re.findall(r'/titles/(\d+)"', (await employee.get(item)).text))
    form = {"card": reader.card, "pickup": library.town.main}
    assert (await employee.send(f"/titles/{record}/holds", form)).status_code == 303
    (hold,) = set(re.findall(r"/holds/(\d+)", (await employee.get(f"/titles/{record}")).text))
    shown = (await employee.get(f"/holds/{hold}")).text
    assert "Ingen eksemplarer er ledige." in shown
    change = {"pickup": library.town.suburb, "interest_until": "2150-01-01"}
    answer = await employee.send(f"/holds/{hold}/change", change)
    assert answer.status_code in (303, 400, 422)
    assert (await employee.send(f"/holds/{hold}/cancel", {})).status_code == 303


def test_a_barcode_has_five_bars_for_each_pair_of_digits_and_starts_and_stops():
    bars = barcode.bars("5001000007")
    assert len(bars) == 2 + 5 * 5 + 2
    assert {width for _, width in bars} == {1, 3}
    assert all(at + width < following for (at, width), (following, _) in pairwise(bars))


async def test_lists_are_kept_as_files_for_a_spreadsheet(employee: Visitor):
    for path in ("/lists/picks", "/lists/searches", "/lists/hold-shelf", "/lists/on-the-way"):
        answer = await employee.get(f"{path}?csv=true")
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.text.startswith("\ufeff")


async def test_the_work_list_is_kept_as_a_file_too(employee: Visitor, library: LendingLibrary):
    gone = {"scan": "9999999999", "branch": library.town.main, "key": "of-before-the-end", "told": "return"}
    await employee.send("/desk/offline-scans", gone | {"happened_at": f"{utc_now() - timedelta(days=1):%FT%TZ}"})
    lines = (await employee.get("/lists/work?csv=true")).content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "9999999999" in lines[1]


async def test_a_pupils_page_names_the_class(employee: Visitor, library: LendingLibrary):
    pupil = await library.reader("child")
    made = await a_class(library, [pupil])
    page = (await employee.get(f"/patrons/{pupil.id}")).text
    assert f'href="/patrons/{made}/relations"' in page


async def test_a_search_is_still_there_in_the_other_language(employee: Visitor):
    page = (await employee.get("/titles?q=hav&language=dan")).text
    assert re.findall(r'name="next" value="([^"]+)"', page) == ["/titles?q=hav&amp;language=dan"] * 2


async def test_what_a_rule_is_called_follows_the_language_of_the_page(employee: Visitor):
    await employee.send("/language", {"language": "en"})
    assert "Loan period" in (await employee.get("/manage/policies/loan_days")).text


async def test_help_names_only_what_the_reader_may_do(
    employee: Visitor, library: LendingLibrary, visit: Callable[[str], Visitor]
):
    assert "Lukkedage" in (await employee.get("/help")).text
    few = visit(await library.run(lambda tx: session_of_staff(tx, frozenset({Permission.CHECKOUT}))))
    page = (await few.get("/help")).text
    assert "Uden forbindelse" in page
    assert "Lukkedage" not in page


async def an_open_till(employee: Visitor, library: LendingLibrary) -> str:
    await employee.send("/place", {"branch": library.town.main})
    await employee.send("/tills", {"branch": library.town.main, "name": "Skranken"})
    (till,) = set(re.findall(r"/tills/(\d+)/open", (await employee.get("/tills")).text))
    await employee.send(f"/tills/{till}/open", {"float_ore": "500,00"})
    return str(till)


async def test_money_is_paid_back_out_of_the_open_till_unless_somebody_says_otherwise(
    employee: Visitor, library: LendingLibrary
):
    reader, till = await late_reader(library), await an_open_till(employee, library)
    form = {"branch": library.town.main, "amount": "10", "means": "cash", "reference": key(), "till": till}
    await employee.send(f"/patrons/{reader.id}/payments", form)
    page = (await employee.get(f"/patrons/{reader.id}/fees")).text
    assert re.findall(r'id="till-\d+" name="till"><option value="(\d*)"', page) == [till]


async def test_a_till_is_opened_paid_into_counted_and_closed(employee: Visitor, library: LendingLibrary):
    reader, till = await late_reader(library), await an_open_till(employee, library)
    form = {"branch": library.town.main, "amount": "10", "means": "cash", "reference": key(), "till": till}
    await employee.send(f"/patrons/{reader.id}/payments", form)
    closed = await employee.send(f"/tills/{till}/close", {"cash": "505,00", "note": "Mangler en femmer"})
    report = (await employee.get(closed.headers["location"])).text
    assert "-5,00" in report
    assert "Mangler en femmer" in report


async def test_a_new_borrower_who_does_not_fit_is_told_beside_the_fields(employee: Visitor, library: LendingLibrary):
    form = {
        "branch": library.town.main,
        "group": library.groups["adult"],
        "key": key(),
        "name": "Åse Ærlig",
        "birth_date": "1990-05-17",
        "pin": "12a",
        "phone": "ring!",
    }
    answer = await employee.send("/patrons/new", form)
    assert answer.status_code == 400
    assert 'id="pin-error"' in answer.text
    assert 'id="phone-error"' in answer.text
    assert 'value="Åse Ærlig"' in answer.text
    assert 'value="12a"' not in answer.text


async def test_a_search_for_patrons_is_come_back_to_and_names_nobody_in_its_address(
    employee: Visitor, visit: Callable[[str], Visitor], library: LendingLibrary
):
    reader = await library.reader()
    answer = await employee.send("/patrons", {"name": "Låner"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/patrons?found=true")
    assert "låner" not in str(employee.http.cookies).lower()
    for _ in range(2):
        assert f'href="/patrons/{reader.id}"' in (await employee.get("/patrons?found=true")).text
    assert reader.card not in (await employee.get("/patrons")).text
    after = (await employee.get(f"/patrons?found=true&after={reader.id}")).text
    assert f'href="/patrons/{reader.id}"' not in after
    employee.http.cookies.set("faelles_sought", "x" * 40, domain="faelles.test")
    assert (await employee.get("/patrons?found=true")).status_code == 200


@pytest.mark.parametrize("narrowed", ["year=99999", "language=" + "x" * 200, "type=" + "x" * 200, "branch=999999999"])
async def test_a_search_narrowed_by_what_cannot_be_is_no_mistake_of_ours(employee: Visitor, narrowed: str):
    assert (await employee.get(f"/titles?q=havet&{narrowed}")).status_code in {200, 400, 404}


async def test_who_looked_at_a_patron_is_named_to_those_who_may_know_colleagues(
    employee: Visitor, library: LendingLibrary, visit: Callable[[str], Visitor]
):
    looks = f"/patrons/{(await library.reader()).id}/looks"
    await employee.get(looks)
    assert "medarbejder Lise" in (await employee.get(looks)).text
    few = visit(await library.run(lambda tx: session_of_staff(tx, frozenset({Permission.PATRON_VIEW}))))
    assert "medarbejder Lise" not in (await few.get(looks)).text
