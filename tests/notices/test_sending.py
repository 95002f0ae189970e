"""From what happened to what went out: once, while it is true, by the way that was chosen."""

import asyncio
from datetime import timedelta

import pytest

from circulation.holds.test_places_of_issues import periodical, wish_for
from circulation.holds.wishing import title_of, wish
from faelles.circulation.holds.changing import cancel_holds
from faelles.circulation.holds.model import CancelHolds
from faelles.circulation.unfillable.operations import cancel_unfillable
from faelles.ground.i18n import Language
from faelles.notices.channels.port import Delivery, Verdict
from faelles.notices.model import ChannelName
from faelles.notices.sending import rules
from faelles.policies.knobs import NOTICE_DAYS_BEFORE_DUE, OVERDUE_NOTICE_1_DAYS


async def test_an_overdue_loan_is_called_in_once(post):
    await post.late(3)
    assert await post.night() == 1
    assert await post.night() == 0
    assert await post.send() == 1
    assert await post.send() == 0
    [mail] = post.mail
    assert mail.subject == "Afleveringsfristen er overskredet"
    assert "Frøken Smillas fornemmelse for sne" in mail.body
    assert mail.recipient == "laaner@example.invalid"


async def test_nothing_is_sent_for_a_book_that_came_back_a_minute_ago(post):
    _, item = await post.late(3)
    await post.night()
    await post.library.take_back(item)
    assert await post.send() == 0
    assert (post.mail, await post.states()) == ([], ["untrue"])


async def test_a_renewed_loan_is_neither_due_nor_overdue_any_more(post):
    reader = await post.reader()
    lent = await post.library.lend(reader, await post.library.copy())
    post.library.clock.turn_to(lent.due_on - timedelta(days=3))
    assert await post.night() == 1
    await post.library.renew(lent.loan)
    assert await post.send() == 0


async def test_everything_due_to_one_patron_comes_in_one_message(post):
    reader = await post.reader()
    for _ in range(3):
        await post.library.lend(reader, await post.library.copy())
    lent = await post.library.lend(reader, await post.library.copy())
    post.library.clock.turn_to(lent.due_on - timedelta(days=3))
    assert await post.night() == 4
    assert await post.send() == 1
    assert post.mail[0].body.count("Frøken Smillas") == 4


async def test_a_book_that_came_back_is_left_out_of_the_letter_about_the_others(post):
    reader = await post.reader()
    items = [await post.library.copy() for _ in range(2)]
    for item in items:
        lent = await post.library.lend(reader, item)
    post.library.clock.turn_to(lent.due_on + timedelta(days=3))
    await post.night()
    await post.library.take_back(items[0])
    await post.send()
    assert post.mail[0].body.count("Frøken Smillas") == 1


async def test_a_patron_is_written_to_in_their_language(post):
    await post.late(3, await post.reader(language=Language.ENGLISH))
    await post.night()
    await post.send()
    assert post.subjects == ["Your loans are overdue"]


async def test_after_missed_nights_only_the_last_step_is_said(post):
    _, _ = await post.late(14)
    today = post.library.clock.now.date()
    assert await post.night(today - timedelta(days=11)) == 1
    assert await post.night(today) == 1
    await post.send()
    assert post.subjects == ["Anden hjemkaldelse"]


async def test_what_an_agency_turned_off_is_not_said(post):
    await post.library.set_rule(OVERDUE_NOTICE_1_DAYS, 0)
    await post.late(3)
    assert await post.night() == 0


async def test_each_agency_says_when_it_reminds(post):
    await post.library.set_rule(NOTICE_DAYS_BEFORE_DUE, 5)
    reader = await post.reader()
    lent = await post.library.lend(reader, await post.library.copy())
    post.library.clock.turn_to(lent.due_on - timedelta(days=3))
    assert await post.night() == 0
    post.library.clock.turn_to(lent.due_on - timedelta(days=5))
    assert await post.night() == 1


