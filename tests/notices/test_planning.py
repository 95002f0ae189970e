"""What events and days call for, to whom, and once."""

from datetime import date, timedelta

import pytest

from faelles.fees.desk import operations as desk
from faelles.fees.desk.model import ManualCharge, Means, Pay
from faelles.fees.exclusion.model import Standing
from faelles.fees.exclusion.operations import notices, write_notices
from faelles.fees.model import Parties, Uncollected
from faelles.fees.operations import charge_uncollected
from faelles.ground.events import Event, append
from faelles.ground.ids import HoldId
from faelles.ground.money import Ore
from faelles.notices.channels.port import Delivery, Verdict
from faelles.notices.looking import operations as looking
from faelles.notices.looking.model import ReportBounce
from faelles.notices.model import ChannelName, kinds
from faelles.notices.planning import rules
from faelles.notices.planning.operations import tell

CARDS = """
INSERT INTO patron_identifier (agency_id, patron_id, kind, lookup, valid_from, ended_at, ended_why)
SELECT $1, $2, 'card', 'gone ' || n, $3, $3, 'lost' FROM generate_series(1, 5) AS n
"""
LATER = Delivery(Verdict.TRY_AGAIN, detail="450")
AGAIN = """
INSERT INTO notice (agency_id, kind, occasion, patron_id, division_id, channel, subject_id, planned_at, send_after)
SELECT agency_id, kind, 'again', patron_id, division_id, channel, subject_id, planned_at, send_after
  FROM notice WHERE agency_id = $1 AND kind = 'exclusion_warning'
"""


async def test_a_lost_book_is_billed_once_to_whoever_answers_for_it(post):
    reader = await post.reader(contact="email street")
    item = await post.library.copy()
    await post.library.lend(reader, item)
    await post.library.lose(item)
    assert await post.read_events() >= 1
    await post.send()
    assert "Regning for erstatning" in post.subjects
    assert "Frøken Smillas" in post.mail[0].body
    assert await post.read_events() == 0


async def test_a_bill_that_was_settled_before_it_went_is_not_sent(post):
    reader = await post.reader()
    item = await post.library.copy()
    await post.library.lend(reader, item)
    await post.library.lose(item)
    await post.read_events()
    await post.library.take_back(item)
    await post.send()
    assert "Regning for erstatning" not in post.subjects


async def test_a_payment_for_several_claims_is_one_receipt(post):
    reader = await post.reader()
    library = post.library
    charge = ManualCharge(branch=library.town.main, amount_ore=2_000, reason="Kaffe", kind="manual")
    for _ in range(2):
        await library.run(lambda tx: desk.charge_manually(tx, library.librarian, reader.id, charge))
    library.clock.pass_days(1)
    await post.read_events()
    await post.send()
    post.mail.clear()
    paid = Pay(branch=library.town.main, amount_ore=4_000, means=Means.CASH, reference="kasse/1")
    await library.run(lambda tx: desk.pay(tx, library.librarian, reader.id, paid))
    assert await post.read_events() == 1
    await post.send()
    assert post.subjects == ["Kvittering for betaling"]
    assert "40,00\N{NO-BREAK SPACE}kr." in post.mail[0].body
    assert "kasse/1" in post.mail[0].body


async def test_new_members_are_welcomed_the_night_after(post):
    await post.reader()
    assert await post.night() == 0
    post.library.clock.pass_days(1)
    assert await post.night() == 1
    assert await post.night() == 0
    await post.send()
    assert post.subjects[0].startswith("Velkommen til")


async def test_a_patron_with_more_on_one_day_than_a_part_holds_does_not_stop_the_night(post, monkeypatch):
    monkeypatch.setattr("faelles.notices.planning.nightly.PATRONS_AT_A_TIME", 2)
    readers = [await post.reader() for _ in range(3)]
    await post.library.run(lambda tx: tx.execute(CARDS, tx.agency, min(each.id for each in readers), tx.now))
    post.library.clock.pass_days(1)
    assert await post.night() == 3 + 5
    assert await post.night() == 0


async def test_a_whole_school_that_joins_on_one_day_is_welcomed_in_parts(post, monkeypatch):
    monkeypatch.setattr("faelles.notices.planning.nightly.PATRONS_AT_A_TIME", 2)
    for _ in range(5):
        await post.reader()
    post.library.clock.pass_days(1)
    assert await post.night() == 5
    await post.send()
    assert len(post.mail) == 5


async def test_a_membership_about_to_end_is_told_unless_another_follows(post):
    today = post.library.clock.now.date()
    for _ in range(2):
        reader = await post.reader(ends=today + timedelta(days=41))
    await post.library.run(
        lambda tx: tx.execute(
            "INSERT INTO membership (agency_id, patron_id, division_id, role, patron_group_id, valid)"
            " SELECT agency_id, patron_id, division_id, role, patron_group_id, daterange(upper(valid), NULL)"
            "  FROM membership WHERE agency_id = $1 AND patron_id = $2",
            tx.agency,
            reader.id,
        )
    )
    post.library.clock.pass_days(10)
    assert await post.night() == 1
    await post.send()
    assert post.subjects == ["Dit medlemskab udløber"]


async def test_old_events_are_no_news(post):
    reader = await post.reader()
    await post.wish(reader, '{"kinds": {"loan_receipt": true}}')
    await post.library.lend(reader, await post.library.copy())
    post.library.clock.now += rules.NEWS_FOR + timedelta(days=1)
    assert await post.read_events() == 0


async def test_an_event_about_nobody_we_know_is_passed_over(post):
    await post.library.run(lambda tx: append(tx, Event(kind="hold.ready", hold=1), Event(kind="fee_charged")))
    assert await post.read_events() == 0


