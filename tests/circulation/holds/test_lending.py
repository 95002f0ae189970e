"""What holds mean for check-outs and renewals, and the other way round."""

import pytest

from circulation.holds.test_changing import bind
from circulation.holds.wishing import copies, day, match_all, state_of, waits, wish, wish_for
from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.loans.model import Outcome, Remark
from faelles.people.model import Permission
from faelles.policies.knobs import (
    CHECKOUT_OF_PLANNED,
    HOLD_ON_OWN_LOAN,
    RENEWAL_WITH_HOLDS,
    RETURN_TELLS_OF_BORROWER,
    SHORT_LOAN_DAYS,
    SHORT_LOAN_FROM_HOLDS,
    Effect,
)


async def test_a_copy_that_is_bound_to_a_hold_is_lent_to_nobody_else(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    hold = await waits(library, title)
    await bind(library, hold, numbers[0])
    answer = await library.lend(await library.reader(), numbers[0])
    assert [(block.code, block.override, block.parameters) for block in answer.blocks] == [
        (BlockCode.ON_HOLD_FOR_OTHER, Permission.OVERRIDE_HOLD, {})
    ]
    assert await state_of(library, hold) == ("captured", numbers[0])


async def test_its_patron_collects_it_and_the_hold_is_over(library: LendingLibrary):
    reader, (title, numbers), (other, _) = await library.reader(), await copies(library, 1), await copies(library, 1)
    first, second = (await wish_for(library, reader, title, other)).holds
    await bind(library, first.hold, numbers[0])
    answer = await library.lend(reader, numbers[0])
    assert (answer.outcome, answer.warnings) == (Outcome.LENT, (Remark.HOLD_COLLECTED,))
    assert [(await state_of(library, each.hold))[0] for each in (first, second)] == ["collected", "cancelled"]
    assert "hold.collected" in await library.events()


async def test_any_copy_of_the_title_fills_the_hold(library: LendingLibrary):
    reader, (title, numbers) = await library.reader(), await copies(library, 2)
    hold = (await wish(library, reader, title)).transaction
    second = await waits(library, title)
    await match_all(library)
    assert await state_of(library, hold) == ("matched", numbers[0])
    await library.lend(reader, numbers[1])
    assert await state_of(library, hold) == ("collected", numbers[1])
    await match_all(library)
    assert await state_of(library, second) == ("matched", numbers[0])


async def test_a_hold_for_one_copy_is_filled_by_that_copy_alone(library: LendingLibrary):
    reader, (_, numbers) = await library.reader(), await copies(library, 2)
    hold = (await wish(library, reader, item=numbers[0])).transaction
    await library.lend(reader, numbers[1])
    assert (await state_of(library, hold))[0] == "pending"
    await library.lend(reader, numbers[0])
    assert (await state_of(library, hold))[0] == "collected"


@pytest.mark.parametrize(
    ("effect", "blocks", "warnings"),
    [
        (Effect.ALLOW, set(), ()),
        (Effect.WARN, set(), (Remark.PLANNED_FOR_OTHER,)),
        (Effect.REFUSE, {BlockCode.ON_HOLD_FOR_OTHER}, ()),
    ],
)
async def test_the_rule_says_who_gets_what_is_on_a_pick_list(
    library: LendingLibrary, effect: Effect, blocks: set[BlockCode], warnings: tuple[Remark, ...]
):
    title, numbers = await copies(library, 1)
    await waits(library, title)
    await match_all(library)
    await library.set_rule(CHECKOUT_OF_PLANNED, effect)
    answer = await library.lend(await library.reader(), numbers[0])
    assert ({block.code for block in answer.blocks}, answer.warnings) == (blocks, warnings)


async def test_many_who_wait_make_a_loan_short(library: LendingLibrary):
    title, numbers = await copies(library, 3)
    await library.set_rule(SHORT_LOAN_DAYS, 7)
    await library.set_rule(SHORT_LOAN_FROM_HOLDS, 2)
    anna, bo = await library.reader(), await library.reader()
    await wish(library, anna, title)
    await waits(library, title)
    usual = await library.lend(anna, numbers[0], dry_run=True)
    await waits(library, title)
    short = await library.lend(bo, numbers[1])
    chosen = await library.lend(await library.reader(), numbers[2], due_on=usual.due_on)
    assert Remark.SHORTENED not in usual.warnings + chosen.warnings
    assert Remark.SHORTENED in short.warnings
    assert short.due_on
    assert usual.due_on
    assert chosen.due_on
    assert short.due_on < usual.due_on == chosen.due_on


async def test_a_return_tells_of_its_borrower_where_the_library_wants_it(library: LendingLibrary):
    reader, (title, numbers), book = await library.reader(), await copies(library, 1), await library.copy()
    await library.lend(reader, book)
    hold = await wish(library, reader, title)
    await library.take_back(numbers[0])
    assert (await state_of(library, hold.transaction))[0] == "ready"
    quiet = await library.take_back(book, dry_run=True)
    await library.set_rule(RETURN_TELLS_OF_BORROWER, value=True)
    library.clock.pass_days(40)
    told = await library.take_back(book)
    assert set(told.warnings) - set(quiet.warnings) == {Remark.OWES, Remark.HOLD_READY}


async def test_a_copy_that_is_only_planned_goes_to_whoever_has_it_in_hand(library: LendingLibrary):
    title, numbers = await copies(library, 2)
    hold = await waits(library, title)
    await match_all(library)
    assert await state_of(library, hold) == ("matched", numbers[0])
    assert (await library.lend(await library.reader(), numbers[0])).outcome is Outcome.LENT
    assert (await state_of(library, hold))[0] == "pending"
    await match_all(library)
    assert await state_of(library, hold) == ("matched", numbers[1])


async def test_staff_may_give_a_bound_copy_to_somebody_else_and_the_hold_waits_again(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    hold = await waits(library, title)
    await bind(library, hold, numbers[0])
    over = frozenset({BlockCode.ON_HOLD_FOR_OTHER})
    answer = await library.lend(await library.reader(), numbers[0], overrides=over, reason="Hentes for naboen")
    assert answer.outcome is Outcome.LENT
    assert await state_of(library, hold) == ("pending", None)


@pytest.mark.parametrize("effect", [Effect.REFUSE, Effect.ALLOW])
async def test_what_others_wait_for_is_renewed_only_where_the_rule_lets_it(library: LendingLibrary, effect):
    await library.set_rule(RENEWAL_WITH_HOLDS, effect)
    reader, (title, numbers) = await library.reader(), await copies(library, 1)
    loan = (await library.lend(reader, numbers[0])).loan
    await waits(library, title)
    library.clock.pass_days(7)
    (answer,) = await library.renew(loan)
    codes = [block.code for block in answer.blocks]
    assert codes == ([BlockCode.WAITED_FOR] if effect is Effect.REFUSE else [])
    library.clock.pass_days(7)
    scanned = await library.lend(reader, numbers[0])
    assert (scanned.outcome is Outcome.REFUSED) == (effect is Effect.REFUSE)


async def test_who_wants_it_only_later_stands_against_no_renewal_until_that_day_has_come(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    loan = (await library.lend(await library.reader(), numbers[0])).loan
    await waits(library, title, active_from=day(8, library))
    library.clock.turn_to(day(7, library), hour=22)
    (yet_to_come,) = await library.renew(loan, dry_run=True)
    library.clock.turn_to(day(0, library), hour=23)
    (come,) = await library.renew(loan)
    assert (yet_to_come.outcome, come.outcome) == (Outcome.ALLOWED, Outcome.REFUSED)


async def test_a_loan_is_renewed_while_other_copies_serve_those_who_wait(library: LendingLibrary):
    title, numbers = await copies(library, 2)
    loan = (await library.lend(await library.reader(), numbers[0])).loan
    await waits(library, title)
    await match_all(library)
    library.clock.pass_days(7)
    (answer,) = await library.renew(loan)
    assert answer.outcome is Outcome.RENEWED


async def test_a_returned_copy_is_captured_for_the_first_in_line(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    await library.lend(await library.reader(), numbers[0])
    first, second = await waits(library, title), await waits(library, title)
    await library.take_back(numbers[0])
    assert (await state_of(library, first))[1] == numbers[0]
    assert await state_of(library, second) == ("pending", None)


async def test_an_undone_check_out_has_its_title_matched_anew(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    loan = (await library.lend(await library.reader(), numbers[0])).loan
    hold = await waits(library, title)
    await match_all(library)
    assert (await state_of(library, hold))[0] == "pending"
    await library.undo_checkout(loan)
    await match_all(library)
    assert await state_of(library, hold) == ("matched", numbers[0])


async def test_an_undone_check_out_gives_back_the_hold_it_collected(library: LendingLibrary):
    reader, (title, numbers), (other, _) = await library.reader(), await copies(library, 1), await copies(library, 1)
    first, second = (await wish_for(library, reader, title, other)).holds
    behind = await waits(library, title)
    loan = (await library.lend(reader, numbers[0])).loan
    assert [(await state_of(library, each.hold))[0] for each in (first, second)] == ["collected", "cancelled"]
    await library.undo_checkout(loan)
    assert [(await state_of(library, each.hold))[0] for each in (first, second)] == ["pending", "pending"]
    assert (await library.events()).count("hold.reopened") == 2
    await match_all(library)
    assert await state_of(library, first.hold) == ("matched", numbers[0])
    assert await state_of(library, behind) == ("pending", None)


async def test_who_wishes_again_meanwhile_waits_once(library: LendingLibrary):
    reader, (title, numbers) = await library.reader(), await copies(library, 1)
    first = (await wish(library, reader, title)).transaction
    loan = (await library.lend(reader, numbers[0])).loan
    await library.set_rule(HOLD_ON_OWN_LOAN, value=True)
    second = (await wish(library, reader, title)).transaction
    await library.undo_checkout(loan)
    assert [(await state_of(library, each))[0] for each in (first, second)] == ["collected", "pending"]


async def test_a_place_that_somebody_has_meanwhile_is_given_before_all(library: LendingLibrary):
    reader, (title, numbers) = await library.reader(), await copies(library, 1)
    first = (await wish(library, reader, title)).transaction
    loan = (await library.lend(reader, numbers[0])).loan
    second = await waits(library, title)
    await library.undo_checkout(loan)
    await match_all(library)
    assert [await state_of(library, each) for each in (first, second)] == [("matched", numbers[0]), ("pending", None)]