async def test_receipts_are_for_those_who_asked_and_one_visit_is_one_message(post):
    silent, asked = await post.reader(), await post.reader()
    await post.wish(asked, '{"kinds": {"loan_receipt": true}}')
    await post.library.lend(silent, await post.library.copy())
    for _ in range(2):
        await post.library.lend(asked, await post.library.copy())
        post.library.clock.now += timedelta(minutes=4)
    assert await post.read_events() == 2
    assert await post.send() == 0
    post.library.clock.now += timedelta(minutes=6)
    assert await post.send() == 1
    assert post.subjects == ["Kvittering for udlån"]


async def test_a_telephone_is_not_rung_at_night(post):
    reader = await post.reader(contact="phone")
    await post.late(3, reader)
    clock = post.library.clock
    clock.now = clock.now.replace(hour=1)
    await post.night()
    assert await post.send() == 0
    clock.now = clock.now.replace(hour=7, minute=1)
    assert await post.send() == 1
    assert len(post.pigeons[ChannelName.SMS].carried) == 1


async def test_those_who_may_not_be_disturbed_keep_no_others_waiting(post, monkeypatch):
    monkeypatch.setattr("faelles.notices.sending.operations.claim.__kwdefaults__", {"resting": (), "limit": 1})
    silent = await post.reader(contact="phone")
    await post.late(3, silent)
    await post.late(3)
    clock = post.library.clock
    clock.now = clock.now.replace(hour=1)
    await post.night()
    assert await post.send() == 1


async def test_the_patrons_choice_of_way_comes_first(post):
    reader = await post.reader(contact="email phone")
    await post.wish(reader, '{"channels": {"due": ["sms", "email"]}}')
    await post.late(3, reader)
    await post.night()
    await post.send()
    assert (len(post.mail), len(post.pigeons[ChannelName.SMS].carried)) == (0, 1)


async def test_who_wants_nothing_gets_nothing_but_what_must_be_said(post):
    reader = await post.reader(contact="email street")
    await post.wish(reader, '{"channels": {"due": []}}')
    await post.late(3, reader)
    assert await post.night() == 0
    post.library.clock.pass_days(25)
    assert await post.night() == 1
    await post.send()
    assert post.subjects == ["Tredje hjemkaldelse: aflever, ellers sendes en regning"]


async def test_a_digest_waits_for_the_morning(post):
    reader = await post.reader()
    await post.wish(reader, '{"digest": true}')
    await post.late(3, reader)
    await post.night()
    assert await post.send() == 0
    post.library.clock.pass_days(1)
    assert await post.send() == 1


async def test_a_mail_server_that_is_away_loses_nothing_and_counts_against_nobody(post):
    await post.late(3)
    await post.night()
    post.pigeons[ChannelName.EMAIL].answers = [Delivery(Verdict.UNAVAILABLE, detail="gone", is_down=True)]
    assert await post.send() == 0
    assert await post.states("notice_message") == ["waiting"]
    post.library.clock.now += timedelta(minutes=2)
    assert await post.send() == 1
    first, second = post.mail
    assert first.key == second.key
    assert await post.states() == ["sent"]


async def test_a_message_nobody_takes_comes_before_somebodys_eyes_in_the_end(post):
    await post.late(3)
    await post.night()
    post.pigeons[ChannelName.EMAIL].answers = [Delivery(Verdict.TRY_AGAIN, detail="smtp_451")] * 20
    for _ in range(rules.MOST_ATTEMPTS):
        await post.send()
        post.library.clock.pass_days(0.25)
    assert len(post.mail) == rules.MOST_ATTEMPTS
    assert await post.states("notice_message") == ["undeliverable"]


async def test_a_book_that_comes_back_between_two_tries_is_not_asked_for_again(post):
    _, item = await post.late(3)
    await post.night()
    post.pigeons[ChannelName.EMAIL].answers = [Delivery(Verdict.TRY_AGAIN, detail="smtp_451")]
    await post.send()
    await post.library.take_back(item)
    post.library.clock.now += timedelta(minutes=2)
    assert await post.send() == 0
    assert (await post.states(), await post.states("notice_message")) == (["untrue"], ["withdrawn"])


