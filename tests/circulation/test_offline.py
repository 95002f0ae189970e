"""What happened while nobody could ask is taken as fact."""

from datetime import date, datetime, timedelta

import pytest

from circulation.holds.wishing import title_of, wish
from circulation.lending_library import LendingLibrary, Reader
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.loans.model import Outcome
from faelles.circulation.loans.offline import record_offline
from faelles.circulation.loans.offline_model import CONFLICTS, Happened, OfflineAnswer, OfflineEntry
from faelles.circulation.looking.operations import show_loan
from faelles.circulation.worklist.model import Settle, WorkEntry
from faelles.circulation.worklist.operations import list_work, settle
from faelles.ground.errors import InvalidRequestError, NotFoundError
from faelles.ground.ids import LoanId
from faelles.people.model import Caller, Permission
from faelles.policies.knobs import SHORT_LOAN_DAYS, SHORT_LOAN_FROM_HOLDS


async def happened(
    library: LendingLibrary,
    what: Happened,
    item: str,
    at: datetime,
    card: str | None = None,
    *,
    due_on: date | None = None,
) -> OfflineAnswer:
    entry = OfflineEntry(what=what, item=item, branch=library.town.main, happened_at=at, card=card, due_on=due_on)
    return await library.run(lambda tx: record_offline(tx, library.librarian, library.keyring, entry))


async def handed_to(
    library: LendingLibrary,
    item: str,
    answering: Reader,
    second: int,
    *,
    hours_ago: int = 1,
    caller: Caller | None = None,
) -> OfflineAnswer:
    entry = OfflineEntry(
        what=Happened.CHECKOUT,
        item=item,
        branch=library.town.main,
        happened_at=library.clock.now - timedelta(hours=hours_ago),
        patron=answering.id,
        second_borrower=second,
    )
    return await library.run(lambda tx: record_offline(tx, caller or library.librarian, library.keyring, entry))


async def have(library: LendingLibrary, loan: LoanId | None) -> tuple[int | None, int | None]:
    """Who answers for an open loan, and who has it in hand."""
    assert loan is not None
    shown = await library.run(lambda tx: show_loan(tx, library.librarian, loan))
    return shown.borrower, shown.second_borrower


async def work(library: LendingLibrary) -> list[WorkEntry]:
    return await library.run(lambda tx: list_work(tx, library.librarian))


