"""What a check-out does, and everything that can stand in its way."""

from datetime import date, timedelta

import msgspec
import pytest

from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans.model import CheckoutAnswer, CheckoutRequest, Outcome, Remark
from faelles.circulation.loans.operations import checkout
from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from faelles.people.model import Permission
from faelles.policies.knobs import DEBT_LIMIT_ORE, DUE_WITHIN_MEMBERSHIP, OVERDUE_BLOCKS_CHECKOUT, Effect
from town import Town


def codes(answer: CheckoutAnswer) -> set[BlockCode]:
    return {block.code for block in answer.blocks}


async def test_a_book_is_lent_for_four_weeks_and_over_easter_monday(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    answer = await library.lend(reader, book)
    assert (answer.outcome, answer.due_on) == (Outcome.LENT, date(2027, 3, 30))
    assert await library.state_of(book) == "on_loan"
    assert "loan.opened" in await library.events()


async def test_a_scan_entered_for_another_day_never_renews(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.pass_days(40)
    answer = await library.lend(reader, book, lent_at=library.clock.now - timedelta(days=39))
    assert (answer.outcome, answer.charged_ore) == (Outcome.REFUSED, 0)
    assert BlockCode.ALREADY_LOANED in codes(answer)


async def test_whom_the_caller_may_not_see_can_be_no_second_borrower(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    pupil = await library.reader(division=library.town.schools)
    clerk = library.staff(frozenset({Permission.CHECKOUT}), division=library.town.library)
    answer = await library.lend(reader, book, caller=clerk, second_borrower=pupil.id)
    assert (answer.outcome, codes(answer)) == (Outcome.REFUSED, {BlockCode.SECOND_BORROWER_NOT_FOUND})


async def test_a_class_of_material_has_its_own_period(library: LendingLibrary):
    answer = await library.lend(await library.reader(), await library.copy("quick_loan"))
    assert answer.due_on == date(2027, 3, 15)


async def test_what_no_rule_allows_is_refused_as_having_no_profile(library: LendingLibrary):
    answer = await library.lend(await library.reader(), await library.copy("any"))
    assert codes(answer) == {BlockCode.LOANING_PROFILE_NOT_FOUND}


async def test_a_refusal_lists_every_block_with_who_may_override_it(library: LendingLibrary):
    reader = await library.reader(ends=date(2027, 1, 1))
    book = await library.copy(not_for_loan="Læsesal", condition="in_repair")
    answer = await library.lend(reader, book)
    assert {block.code: block.override for block in answer.blocks} == {
        BlockCode.MEMBERSHIP_ENDED: Permission.OVERRIDE_BLOCK,
        BlockCode.MATERIAL_NOT_LOANABLE: Permission.OVERRIDE_LENDABLE,
        BlockCode.MATERIAL_NOT_READY: Permission.OVERRIDE_LENDABLE,
    }
    assert await library.state_of(book) == "available"


async def test_staff_step_over_a_block_with_a_reason_that_is_kept(library: LendingLibrary):
    book = await library.copy(not_for_loan="Læsesal")
    answer = await library.lend(
        await library.reader(),
        book,
        overrides=frozenset({BlockCode.MATERIAL_NOT_LOANABLE}),
        reason="Aftalt med læsesalen",
    )
    assert answer.outcome is Outcome.LENT
    kept = await library.run(
        lambda tx: tx.rows("SELECT block, reason FROM loan_override WHERE loan_id = $1", answer.loan)
    )
    assert [tuple(row) for row in kept] == [("material_not_loanable", "Aftalt med læsesalen")]


async def test_stepping_over_needs_the_permission(library: LendingLibrary):
    assistant = library.staff(frozenset({Permission.CHECKOUT}))
    answer = await library.lend(
        await library.reader(),
        await library.copy(not_for_loan="Læsesal"),
        caller=assistant,
        overrides=frozenset({BlockCode.MATERIAL_NOT_LOANABLE}),
        reason="Bare fordi",
    )
    assert codes(answer) == {BlockCode.MATERIAL_NOT_LOANABLE}


async def test_stepping_over_needs_a_reason(library: LendingLibrary):
    with pytest.raises(InvalidRequestError):
        await library.lend(
            await library.reader(), await library.copy(), overrides=frozenset({BlockCode.TOO_MANY_LOANS}), reason=" "
        )


async def test_unknown_patron_and_unknown_item_are_both_told(library: LendingLibrary):
    request = CheckoutRequest(borrower=Borrower(card="K000000000"), item="0000000000", branch=library.town.main)
    answer = await library.run(lambda tx: checkout(tx, library.librarian, library.keyring, request))
    assert codes(answer) == {BlockCode.PATRON_NOT_FOUND, BlockCode.MATERIAL_NOT_FOUND}


async def test_a_book_on_loan_to_another_is_refused(library: LendingLibrary):
    book = await library.copy()
    await library.lend(await library.reader(), book)
    assert codes(await library.lend(await library.reader(), book)) == {BlockCode.ON_LOAN_TO_OTHER}


async def test_a_copy_in_hand_is_returned_first_where_staff_say_so(library: LendingLibrary):
    anna, bo, book = await library.reader(), await library.reader(), await library.copy()
    first = await library.lend(anna, book)
    library.clock.pass_days(40)
    wish = {"overrides": frozenset({BlockCode.ON_LOAN_TO_OTHER}), "reason": "Stod på hylden"}
    rehearsed = await library.lend(bo, book, dry_run=True, **wish)
    assert (rehearsed.outcome, await library.owed(anna)) == (Outcome.ALLOWED, 0)
    answer = await library.lend(bo, book, **wish)
    assert (answer.outcome, answer.charged_ore) == (Outcome.LENT, 0)
    assert Remark.RETURNED_FOR_OTHER in answer.warnings
    assert (await library.owed(anna), await library.owed(bo)) == (12_000, 0)
    assert await library.overrides_of(answer.loan) == [("on_loan_to_other", "Stod på hylden")]
    assert [each.outcome for each in await library.renew(first.loan)] == [Outcome.REFUSED]


async def test_a_lost_copy_that_is_lent_on_is_no_longer_charged(library: LendingLibrary):
    anna, book = await library.reader(), await library.copy()
    await library.lend(anna, book)
    await library.lose(book)
    assert await library.owed(anna) > 0
    wish = {"overrides": frozenset({BlockCode.ON_LOAN_TO_OTHER}), "reason": "Fundet"}
    answer = await library.lend(await library.reader(), book, **wish)
    assert {Remark.ITEM_FOUND, Remark.RETURNED_FOR_OTHER} <= set(answer.warnings)
    assert (await library.owed(anna), await library.state_of(book)) == (0, "on_loan")


async def test_the_last_day_of_a_membership_is_the_last_due_date(library: LendingLibrary):
    await library.set_rule(DUE_WITHIN_MEMBERSHIP, value=True)
    last = library.clock.now.date() + timedelta(days=8)
    reader = await library.reader(ends=last + timedelta(days=1))
    due_on = (await library.lend(reader, await library.copy())).due_on
    assert due_on
    assert due_on <= last


async def test_an_ended_membership_says_its_last_day(library: LendingLibrary):
    today = library.clock.now.date()
    answer = await library.lend(await library.reader(ends=today), await library.copy())
    assert [block.parameters for block in answer.blocks] == [{"ended_on": str(today - timedelta(days=1))}]


async def test_what_has_parts_is_to_be_checked(library: LendingLibrary):
    reader, box = await library.reader(), await library.copy()
    sql = (
        "INSERT INTO item_part (agency_id, item_id, number, description)"
        " SELECT agency_id, item_id, 1, 'Cd' FROM copy WHERE agency_id = $1 AND number = $2"
    )
    await library.run(lambda tx: tx.execute(sql, tx.agency, box))
    assert Remark.CHECK_PARTS in (await library.lend(reader, box)).warnings
    assert Remark.CHECK_PARTS in (await library.take_back(box)).warnings


async def test_what_is_lost_is_not_late_as_well(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.set_rule(OVERDUE_BLOCKS_CHECKOUT, Effect.REFUSE)
    await library.set_rule(DEBT_LIMIT_ORE, None)
    await library.lend(reader, book)
    library.clock.pass_days(40)
    assert codes(await library.lend(reader, await library.copy())) == {BlockCode.HAS_OVERDUES}
    await library.lose(book)
    assert (await library.lend(reader, await library.copy())).outcome is Outcome.LENT


async def test_scanning_again_at_once_is_the_same_loan(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    first = await library.lend(reader, book)
    again = await library.lend(reader, book)
    assert (again.outcome, again.loan, again.due_on) == (Outcome.REPEATED, first.loan, first.due_on)


async def test_scanning_what_one_has_renews_it_later(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    first = await library.lend(reader, book)
    library.clock.pass_days(7)
    again = await library.lend(reader, book)
    assert (again.outcome, again.loan, again.renewals) == (Outcome.RENEWED, first.loan, 1)
    assert again.due_on == date(2027, 4, 5)


async def test_a_terminal_that_does_not_renew_refuses_instead(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.pass_days(7)
    assert codes(await library.lend(reader, book, renew_own=False)) == {BlockCode.ALREADY_LOANED}


async def test_the_same_key_gives_the_first_answer(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    first = await library.lend(reader, book, key="scan-1")
    library.clock.pass_days(7)
    assert await library.lend(reader, book, key="scan-1") == first


async def test_a_repeat_under_a_key_stays_a_repeat(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    again = await library.lend(reader, book, key="scan-3")
    library.clock.pass_days(7)
    assert await library.lend(reader, book, key="scan-3") == again


async def test_a_rehearsed_repeat_leaves_its_key_free(library: LendingLibrary):
    reader, book, other = await library.reader(), await library.copy(), await library.copy()
    await library.lend(reader, book)
    await library.lend(reader, book, key="scan-4", dry_run=True)
    assert (await library.lend(reader, other, key="scan-4")).outcome is Outcome.LENT


async def test_the_same_key_for_another_request_is_an_error(library: LendingLibrary):
    reader = await library.reader()
    await library.lend(reader, await library.copy(), key="scan-1")
    with pytest.raises(ConflictError, match="idempotency_key_reused"):
        await library.lend(reader, await library.copy(), key="scan-1")


async def test_a_refusal_is_decided_again_under_its_key(library: LendingLibrary):
    reader, other, book = await library.reader(), await library.reader(), await library.copy()
    await library.lend(other, book)
    assert (await library.lend(reader, book, key="scan-2")).outcome is Outcome.REFUSED
    await library.take_back(book)
    assert (await library.lend(reader, book, key="scan-2")).outcome is Outcome.LENT


async def test_a_wrong_pin_and_an_unknown_card_look_alike(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    wrong = await library.lend(reader, book, pin="0000")
    reader.card = "K000000001"
    unknown = await library.lend(reader, book, pin="0000")
    assert wrong == unknown
    assert codes(wrong) == {BlockCode.SIGN_IN_FAILED}


async def test_five_wrong_pins_lock_the_card_for_the_right_one_too(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    for _ in range(5):
        await library.lend(reader, book, pin="0000")
    assert codes(await library.lend(reader, book, pin=reader.pin)) == {BlockCode.LOCKED_OUT}


async def test_the_right_pin_lends(library: LendingLibrary):
    reader = await library.reader()
    assert (await library.lend(reader, await library.copy(), pin=reader.pin)).outcome is Outcome.LENT


async def test_a_debt_at_the_limit_stops_lending(library: LendingLibrary):
    reader = await library.reader()
    await library.lend(reader, lost := await library.copy(price_ore=20_000))
    await library.lose(lost)
    answer = await library.lend(reader, await library.copy())
    assert codes(answer) == {BlockCode.DEBT_OVER_LIMIT}
    assert answer.blocks[0].parameters == {"balance_ore": 20_000, "limit_ore": 20_000}


async def test_a_child_is_too_young_for_a_film(library: LendingLibrary):
    child = await library.reader("child", born=date(2016, 3, 2))
    assert codes(await library.lend(child, await library.copy("film", minimum_age=11))) == {BlockCode.TOO_YOUNG}


async def test_a_limit_counts_only_its_own_kind(library: LendingLibrary):
    reader = await library.reader()
    for _ in range(5):
        assert (await library.lend(reader, await library.copy("game"))).outcome is Outcome.LENT
    assert codes(await library.lend(reader, await library.copy("game"))) == {BlockCode.TOO_MANY_OF_GROUP}
    assert (await library.lend(reader, await library.copy())).outcome is Outcome.LENT


async def test_a_pupil_has_no_membership_of_the_public_library(library: LendingLibrary):
    pupil = await library.reader("pupil", division=library.town.schools)
    assert BlockCode.MEMBERSHIP_MISSING in codes(await library.lend(pupil, await library.copy()))


async def test_a_text_book_is_due_at_the_end_of_the_school_year(library: LendingLibrary):
    pupil = await library.reader("pupil", division=library.town.schools)
    book = await library.copy("text_book", branch=library.town.school, shelf=library.town.school_shelf)
    answer = await library.lend(pupil, book, branch=library.town.school)
    assert answer.due_on == date(2027, 6, 30)


async def test_a_withdrawn_copy_cannot_be_lent(library: LendingLibrary):
    book = await library.copy(withdrawn_at=library.clock.now, withdrawn_why="Slidt")
    assert codes(await library.lend(await library.reader(), book)) == {BlockCode.MATERIAL_DISCARDED}


async def test_the_desk_may_choose_the_due_date(library: LendingLibrary):
    answer = await library.lend(await library.reader(), await library.copy(), due_on=date(2027, 12, 1))
    assert answer.due_on == date(2027, 12, 1)


async def test_a_due_date_in_the_past_is_refused(library: LendingLibrary):
    answer = await library.lend(await library.reader(), await library.copy(), due_on=date(2027, 2, 1))
    assert codes(answer) == {BlockCode.DUE_DATE_NOT_ALLOWED}


async def test_a_due_date_in_no_librarys_time_is_an_error(library: LendingLibrary):
    with pytest.raises(InvalidRequestError):
        await library.lend(await library.reader(), await library.copy(), due_on=date(9999, 12, 31))


async def test_a_past_due_date_cannot_be_stepped_over(library: LendingLibrary):
    answer = await library.lend(
        await library.reader(),
        await library.copy(),
        due_on=date(2027, 2, 1),
        overrides=frozenset({BlockCode.DUE_DATE_NOT_ALLOWED}),
        reason="Vil gerne",
    )
    assert codes(answer) == {BlockCode.DUE_DATE_NOT_ALLOWED}


async def test_a_block_for_self_service_does_not_count_at_the_desk(library: LendingLibrary):
    reader = await library.reader()
    await library.run(
        lambda tx: tx.execute(
            "INSERT INTO patron_block (agency_id, patron_id, code, starts_on, set_by)"
            " VALUES ($1, $2, 'S', '2020-01-01', 'staff:1')",
            tx.agency,
            reader.id,
        )
    )
    machine = msgspec.structs.replace(library.librarian, actor=Actor(ActorKind.MACHINE, 1))
    assert codes(await library.lend(reader, await library.copy(), caller=machine)) == {BlockCode.PATRON_BLOCKED}
    assert (await library.lend(reader, await library.copy())).outcome is Outcome.LENT


async def test_a_back_dated_loan_counts_from_then(library: LendingLibrary):
    answer = await library.lend(
        await library.reader(), await library.copy(), lent_at=library.clock.now - timedelta(days=7)
    )
    assert answer.due_on == date(2027, 3, 22)


async def test_a_loan_from_before_the_membership_says_when_it_begins(library: LendingLibrary):
    reader = await library.reader(begins=date(2027, 2, 28))
    answer = await library.lend(reader, await library.copy(), lent_at=library.clock.now - timedelta(days=7))
    (begins_later,) = answer.blocks
    assert (begins_later.code, begins_later.parameters) == (
        BlockCode.MEMBERSHIP_NOT_BEGUN,
        {"starts_on": "2027-02-28"},
    )


async def test_a_loan_from_the_future_is_an_error(library: LendingLibrary):
    with pytest.raises(InvalidRequestError):
        await library.lend(await library.reader(), await library.copy(), lent_at=library.clock.now + timedelta(hours=1))


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    answer = await library.lend(reader, book, dry_run=True)
    assert (answer.outcome, answer.loan, answer.due_on) == (Outcome.ALLOWED, None, date(2027, 3, 30))
    assert await library.state_of(book) == "available"
    assert await library.events() == []


async def test_another_copy_of_the_same_title_is_told(library: LendingLibrary):
    reader, book, twin = await library.reader(), await library.copy(), await library.copy()
    await library.run(
        lambda tx: tx.execute(
            "UPDATE item SET record_id = (SELECT record_id FROM item WHERE number = $1) WHERE number = $2", book, twin
        )
    )
    await library.lend(reader, book)
    assert Remark.SAME_TITLE_ON_LOAN in (await library.lend(reader, twin)).warnings


async def test_a_missing_part_and_a_note_are_shown(library: LendingLibrary):
    book = await library.copy()

    async def mark(tx):
        item = await tx.value("SELECT id FROM item WHERE number = $1", book)
        await tx.execute("INSERT INTO item_part VALUES ($1, $2, 1, 'Cd', false)", tx.agency, item)
        await tx.execute(
            "INSERT INTO item_note (agency_id, item_id, text, written_by, written_at)"
            " VALUES ($1, $2, 'Husk kassette', 'staff:1', now())",
            tx.agency,
            item,
        )

    await library.run(mark)
    answer = await library.lend(await library.reader(), book)
    assert Remark.PARTS_MISSING in answer.warnings
    assert answer.item is not None
    assert (answer.item.missing_parts, answer.item.notes) == (("Cd",), ("Husk kassette",))


async def test_every_look_at_a_patron_is_recorded(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    await library.lend(reader, await library.copy("any"))
    assert await library.looks_at(reader) == ["checkout", "checkout"]


async def test_lending_is_not_for_staff_of_another_branch(library: LendingLibrary):
    school_clerk = library.staff(frozenset({Permission.CHECKOUT}), division=library.town.schools)
    with pytest.raises(ForbiddenError):
        await library.lend(await library.reader(), await library.copy(), caller=school_clerk)


async def test_a_branch_of_nobody_is_not_found(library: LendingLibrary):
    with pytest.raises(NotFoundError):
        await library.lend(await library.reader(), await library.copy(), branch=999_999)


async def test_no_event_names_a_patron(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    found = await library.run(
        lambda tx: tx.rows("SELECT to_jsonb(e)::text AS event FROM event AS e WHERE agency_id = $1", tx.agency)
    )
    assert not any(str(reader.id) in row["event"] for row in found)


async def test_an_interlibrary_loan_is_due_before_its_lender_wants_it_back(library: LendingLibrary):
    answer = await library.lend(await library.reader(), await library.placeholder())
    assert answer.due_on == date(2027, 3, 15)


async def test_an_interlibrary_loan_that_has_not_arrived_cannot_be_lent(library: LendingLibrary):
    answer = await library.lend(await library.reader(), await library.placeholder(received_at=None))
    assert codes(answer) == {BlockCode.MATERIAL_NOT_RECEIVED}


async def test_another_municipalitys_book_is_refused_by_its_owners_name(library: LendingLibrary, neighbour: Town):
    async def buy(tx):
        record = await tx.value(
            "INSERT INTO record (agency_id, identifier, title, material_type) VALUES ($1, 'x', 'X', 'Bog')"
            " RETURNING id",
            tx.agency,
        )
        await tx.execute(
            "INSERT INTO item (agency_id, number, record_id, owner_branch_id, default_placement_id, material_group_id)"
            " VALUES ($1, $2, $3, $4, $5, 1)",
            tx.agency,
            f"8{neighbour.agency:09d}",
            record,
            neighbour.main,
            neighbour.main_shelf,
        )

    await library.database.run(neighbour.agency, SYSTEM, buy)
    answer = await library.lend(await library.reader(), f"8{neighbour.agency:09d}")
    assert [(each.code, each.parameters) for each in answer.blocks] == [
        (BlockCode.MATERIAL_FOREIGN, {"owner": f"By {neighbour.agency}"})
    ]