async def test_what_says_something_else_is_another_message(post):
    reader = await post.reader()
    items = [await post.library.copy() for _ in range(2)]
    for item in items:
        lent = await post.library.lend(reader, item)
    post.library.clock.turn_to(lent.due_on + timedelta(days=3))
    await post.night()
    post.pigeons[ChannelName.EMAIL].answers = [Delivery(Verdict.TRY_AGAIN, detail="smtp_451")]
    await post.send()
    await post.library.take_back(items[0])
    post.library.clock.now += timedelta(minutes=2)
    await post.send()
    first, second = post.mail
    assert first.key != second.key
    assert second.body.count("Frøken Smillas") == 1


async def test_what_must_be_said_goes_by_letter_when_mail_leads_nowhere(post):
    reader = await post.reader(contact="email street")
    await post.late(28, reader)
    await post.night()
    post.pigeons[ChannelName.EMAIL].answers = [Delivery(Verdict.REJECTED, detail="smtp_550")]
    await post.send()
    assert await post.send() == 0
    [letter] = post.letters
    assert letter.recipient.splitlines() == ["Søren Låner", "Åvej 1", "8000 Aarhus C"]


async def test_a_letter_says_where_it_comes_from_and_is_dated_there(post):
    town = post.library.town
    await post.library.run(
        lambda tx: tx.execute(
            "INSERT INTO branch_contact (agency_id, branch_id, street, postal_code, city)"
            " VALUES ($1, $2, 'Bøgevej 1', '8000', 'Aarhus C')",
            tx.agency,
            town.main,
        )
    )
    await post.late(28, await post.reader(contact="street"))
    await post.night()
    clock = post.library.clock
    clock.now = clock.now.replace(hour=23, minute=30)
    await post.send()
    [letter] = post.letters
    assert letter.sender_address == "Bøgevej 1, 8000 Aarhus C"
    assert letter.composed_at.date() == clock.now.date() + timedelta(days=1)


async def test_what_must_be_said_to_somebody_without_any_address_is_not_forgotten(post):
    await post.late(28, await post.reader(contact="nothing"))
    assert await post.night() == 1
    assert await post.send() == 0
    assert await post.states("notice_message") == ["undeliverable"]


async def test_the_dead_are_left_in_peace(post):
    reader, _ = await post.late(3)
    await post.night()
    await post.library.run(
        lambda tx: tx.execute(
            "INSERT INTO patron_block (agency_id, patron_id, code, starts_on, set_by)"
            " VALUES ($1, $2, 'D', '2027-01-01', 'system:0')",
            tx.agency,
            reader.id,
        )
    )
    assert await post.send() == 0
    post.library.clock.pass_days(25)
    assert await post.night() == 0


async def test_two_senders_at_once_send_once(post):
    for _ in range(5):
        await post.late(3, await post.reader())
    post.library.clock.pass_days(0)
    await post.night()
    planned = (await post.states()).count("planned")
    await asyncio.gather(*(post.send() for _ in range(4)))
    assert len(post.mail) == len({mail.key for mail in post.mail}) == planned


@pytest.mark.parametrize("handed_over", [False, True])
async def test_killed_between_claim_and_record_the_same_message_goes_out_again_as_the_same(post, handed_over):
    await post.late(3)
    await post.night()
    batch = await post.sender().claim(post.library.town.agency)
    if handed_over:
        await post.pigeons[ChannelName.EMAIL].deliver(post.sender()._envelope(batch, batch.drafts[0]))
    assert await post.send() == 0
    post.library.clock.now += timedelta(minutes=6)
    assert await post.send() == 1
    assert {mail.key for mail in post.mail} == {post.mail[0].key}
    assert {mail.body for mail in post.mail} == {post.mail[0].body}
    assert await post.states() == ["sent"]