async def test_a_loan_made_offline_has_its_own_time(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    answer = await happened(library, Happened.CHECKOUT, book, library.clock.now - timedelta(hours=3), reader.card)
    assert (answer.outcome, answer.conflicts) == (Outcome.LENT, ())
    assert await work(library) == []


async def test_a_due_date_before_the_loan_is_nobodys_word(library: LendingLibrary):
    reader, book, at = await library.reader(), await library.copy(), library.clock.now - timedelta(days=2)
    the_day_before = at.date() - timedelta(days=1)
    answer = await happened(library, Happened.CHECKOUT, book, at, reader.card, due_on=the_day_before)
    assert answer.outcome is Outcome.LENT
    assert [each.code for each in answer.conflicts] == [BlockCode.DUE_DATE_NOT_ALLOWED]
    assert answer.loan is not None
    lent = await library.run(lambda tx: show_loan(tx, library.librarian, LoanId(answer.loan or 0)))
    assert lent.due_on > library.clock.now.date()  # what the rules say
    (listed,) = await work(library)
    assert (listed.loan, listed.details) == (answer.loan, {"conflicts": "due_date_not_allowed"})


async def test_a_told_due_date_on_the_day_of_the_loan_stands(library: LendingLibrary):
    reader, book, at = await library.reader(), await library.copy(), library.clock.now - timedelta(days=2)
    answer = await happened(library, Happened.CHECKOUT, book, at, reader.card, due_on=at.date())
    assert (answer.outcome, answer.conflicts) == (Outcome.LENT, ())


async def test_the_same_entry_again_changes_nothing(library: LendingLibrary):
    reader, book, at = await library.reader(), await library.copy(), library.clock.now - timedelta(hours=3)
    first = await happened(library, Happened.CHECKOUT, book, at, reader.card)
    library.clock.pass_days(1)
    again = await happened(library, Happened.CHECKOUT, book, at, reader.card)
    assert (again.outcome, again.loan) == (Outcome.REPEATED, first.loan)


async def test_the_same_at_another_branch_is_another_entry(library: LendingLibrary):
    reader, book, at = await library.reader(), await library.copy(), library.clock.now - timedelta(hours=3)
    first = await happened(library, Happened.CHECKOUT, book, at, reader.card)
    entry = OfflineEntry(
        what=Happened.CHECKOUT, item=book, branch=library.town.suburb, happened_at=at, card=reader.card
    )
    answer = await library.run(lambda tx: record_offline(tx, library.librarian, library.keyring, entry))
    assert (answer.outcome, answer.loan) == (Outcome.REPEATED, first.loan)


async def test_what_a_rule_would_have_stopped_is_lent_and_listed(library: LendingLibrary):
    reader, book = await library.reader(ends=date(2027, 1, 1)), await library.copy(not_for_loan="Læsesal")
    answer = await happened(library, Happened.CHECKOUT, book, library.clock.now - timedelta(hours=3), reader.card)
    assert answer.outcome is Outcome.LENT
    (entry,) = await work(library)
    assert (entry.loan, entry.details) == (answer.loan, {"conflicts": "material_not_loanable,membership_ended"})


async def test_an_unknown_card_lends_nothing_and_is_listed(library: LendingLibrary):
    book = await library.copy()
    answer = await happened(library, Happened.CHECKOUT, book, library.clock.now, "K000000001")
    assert answer.outcome is Outcome.REFUSED
    (entry,) = await work(library)
    assert (entry.scanned_card, entry.scanned_item) == ("K000000001", book)
    assert await library.state_of(book) == "available"


async def test_a_book_that_was_still_on_loan_had_evidently_come_back(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(await library.reader(), book)
    library.clock.pass_days(1)
    answer = await happened(library, Happened.CHECKOUT, book, library.clock.now - timedelta(hours=1), reader.card)
    assert (answer.outcome, [each.code for each in answer.conflicts]) == (Outcome.LENT, [BlockCode.ON_LOAN_TO_OTHER])
    assert len(await work(library)) == 1


async def test_a_book_that_another_pupil_of_the_class_has_now_is_theirs(library: LendingLibrary):
    teacher, anna, bo, book = *[await library.reader() for _ in range(3)], await library.copy()
    await handed_to(library, book, teacher, anna.id, hours_ago=3)
    again = await handed_to(library, book, teacher, anna.id, hours_ago=2)
    assert (again.outcome, await work(library)) == (Outcome.REPEATED, [])
    answer = await handed_to(library, book, teacher, bo.id, hours_ago=1)
    assert (answer.outcome, await have(library, answer.loan)) == (Outcome.LENT, (teacher.id, bo.id))
    assert [(each.loan, each.details) for each in await work(library)] == [
        (answer.loan, {"conflicts": "already_loaned"})
    ]


async def test_whoever_has_it_in_hand_is_looked_at_and_named_only_within_reach(library: LendingLibrary):
    reader, other, book = await library.reader(), await library.reader(), await library.copy()
    pupil = await library.reader(division=library.town.schools)
    permissions = frozenset({Permission.OFFLINE, Permission.CHECKOUT})
    clerk = library.staff(permissions, division=library.town.library)
    await handed_to(library, await library.copy(), reader, other.id)
    assert await library.looks_at(other) == ["offline_checkout"]
    for unknown in (pupil.id, 4711):
        answer = await handed_to(library, book, reader, unknown, caller=clerk)
        assert [each.code for each in answer.conflicts][-1] is BlockCode.SECOND_BORROWER_NOT_FOUND
        assert await have(library, answer.loan) == (reader.id, None)
        library.clock.pass_days(1)
    assert await library.looks_at(pupil) == []


async def test_who_is_told_of_is_looked_at_where_nothing_is_lent(library: LendingLibrary):
    reader, book, yesterday = await library.reader(), await library.copy(), library.clock.now
    await happened(library, Happened.CHECKOUT, "0000000000", yesterday, reader.card)
    library.clock.pass_days(1)
    await library.lend(await library.reader(), book)
    await happened(library, Happened.CHECKOUT, book, yesterday, reader.card)
    await library.take_back(book)
    await library.lend(reader, book)
    await happened(library, Happened.CHECKOUT, book, library.clock.now, reader.card)
    assert await library.looks_at(reader) == ["offline_checkout", "checkout", *["offline_checkout"] * 2]


async def test_the_day_that_was_told_stands_however_many_wait(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.set_rule(SHORT_LOAN_DAYS, 3)
    await library.set_rule(SHORT_LOAN_FROM_HOLDS, 1)
    await wish(library, await library.reader(), await title_of(library, book))
    told = date(2027, 3, 22)
    entry = OfflineEntry(
        what=Happened.CHECKOUT,
        item=book,
        branch=library.town.main,
        happened_at=library.clock.now,
        card=reader.card,
        due_on=told,
    )
    answer = await library.run(lambda tx: record_offline(tx, library.librarian, library.keyring, entry))
    loan = answer.loan
    assert loan is not None
    assert (await library.run(lambda tx: show_loan(tx, library.librarian, loan))).due_on == told


async def test_a_loan_from_before_the_present_one_takes_nothing_away(library: LendingLibrary):
    reader, other, book = await library.reader(), await library.reader(), await library.copy()
    yesterday = library.clock.now
    library.clock.pass_days(1)
    loan = (await library.lend(other, book)).loan
    answer = await happened(library, Happened.CHECKOUT, book, yesterday, reader.card)
    assert (answer.outcome, len(await work(library))) == (Outcome.REFUSED, 1)
    library.clock.pass_days(1)
    assert (await library.take_back(book)).loan == loan


async def test_a_renewal_with_a_card_that_nobody_has_holds_and_is_listed(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    loan = (await library.lend(reader, book)).loan
    library.clock.pass_days(3)
    answer = await happened(library, Happened.RENEWAL, book, library.clock.now - timedelta(hours=1), "K000000001")
    assert (answer.outcome, answer.loan) == (Outcome.RENEWED, loan)
    (entry,) = await work(library)
    assert (entry.scanned_card, entry.details["conflicts"]) == ("K000000001", "patron_not_found")


async def test_a_renewal_of_what_somebody_waits_for_holds_and_is_listed(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    loan = (await library.lend(reader, book)).loan
    await wish(library, await library.reader(), await title_of(library, book))
    library.clock.pass_days(3)
    answer = await happened(library, Happened.RENEWAL, book, library.clock.now - timedelta(hours=1), reader.card)
    assert (answer.outcome, answer.loan) == (Outcome.RENEWED, loan)
    assert [each.code for each in answer.conflicts] == [BlockCode.WAITED_FOR]
    assert len(await work(library)) == 1


@pytest.mark.parametrize("what", [Happened.CHECKOUT, Happened.RENEWAL])
@pytest.mark.parametrize("typed", ["6102030000", "610203-0000", "610203 0000"])
async def test_of_an_unknown_civil_registration_number_only_the_birth_date_is_listed(
    library: LendingLibrary, what: Happened, typed: str
):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.pass_days(3)
    await happened(library, what, book, library.clock.now - timedelta(hours=1), typed)
    (entry,) = await work(library)
    assert entry.scanned_card == "610203-****"


async def test_an_offline_return_counts_from_its_own_time(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.turn_to(date(2027, 4, 6))
    at = library.clock.now - timedelta(days=8)
    assert (await happened(library, Happened.RETURN, book, at)).outcome is Outcome.RETURNED
    assert await library.owed(reader) == 0


async def test_a_return_from_before_the_present_loan_changes_nothing(library: LendingLibrary):
    book = await library.copy()
    await library.lend(await library.reader(), book)
    answer = await happened(library, Happened.RETURN, book, library.clock.now - timedelta(days=1))
    assert answer.outcome is Outcome.NOT_ON_LOAN
    assert await library.state_of(book) == "on_loan"


async def test_an_unknown_item_is_listed(library: LendingLibrary):
    answer = await happened(library, Happened.RETURN, "0000000000", library.clock.now)
    assert answer.outcome is Outcome.REFUSED
    assert [entry.scanned_item for entry in await work(library)] == ["0000000000"]


async def test_what_cannot_be_taken_is_listed_once_however_often_it_is_sent(library: LendingLibrary):
    at = library.clock.now
    for _ in range(2):
        await happened(library, Happened.RETURN, "0000000000", at)
    assert len(await work(library)) == 1


async def test_a_dry_run_tells_the_conflicts_and_writes_nothing(library: LendingLibrary):
    reader, book = await library.reader(ends=date(2027, 1, 1)), await library.copy()
    entry = OfflineEntry(
        what=Happened.CHECKOUT,
        item=book,
        branch=library.town.main,
        happened_at=library.clock.now,
        card=reader.card,
        dry_run=True,
    )
    answer = await library.run(lambda tx: record_offline(tx, library.librarian, library.keyring, entry))
    assert (answer.outcome, [each.code for each in answer.conflicts]) == (
        Outcome.ALLOWED,
        [BlockCode.MEMBERSHIP_ENDED],
    )
    assert (await work(library), await library.state_of(book)) == ([], "available")


async def test_the_future_has_not_happened(library: LendingLibrary):
    with pytest.raises(InvalidRequestError):
        await happened(library, Happened.RETURN, "0000000000", library.clock.now + timedelta(minutes=1))


async def test_a_settled_entry_leaves_the_list_and_forgets_the_card(library: LendingLibrary):
    await happened(library, Happened.CHECKOUT, await library.copy(), library.clock.now, "K000000001")
    (entry,) = await work(library)
    settled = await library.run(lambda tx: settle(tx, library.librarian, entry.id, Settle(how="Talt med låneren")))
    assert (settled.settled_how, settled.scanned_card) == ("Talt med låneren", None)
    assert await work(library) == []


async def test_a_school_does_not_see_the_public_librarys_list(library: LendingLibrary):
    await happened(library, Happened.RETURN, "0000000000", library.clock.now)
    (entry,) = await work(library)
    school = library.staff(frozenset({Permission.WORKLIST}), division=library.town.schools)
    assert await library.run(lambda tx: list_work(tx, school)) == []
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: settle(tx, school, entry.id, Settle(how="Set")))


def test_the_table_says_what_happens_to_every_block_of_a_check_out():
    of_renewals = {
        BlockCode.LOAN_NOT_FOUND,
        BlockCode.MAX_RENEWALS_REACHED,
        BlockCode.RENEWED_TOO_SOON,
        BlockCode.RENEWED_TOO_LATE,
        BlockCode.RENEWAL_GAINS_NOTHING,
        BlockCode.MATERIAL_LOST,
        BlockCode.CLAIMED_RETURNED,
        BlockCode.WAITED_FOR,
    }
    of_holds = {
        BlockCode.TITLE_NOT_FOUND,
        BlockCode.ISSUE_NOT_FOUND,
        BlockCode.ALREADY_RESERVED,
        BlockCode.HELD_BOTH_WAYS,
        BlockCode.TOO_MANY_HOLDS,
        BlockCode.TOO_MANY_HOLDS_OF_GROUP,
        BlockCode.TOO_MANY_HOLDS_TODAY,
        BlockCode.MATERIAL_NOT_RESERVABLE,
        BlockCode.INTERLIBRARY_NOT_RESERVABLE,
        BlockCode.NO_RESERVABLE_MATERIALS,
        BlockCode.ISSUE_NEEDED,
        BlockCode.AVAILABLE_ON_SHELF,
        BlockCode.PICKUP_NOT_ALLOWED,
        BlockCode.LENT_BEFORE_HOMEBOUND,
        BlockCode.HOLD_UNKNOWN,
        BlockCode.HOLD_ON_ITS_WAY,
    }
    of_asking = {
        BlockCode.SIGN_IN_FAILED,
        BlockCode.LOCKED_OUT,
        BlockCode.PIN_NEEDED,
        BlockCode.RETURN_NOT_HERE,
        BlockCode.MATERIAL_FOREIGN,
    }
    assert set(BlockCode) - CONFLICTS.keys() == of_renewals | of_holds | of_asking