async def test_a_night_plans_in_pages(post, monkeypatch):
    from faelles.notices.planning import nightly  # noqa: PLC0415 - patched here alone

    monkeypatch.setattr(nightly, "LOANS_AT_A_TIME", 2)
    reader = await post.reader()
    for _ in range(5):
        lent = await post.library.lend(reader, await post.library.copy())
    post.library.clock.turn_to(lent.due_on + timedelta(days=3))
    assert await post.night() == 5


async def test_who_said_that_a_book_was_handed_in_hears_when_it_is_found(post):
    _, item = await post.late(2)
    await post.library.claim_returned(item)
    await post.read_events()
    await post.library.take_back(item, found=True)
    assert await post.read_events() == 1
    await post.send()
    assert post.subjects == ["Afklaret: materiale du sagde var afleveret"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [("interlibrary_arrived", "Fjernlån er kommet"), ("absence_ended", "Dine reserveringer er i gang igen")],
)
async def test_what_a_room_above_asks_for_is_said_once(post, kind, said):
    reader, division = await post.reader(), post.library.town.library
    for _ in range(2):
        await post.library.run(
            lambda tx: tell(tx, kinds()[kind], reader.id, division, occasion=f"{kind}/1", day=date(2027, 3, 8))
        )
    await post.send()
    assert post.subjects == [said]


async def _warned(post):
    """A reader who owes 250 kroner, whose warning of exclusion is planned and not yet sent."""
    reader, library = await post.reader(), post.library
    charge = ManualCharge(branch=library.town.main, amount_ore=25_000, reason="Kaffe", kind="manual")
    await library.run(lambda tx: desk.charge_manually(tx, library.librarian, reader.id, charge))
    await library.run(lambda tx: write_notices(tx, library.librarian))
    await post.read_events()
    return reader


async def test_who_owes_too_much_reads_what_and_until_when(post):
    await _warned(post)
    await post.send()
    assert "Du skylder biblioteket 250,00" in post.mail[0].body
    assert "9. marts 2027" in post.mail[0].body


async def test_a_warning_that_goes_out_late_gives_as_many_days_and_one_said_again_moves_nothing(post):
    library, reader = post.library, await _warned(post)
    for days, said in ((10, "ikke inden 19. marts 2027, kan du ikke låne"), (2, "ikke inden 21. marts 2027, kan du")):
        library.clock.pass_days(days)
        post.pigeons[ChannelName.EMAIL].answers = [LATER]
        await post.send()
        assert said in post.mail[-1].body
    await post.send()
    library.clock.pass_days(1)
    await post.send()
    [line] = await library.run(lambda tx: notices(tx, library.librarian, reader.id))
    assert (line.excludes_on, line.standing) == (date(2027, 3, 22), Standing.RUNNING)
    await library.run(lambda tx: tx.execute(AGAIN, tx.agency))
    library.clock.pass_days(8)
    await post.send()
    assert "blev ikke betalt inden 22. marts 2027, og derfor kan du ikke låne" in post.mail[-1].body


async def test_a_warning_that_nobody_took_excludes_nobody_until_it_was_given_on_paper(post):
    library, reader = post.library, await _warned(post)
    caller = library.librarian

    async def standing() -> Standing:
        [line] = await library.run(lambda tx: notices(tx, caller, reader.id))
        return line.standing

    await post.send()
    [sent] = await library.run(lambda tx: looking.list_messages(tx, caller, reader.id, before=None, limit=50))
    assert await standing() is Standing.RUNNING
    library.clock.pass_days(9)
    assert await standing() is Standing.EXCLUDES
    await library.run(lambda tx: looking.report_bounce(tx, caller, sent.id, ReportBounce(detail="5.1.1")))
    assert await standing() is Standing.UNTOLD
    await library.run(lambda tx: looking.hand_over(tx, caller, sent.id))
    assert await standing() is Standing.RUNNING
    library.clock.pass_days(8)
    assert await standing() is Standing.EXCLUDES


@pytest.mark.parametrize("paid_ore", [5_001, 25_000])
async def test_a_warning_is_not_sent_to_whom_the_debt_no_longer_excludes(post, paid_ore):
    library, reader = post.library, await _warned(post)
    paid = Pay(branch=library.town.main, amount_ore=paid_ore, means=Means.CASH, reference="k-2")
    await library.run(lambda tx: desk.pay(tx, library.librarian, reader.id, paid))
    await post.send()
    assert not any("Du skylder" in envelope.body for envelope in post.mail)


async def test_a_hold_nobody_collected_is_billed_once(post):
    reader, library = await post.reader(), post.library
    uncollected = Uncollected(
        parties=Parties(patron=reader.id, liable=reader.id, addressee=reader.id),
        division=library.town.library,
        branch=library.town.main,
        hold=HoldId(10_000_001),
        amount_ore=Ore(2_000),
        rule=None,
    )
    for _ in range(2):
        await library.run(lambda tx: charge_uncollected(tx, uncollected))
    assert await post.read_events() == 1
    library.clock.pass_days(1)
    await post.send()
    assert post.subjects == ["Nyt gebyr"]
    assert "20,00" in post.mail[0].body


async def test_a_found_book_that_was_paid_for_is_told_of_once(post):
    reader, library = await post.reader(), post.library
    item = await library.copy()
    await library.lend(reader, item)
    await library.lose(item)
    paid = Pay(branch=library.town.main, amount_ore=19_900, means=Means.CASH, reference="k-2")
    await library.run(lambda tx: desk.pay(tx, library.librarian, reader.id, paid))
    await post.read_events()
    await library.take_back(item)
    assert await post.read_events() == 1