async def test_a_sender_that_was_too_slow_records_nothing_of_what_is_anothers_by_now(post):
    await post.late(3)
    await post.night()
    slow = post.sender()
    batch = await slow.claim(post.library.town.agency)
    post.library.clock.now += timedelta(minutes=6)
    await post.send()
    post.pigeons[ChannelName.EMAIL].answers = [Delivery(Verdict.REJECTED, detail="smtp_550")]
    await slow.deliver(batch)
    assert await post.states("notice_message") == ["sent"]


async def test_a_childs_overdue_books_are_told_to_the_adult_who_answers_for_them(post):
    import datetime as dt  # noqa: PLC0415 - a birth date

    child = await post.reader(group="child", born=dt.date(2018, 5, 17))
    adult = await post.reader()
    await post.library.run(
        lambda tx: tx.execute(
            "INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)"
            " VALUES ($1, $2, $3, true, daterange('2020-01-01', NULL))",
            tx.agency,
            child.id,
            adult.id,
        )
    )
    await post.late(3, child)
    assert await post.night() == 2
    await post.send()
    assert sum("(Søren Låner)" in mail.body for mail in post.mail) == 1


async def test_texts_are_forgotten_and_that_it_was_said_is_not(post):
    from faelles.notices.sending.operations import forget_texts  # noqa: PLC0415 - used here alone

    await post.late(3)
    await post.night()
    await post.send()
    assert await post.library.run(lambda tx: forget_texts(tx, 30)) == 0
    post.library.clock.pass_days(31)
    assert await post.library.run(lambda tx: forget_texts(tx, 30)) == 1
    row = await post.library.run(
        lambda tx: tx.row("SELECT state, recipient, subject, body FROM notice_message WHERE agency_id = $1", tx.agency)
    )
    assert tuple(row) == ("sent", None, None, None)


async def test_events_name_no_patron(post):
    reader, _ = await post.late(3)
    await post.night()
    await post.send()
    rows = await post.library.run(
        lambda tx: tx.rows(
            "SELECT e::text AS said FROM event AS e WHERE agency_id = $1 AND kind LIKE 'notice.%'", tx.agency
        )
    )
    assert len(rows) == 1
    assert str(reader.id) not in rows[0]["said"]


@pytest.mark.parametrize("cancelling", [cancel_unfillable, cancel_holds])
async def test_who_waited_for_what_is_gone_is_told_that_it_is(post, cancelling):
    reader, item = await post.reader(), await post.library.copy()
    hold = (await wish(post.library, reader, await title_of(post.library, item))).transaction
    sql = "UPDATE item SET withdrawn_at = $3, withdrawn_why = 'Slidt' WHERE agency_id = $1 AND number = $2"
    await post.library.run(lambda tx: tx.execute(sql, tx.agency, item, tx.now))
    await post.library.run(lambda tx: cancelling(tx, post.library.librarian, CancelHolds(holds=(hold,))))
    assert await post.read_events() == 1
    assert await post.send() == 1
    [mail] = post.mail
    assert mail.subject == "Reservering slettet"
    assert ("Frøken Smillas fornemmelse for sne: vi har den desværre ikke længere" in mail.body) is (
        cancelling is cancel_unfillable
    )


async def test_what_stands_ready_of_a_periodical_is_named_with_its_issue(post):
    reader = await post.reader()
    _, (issue, _) = await periodical(post.library)
    await wish_for(post.library, issue, reader=reader)
    number = "SELECT number FROM copy WHERE agency_id = $1 AND issue_id = $2"
    await post.library.take_back(await post.library.run(lambda tx: tx.value(number, tx.agency, issue)))
    assert await post.read_events() == 1
    assert await post.send() == 1
    assert "Frøken Smillas fornemmelse for sne, 2026, nr. 1" in post.mail[0].body
