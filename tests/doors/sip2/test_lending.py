"""11, 29 and 65 between a machine and a real database."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from circulation.lending_library import LendingLibrary, Reader
from doors.sip2.conftest import Hall
from doors.sip2.machine import BLANK, Machine, connected, sealed, sip_date, told
from faelles.circulation.worklist.operations import list_work
from faelles.ground.database import Transaction


async def lent_since(library: LendingLibrary, reader: Reader, item: str, days: int) -> None:
    """The item has been on loan so long, for 28 days."""
    await library.lend(reader, item)

    async def age(tx: Transaction) -> None:
        await tx.execute(
            "UPDATE loan SET lent_at = lent_at - $2::interval, lent_on = lent_on - $3::integer,"
            " due_on = lent_on - $3::integer + 28 WHERE agency_id = $1 AND closed_at IS NULL"
            " AND item_id = (SELECT item_id FROM copy WHERE agency_id = $1 AND number = $4)",
            tx.agency,
            timedelta(days=days),
            days,
            item,
        )

    async with owner(library) as tx:
        await age(tx)


def owner(library: LendingLibrary):
    return library.database.transaction(library.town.agency, library.librarian.actor)


async def happened(library: LendingLibrary, kind: str) -> int:
    return (await library.events()).count(kind)


async def speaks_english(library: LendingLibrary, reader: Reader) -> None:
    async with owner(library) as tx:
        await tx.execute("UPDATE patron SET language = 'en' WHERE agency_id = $1 AND id = $2", tx.agency, reader.id)


async def block(library: LendingLibrary, reader: Reader) -> None:
    async with owner(library) as tx:
        await tx.execute(
            "INSERT INTO patron_block (agency_id, patron_id, code, starts_on, set_by)"
            " VALUES ($1, $2, 'M', '2020-01-01', 'staff:1')",
            tx.agency,
            reader.id,
        )


async def withdraw(library: LendingLibrary, item: str) -> None:
    async with owner(library) as tx:
        sql = "UPDATE item SET withdrawn_at = $3, withdrawn_why = 'slidt' WHERE agency_id = $1 AND number = $2"
        await tx.execute(sql, tx.agency, item, tx.now)


async def test_a_book_is_lent_shown_and_taken_back(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    lent = await machine.check_out(reader.card, item)
    assert (lent.fixed["ok"], lent.fixed["renewal_ok"], lent.fixed["desensitize"]) == ("1", "N", "Y")
    assert (lent.get("AJ"), len(lent.get("AH"))) == ("Frøken Smillas fornemmelse for sne", 18)
    copy = await machine.copy(item)
    assert (copy.fixed["circulation_status"], copy.get("AH")) == ("04", lent.get("AH"))
    patron = await machine.patron(reader.card, summary="  Y")
    assert (patron.fields["AU"], patron.fixed["charged_items_count"]) == ([item], "0001")
    back = await machine.check_in(item)
    assert (back.fixed["ok"], back.fixed["resensitize"], back.fixed["alert"]) == ("1", "Y", "N")
    assert (await machine.copy(item)).fixed["circulation_status"] == "03"


async def test_lending_needs_no_patron_message_before_it(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    for _ in range(2):
        assert (await machine.check_out(reader.card, await hall.library.copy())).fixed["ok"] == "1"


async def test_a_refusal_is_whole_and_in_the_patrons_language(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    await speaks_english(hall.library, reader)
    await block(hall.library, reader)
    refused = await machine.check_out(reader.card, await hall.library.copy())
    assert (refused.fixed["ok"], refused.fixed["desensitize"]) == ("0", "N")
    assert (refused.fields["AH"], refused.get("AO"), refused.get("AA")) == ([""], hall.library.town.isil, reader.card)
    assert "blocked" in refused.get("AF")


async def test_an_item_nobody_knows_is_refused(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    refused = await machine.check_out(reader.card, "nothing here")
    assert (refused.fixed["ok"], refused.fields["AJ"], refused.get("AF")) == ("0", [""], "Materialet findes ikke.")


async def test_a_wrong_pin_lends_nothing_and_looks_like_an_unknown_card(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    wrong = await machine.check_out(reader.card, item, pin="0000")
    unknown = await machine.check_out("K999999999", item, pin="0000")
    assert wrong.fixed["ok"] == unknown.fixed["ok"] == "0"
    assert wrong.fields["AF"] == unknown.fields["AF"]
    assert wrong.fields["AJ"] == unknown.fields["AJ"] == [""]
    assert await hall.library.state_of(item) == "available"


async def test_a_self_check_wants_the_pin_once_in_a_session(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    assert (await machine.check_out(reader.card, item, pin="")).get("AF") == "Tast din pinkode."
    await machine.patron(reader.card)
    assert (await machine.check_out(reader.card, item, pin="")).fixed["ok"] == "1"
    await machine.ask(f"35{sip_date()}AOx|AA{reader.card}|")
    assert (await machine.check_out(reader.card, await hall.library.copy(), pin="")).fixed["ok"] == "0"


async def test_a_machine_that_asks_for_no_pin_lends_by_the_card(hall: Hall, stranger: Machine):
    made = await hall.machine(pin="when_given")
    await stranger.sign_in(made.username, made.secret)
    reader, item = await hall.library.reader(), await hall.library.copy()
    assert (await stranger.check_out(reader.card, item, pin="1111")).fixed["ok"] == "0"
    assert (await stranger.check_out(reader.card, item, pin="")).fixed["ok"] == "1"


async def test_renewal_ok_means_that_it_was_theirs_already(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 10)
    kept = await machine.check_out(reader.card, item, policy="N")
    assert (kept.fixed["ok"], kept.fixed["renewal_ok"]) == ("0", "Y")
    assert await happened(hall.library, "loan.renewed") == 0
    renewed = await machine.check_out(reader.card, item, policy="Y")
    assert (renewed.fixed["ok"], renewed.fixed["renewal_ok"]) == ("1", "Y")
    assert await happened(hall.library, "loan.renewed") == 1


async def test_asked_again_under_another_number_within_the_second_it_was_theirs(hall: Hall, machine: Machine):
    reader, item, at = await hall.library.reader(), await hall.library.copy(), sip_date()
    body = f"11NN{at}{BLANK}AODK|AA{reader.card}|AB{item}|AC|AD{reader.pin}|"
    first, second = [told(await machine.exchange(sealed(body, each))) for each in "12"]
    assert (first.fixed["renewal_ok"], second.fixed["renewal_ok"]) == ("N", "Y")
    assert (await happened(hall.library, "loan.opened"), await happened(hall.library, "loan.renewed")) == (1, 0)


async def test_what_another_has_is_not_lent(hall: Hall, machine: Machine):
    item = await hall.library.copy()
    await hall.library.lend(await hall.library.reader(), item)
    refused = await machine.check_out((await hall.library.reader()).card, item)
    assert (refused.fixed["ok"], refused.fixed["renewal_ok"]) == ("0", "N")


async def test_a_fee_must_be_acknowledged_before_a_late_loan_is_renewed(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 31)
    for ask in (machine.check_out, machine.renew):
        refused = await ask(reader.card, item)
        assert (refused.fixed["ok"], refused.get("BV"), refused.get("BH"), refused.get("BT")) == (
            "0",
            "20.00",
            "DKK",
            "04",
        )
    assert await hall.library.owed(reader) == 0
    renewed = await machine.renew(reader.card, item, BO="Y")
    assert (renewed.fixed["ok"], renewed.get("BV")) == ("1", "20.00")
    assert await hall.library.owed(reader) == 2000


async def test_a_loan_is_renewed(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 10)
    before = (await machine.copy(item)).get("AH")
    renewed = await machine.renew(reader.card, item)
    assert (renewed.fixed["ok"], renewed.fixed["renewal_ok"]) == ("1", "Y")
    assert renewed.get("AH") > before


async def test_a_loan_is_renewed_by_its_title_where_only_one_of_theirs_has_it(hall: Hall, machine: Machine):
    reader, (first, second) = await hall.library.reader(), [await hall.library.copy() for _ in range(2)]
    await lent_since(hall.library, reader, first, 10)
    title = (await machine.copy(first)).get("AJ")
    renewed = await machine.renew(reader.card, "", AJ=title)
    assert (renewed.fixed["ok"], renewed.get("AB"), renewed.get("AJ")) == ("1", first, title)
    await hall.library.lend(reader, second)
    assert (await machine.renew(reader.card, "", AJ=title)).fixed["ok"] == "0"
    guessed = await machine.renew(reader.card, "", AJ=title, pin="0815")
    assert (guessed.fixed["ok"], guessed.get("AB")) == ("0", "")


async def test_another_renews_it_only_where_third_parties_may(hall: Hall, machine: Machine):
    reader, other, item = await hall.library.reader(), await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 10)
    assert (await machine.renew(other.card, item)).fixed["ok"] == "0"
    assert (await machine.renew(other.card, item, third="Y")).fixed["ok"] == "1"


async def test_all_that_can_be_renewed_is(hall: Hall, machine: Machine):
    reader, old, new = await hall.library.reader(), await hall.library.copy(), await hall.library.copy()
    await lent_since(hall.library, reader, old, 10)
    await hall.library.lend(reader, new)
    answer = await machine.renew_all(reader.card)
    assert (answer.fixed["ok"], answer.fields["BM"], answer.fields["BN"]) == ("1", [old], [new])
    assert (answer.fixed["renewed_count"], answer.fixed["unrenewed_count"]) == ("0001", "0001")


async def test_why_loans_were_not_renewed_fits_the_screen(hall: Hall, stranger: Machine):
    made = await hall.machine(screen_width=20)
    await stranger.sign_in(made.username, made.secret)
    reader = await hall.library.reader()
    await hall.library.lend(reader, await hall.library.copy())
    told_why = (await stranger.renew_all(reader.card)).fields["AF"]
    assert len(told_why) > 1
    assert all(len(line) <= 20 for line in told_why)


async def test_renewing_all_leaves_what_costs_until_it_is_acknowledged(hall: Hall, machine: Machine):
    reader, late, timely = await hall.library.reader(), await hall.library.copy(), await hall.library.copy()
    await lent_since(hall.library, reader, late, 31)
    await lent_since(hall.library, reader, timely, 10)
    first = await machine.renew_all(reader.card)
    assert (first.fields["BM"], first.fields["BN"]) == ([timely], [late])
    assert "20,00 kr." in first.get("AF")
    assert await hall.library.owed(reader) == 0


async def test_a_repeat_after_reconnecting_lends_and_renews_nothing_again(hall: Hall):
    made, reader, item = await hall.machine(), await hall.library.reader(), await hall.library.copy()
    at = sip_date()
    loans = set()
    for _ in range(3):
        async with connected(hall.address) as machine:
            await machine.sign_in(made.username, made.secret)
            again = await machine.check_out(reader.card, item, at=at)
            loans.add(again.get("BK"))
            assert (again.fixed["ok"], again.fixed["renewal_ok"]) == ("1", "N")
    assert len(loans) == 1
    assert (await happened(hall.library, "loan.opened"), await happened(hall.library, "loan.renewed")) == (1, 0)


async def test_a_server_that_was_restarted_knows_a_repeat_too(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    at = sip_date()
    await lent_since(hall.library, reader, item, 10)
    first = await machine.renew(reader.card, item, at=at)
    hall.services.repeats._uses.clear()
    again = await machine.renew(reader.card, item, at=at)
    assert (again.fixed["ok"], again.get("AH")) == (first.fixed["ok"], first.get("AH"))
    assert await happened(hall.library, "loan.renewed") == 1


async def test_lent_returned_and_lent_again_within_a_second_are_three_deeds(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    at = sip_date()
    for _ in range(3):
        assert (await machine.check_out(reader.card, item, at=at)).fixed["ok"] == "1"
        assert await hall.library.state_of(item) == "on_loan"
        assert (await machine.check_in(item, at=at)).fixed["ok"] == "1"
        assert await hall.library.state_of(item) == "available"
    assert (await happened(hall.library, "loan.opened"), await happened(hall.library, "loan.returned")) == (3, 3)


async def test_a_clock_that_stands_still_does_not_make_all_loans_one(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    for _ in range(2):
        await machine.check_out(reader.card, item, at="20200101    120000")
        assert await hall.library.state_of(item) == "on_loan"
        await machine.check_in(item, at=BLANK)
    assert await happened(hall.library, "loan.opened") == 2


async def test_no_block_is_taken_at_its_own_time_whatever_a_rule_would_say(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await block(hall.library, reader)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    told_due = datetime.now(UTC) + timedelta(days=14)
    taken = await machine.check_out(
        reader.card, item, pin="", no_block="Y", at=sip_date(yesterday), due=sip_date(told_due)
    )
    assert (taken.fixed["ok"], taken.get("AH")[:8]) == ("1", sip_date(told_due)[:8])
    assert taken.get("AF")
    async with owner(hall.library) as tx:
        lent_at = await tx.value("SELECT lent_at FROM loan WHERE agency_id = $1", tx.agency)
        listed = await tx.value("SELECT count(*) FROM work_entry WHERE agency_id = $1", tx.agency)
    assert (abs(lent_at - yesterday) < timedelta(seconds=2), listed) == (True, 1)


@pytest.mark.parametrize("due", [BLANK, "a copy"])
async def test_no_due_date_and_a_copy_of_the_transaction_date_are_none(due: str, hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    at = sip_date(datetime.now(UTC) - timedelta(hours=3))
    taken = await machine.check_out(reader.card, item, no_block="Y", at=at, due=BLANK if due == BLANK else at)
    assert (taken.fixed["ok"], taken.get("AH")[:8] > at[:8]) == ("1", True)


async def test_a_due_date_without_no_block_is_not_one(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    at = sip_date()
    lent = await machine.check_out(reader.card, item, at=at, due=at)
    assert lent.get("AH")[:8] > at[:8]


async def test_no_block_sent_twice_is_one_loan(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    at = sip_date(datetime.now(UTC) - timedelta(hours=3))
    for _ in range(2):
        assert (await machine.check_out(reader.card, item, no_block="Y", at=at)).fixed["ok"] == "1"
    assert await happened(hall.library, "loan.opened") == 1


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("19900101    000000", "19900129    235959"),
        ("20990101    000000", "20990129    235959"),
        (None, "99991231    235959"),
        ("x" * 18, BLANK),
    ],
)
async def test_no_block_from_a_clock_that_is_wrong_is_a_fact_all_the_same(
    at: str | None, due: str, hall: Hall, machine: Machine
):
    reader, item = await hall.library.reader(), await hall.library.copy()
    taken = await machine.check_out(reader.card, item, no_block="Y", at=at, due=due)
    within_the_year = sip_date() < taken.get("AH") < sip_date(datetime.now(UTC) + timedelta(days=365))
    assert (taken.fixed["ok"], within_the_year) == ("1", True)


async def test_no_block_of_a_copy_that_another_has_by_now_is_taken_note_of(hall: Hall, machine: Machine):
    reader, other, item = await hall.library.reader(), await hall.library.reader(), await hall.library.copy()
    await hall.library.lend(other, item)
    an_hour_ago = sip_date(datetime.now(UTC) - timedelta(hours=1))
    taken = await machine.check_out(reader.card, item, no_block="Y", at=an_hour_ago)
    assert (taken.fixed["ok"], taken.fixed["desensitize"], taken.fields["AH"]) == ("1", "Y", [""])
    assert (taken.get("AJ") != "", taken.get("AF") != "") == (True, True)
    assert (await machine.patron(other.card)).fixed["charged_items_count"] == "0001"
    assert await happened(hall.library, "loan.opened") == 1
    async with owner(hall.library) as tx:
        assert await tx.value("SELECT count(*) FROM work_entry WHERE agency_id = $1", tx.agency) == 1


async def test_a_renewal_made_while_the_line_was_down_holds(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 10)
    told_due = datetime.now(UTC) + timedelta(days=40)
    for _ in range(2):
        renewed = await machine.renew(
            reader.card, item, no_block="Y", at=sip_date(datetime.now(UTC) - timedelta(hours=1)), due=sip_date(told_due)
        )
        assert (renewed.fixed["ok"], renewed.get("AH")[:8]) == ("1", sip_date(told_due)[:8])
    assert await happened(hall.library, "loan.renewed") == 1


@pytest.mark.parametrize(("third", "was_theirs", "told"), [("N", "N", ["on_loan_to_other"]), ("Y", "Y", [])])
async def test_a_renewal_by_a_stranger_while_the_line_was_down_holds_and_is_told_to_staff(
    third: str, was_theirs: str, told: list[str], hall: Hall, machine: Machine
):
    reader, stranger, item = await hall.library.reader(), await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 10)
    due, at = sip_date(datetime.now(UTC) + timedelta(days=40)), sip_date(datetime.now(UTC) - timedelta(hours=1))
    renewed = await machine.renew(stranger.card, item, no_block="Y", third=third, at=at, due=due)
    assert (renewed.fixed["ok"], renewed.fixed["renewal_ok"], renewed.get("AH")[:8]) == ("1", was_theirs, due[:8])
    assert ("udlånt til en anden" in renewed.get("AF")) is bool(told)
    listed = await hall.library.run(lambda tx: list_work(tx, hall.library.librarian))
    assert [entry.details["conflicts"] for entry in listed] == told


async def test_a_checkin_with_cancel_undoes_the_checkout(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await machine.check_out(reader.card, item)
    undone = await machine.check_in(item, BI="Y")
    assert (undone.fixed["ok"], undone.fixed["alert"]) == ("1", "N")
    assert await hall.library.state_of(item) == "available"
    assert await happened(hall.library, "loan.undone") == 1
    assert await happened(hall.library, "loan.returned") == 0


async def test_cancelling_what_was_never_lent_is_done_already(hall: Hall, machine: Machine):
    assert (await machine.check_in(await hall.library.copy(), BI="Y")).fixed["ok"] == "1"


async def test_a_machine_cancels_no_old_loan(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 2)
    assert (await machine.check_in(item, BI="Y")).fixed["ok"] == "0"
    assert await hall.library.state_of(item) == "on_loan"


async def test_a_checkout_with_cancel_undoes_the_checkin_with_its_fee(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await lent_since(hall.library, reader, item, 31)
    due = (await machine.copy(item)).get("AH")
    await machine.check_in(item)
    assert await hall.library.owed(reader) == 2000
    undone = await machine.check_out(reader.card, item, BI="Y")
    assert (undone.fixed["ok"], undone.get("AH")) == ("1", due)
    assert (await hall.library.state_of(item), await hall.library.owed(reader)) == ("on_loan", 0)
    assert await happened(hall.library, "loan.opened") == 1


async def test_a_return_is_not_cancelled_once_somebody_else_has_had_the_copy(hall: Hall, machine: Machine):
    first, second, item = await hall.library.reader(), await hall.library.reader(), await hall.library.copy()
    for reader in (first, second):
        await machine.check_out(reader.card, item)
        await machine.check_in(item)
    refused = await machine.check_out(first.card, item, BI="Y")
    assert (refused.fixed["ok"], refused.get("AF")) == ("0", "Materialet er siden lånt ud igen.")
    assert await hall.library.state_of(item) == "available"


async def test_a_return_is_cancelled_with_the_right_pin_or_none(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    await machine.check_out(reader.card, item)
    await machine.check_in(item)
    wrong = await machine.check_out(reader.card, item, pin="0000", BI="Y")
    assert (wrong.fixed["ok"], wrong.fixed["desensitize"], wrong.get("AF")) == (
        "0",
        "N",
        "Kort eller pinkode er forkert.",
    )
    assert await hall.library.state_of(item) == "available"
    assert (await machine.check_out(reader.card, item, pin="", BI="Y")).fixed["ok"] == "1"
    for _ in range(4):
        await machine.check_out(reader.card, item, pin="0000", BI="Y")
    assert "mange forkerte" in (await machine.check_out(reader.card, item, BI="Y")).get("AF")


async def test_a_return_is_cancelled_once_however_often_the_copy_has_been_lent_and_returned(
    hall: Hall, machine: Machine
):
    reader, item = await hall.library.reader(), await hall.library.copy()
    for _ in range(2):
        await machine.check_out(reader.card, item)
        await machine.check_in(item)
    undone = [await machine.check_out(reader.card, item, BI="Y") for _ in range(2)]
    assert [answer.fixed["ok"] for answer in undone] == ["1", "1"]
    assert await hall.library.state_of(item) == "on_loan"


async def test_when_the_sequence_numbers_have_gone_round_the_same_words_are_another_request(
    hall: Hall, machine: Machine
):
    reader, item, at = await hall.library.reader(), await hall.library.copy(), sip_date()
    frame = sealed(f"11NN{at}{BLANK}AOx|AA{reader.card}|AB{item}|AC|AD{reader.pin}|", "3")
    first = told(await machine.exchange(frame))
    await machine.exchange(sealed("9900802.00", "4"))
    second = told(await machine.exchange(frame))
    assert [first.fixed["renewal_ok"], second.fixed["renewal_ok"]] == ["N", "Y"]
    assert await happened(hall.library, "loan.opened") == 1


async def test_due_dates_come_in_the_form_the_machine_reads(hall: Hall, stranger: Machine):
    made = await hall.machine(due_date="danish", shows_currency=False)
    await stranger.sign_in(made.username, made.secret)
    reader = await hall.library.reader()
    lent = await stranger.check_out(reader.card, await hall.library.copy())
    assert len(lent.get("AH")) == 10
    assert lent.get("AH")[2] == lent.get("AH")[5] == "-"
    assert "BH" not in (await stranger.patron(reader.card)).fields


async def test_receipts_and_narrow_screens(hall: Hall, stranger: Machine):
    made = await hall.machine(prints=True, print_footer=["Tak for besøget"], screen_width=20)
    await stranger.sign_in(made.username, made.secret)
    lent = await stranger.check_out((await hall.library.reader()).card, await hall.library.copy())
    assert lent.fields["AG"][0].startswith("Frøken Smillas")
    assert lent.fields["AG"][1] == "Tak for besøget"
    refused = await stranger.check_out("K1", "0000000012")
    assert len(refused.fields["AF"]) > 1
    assert max(map(len, refused.fields["AF"])) <= 20


@pytest.mark.parametrize(("width", "widest"), [("020", 20), ("080", 80), ("000", 255), ("   ", 255)])
async def test_receipts_are_as_wide_as_the_machine_says_that_it_prints(
    width: str, widest: int, hall: Hall, stranger: Machine
):
    footer = "Tak for besøget, og husk at aflevere til tiden, for så er der flere, der får glæde af bøgerne"
    made = await hall.machine(prints=True, print_footer=[footer])
    await stranger.ask(f"990{width}2.00")
    await stranger.sign_in(made.username, made.secret)
    lent = await stranger.check_out((await hall.library.reader()).card, await hall.library.copy())
    status = await stranger.ask(f"990{width}2.00")
    for answer in (lent, status):
        assert footer in " ".join(answer.fields["AG"])
        assert max(map(len, answer.fields["AG"])) <= widest
    assert (len(status.fields["AG"]) > 1) is (widest < len(footer))
    assert footer in " ".join((await stranger.ask("9900402.00")).fields["AG"])


async def test_eight_terminals_one_item_eight_patrons_is_one_yes(hall: Hall):
    machines = [await hall.machine() for _ in range(8)]
    readers = [await hall.library.reader() for _ in range(8)]
    item = await hall.library.copy()

    async def sit_down(made) -> Machine:
        reader, writer = await asyncio.open_connection(*hall.address)
        machine = Machine(reader, writer)
        await machine.sign_in(made.username, made.secret)
        return machine

    terminals = [await sit_down(made) for made in machines]
    for round_number in range(25):
        at = sip_date()
        frames = [
            sealed(f"11NN{at}{BLANK}AOx|AA{reader.card}|AB{item}|AC|AD{reader.pin}|", str(round_number % 10))
            for reader in readers
        ]
        answers = await asyncio.gather(*(each.exchange(frame) for each, frame in zip(terminals, frames, strict=True)))
        assert [told(answer).fixed["ok"] for answer in answers].count("1") == 1
        assert (await terminals[round_number % 8].check_in(item, at=at)).fixed["ok"] == "1"
    for each in terminals:
        each.writer.close()
