"""A class and a stack; two borrowers; swapping."""

import pytest

from circulation.lending_library import LendingLibrary, Reader
from faelles.circulation.loans.groups import GroupCheckoutRequest, Pair, PairAnswer, SwapRequest, checkout_group, swap
from faelles.circulation.loans.model import Outcome
from faelles.circulation.looking.operations import loans_of_patron
from faelles.ground.errors import ConflictError, InvalidRequestError
from faelles.ground.ids import PatronId


async def lend_stack(
    library: LendingLibrary, pairs: list[tuple[str, Reader]], teacher: Reader | None = None, key: str | None = None
) -> list[PairAnswer]:
    request = GroupCheckoutRequest(
        branch=library.town.main,
        pairs=tuple(Pair(item=item, borrower=reader.id) for item, reader in pairs),
        first_borrower=teacher.id if teacher else None,
    )
    return await library.run(lambda tx: checkout_group(tx, library.librarian, library.keyring, request, key))


async def titles_out(library: LendingLibrary, reader: Reader) -> set[str]:
    loans = await library.run(lambda tx: loans_of_patron(tx, library.librarian, reader.id))
    return {loan.item_number for loan in loans}


async def test_each_pair_is_answered_by_itself(library: LendingLibrary):
    anna, bo = await library.reader(), await library.reader()
    book, reference = await library.copy(), await library.copy(not_for_loan="Læsesal")
    answers = await lend_stack(library, [(book, anna), (reference, bo)])
    assert [each.answer.outcome for each in answers] == [Outcome.LENT, Outcome.REFUSED]


async def test_the_teacher_answers_and_the_pupil_has_the_book(library: LendingLibrary):
    teacher, pupil, book = await library.reader(), await library.reader(), await library.copy()
    (answer,) = await lend_stack(library, [(book, pupil)], teacher)
    assert answer.answer.outcome is Outcome.LENT
    assert await titles_out(library, teacher) == await titles_out(library, pupil) == {book}


async def test_the_stack_lent_again_under_its_key_is_the_same_stack(library: LendingLibrary):
    anna, book = await library.reader(), await library.copy()
    first = await lend_stack(library, [(book, anna)], key="7b")
    assert await lend_stack(library, [(book, anna)], key="7b") == first


async def test_two_pupils_swap_books(library: LendingLibrary):
    anna, bo = await library.reader(), await library.reader()
    one, other = await library.copy(), await library.copy()
    answers = await lend_stack(library, [(one, anna), (other, bo)])
    request = SwapRequest(loan=answers[0].answer.loan, other=answers[1].answer.loan)
    await library.run(lambda tx: swap(tx, library.librarian, request))
    assert (await titles_out(library, anna), await titles_out(library, bo)) == ({other}, {one})


async def test_a_lost_copy_is_not_swapped_away_from_whoever_owes_for_it(library: LendingLibrary):
    anna, bo = await library.reader(), await library.reader()
    one, other = await library.copy(), await library.copy()
    answers = await lend_stack(library, [(one, anna), (other, bo)])
    await library.lose(one)
    request = SwapRequest(loan=answers[0].answer.loan, other=answers[1].answer.loan)
    with pytest.raises(ConflictError, match="loan_not_to_swap"):
        await library.run(lambda tx: swap(tx, library.librarian, request))


async def test_a_loan_is_not_swapped_with_itself(library: LendingLibrary):
    (lent,) = await lend_stack(library, [(await library.copy(), await library.reader())])
    request = SwapRequest(loan=lent.answer.loan, other=lent.answer.loan)
    with pytest.raises(InvalidRequestError) as refused:
        await library.run(lambda tx: swap(tx, library.librarian, request))
    assert [(each.field, each.code) for each in refused.value.problems] == [("other", "loan_swapped_with_itself")]


async def test_what_the_teacher_takes_home_is_the_teachers_alone(library: LendingLibrary):
    teacher, copy = await library.reader(), await library.copy()
    (lent,) = await lend_stack(library, [(copy, teacher)], teacher)
    assert lent.answer.outcome == "lent"
    assert await titles_out(library, teacher) == {copy}


async def test_under_a_teacher_only_the_pupils_swap(library: LendingLibrary):
    teacher, anna, bo = await library.reader(), await library.reader(), await library.reader()
    one, other = await library.copy(), await library.copy()
    answers = await lend_stack(library, [(one, anna), (other, bo)], teacher)
    request = SwapRequest(loan=answers[0].answer.loan, other=answers[1].answer.loan)
    await library.run(lambda tx: swap(tx, library.librarian, request))
    assert await titles_out(library, teacher) == {one, other}
    assert await titles_out(library, anna) == {other}


async def test_a_returned_loan_cannot_be_swapped(library: LendingLibrary):
    anna, bo = await library.reader(), await library.reader()
    one, other = await library.copy(), await library.copy()
    answers = await lend_stack(library, [(one, anna), (other, bo)])
    await library.take_back(one)
    request = SwapRequest(loan=answers[0].answer.loan, other=answers[1].answer.loan)
    with pytest.raises(ConflictError, match="loan_is_closed"):
        await library.run(lambda tx: swap(tx, library.librarian, request))


async def test_the_pupil_renews_what_the_teacher_answers_and_pays_for(library: LendingLibrary):
    teacher, pupil, book = await library.reader(), await library.reader(), await library.copy()
    await lend_stack(library, [(book, pupil)], teacher)
    library.clock.pass_days(40)
    answer = await library.lend(pupil, book)
    assert (answer.outcome, answer.charged_ore) == (Outcome.RENEWED, 12_000)
    assert (await library.owed(teacher), await library.owed(pupil)) == (12_000, 0)


async def test_a_second_borrower_whom_nobody_knows_stops_only_that_pair(library: LendingLibrary):
    teacher, pupil = await library.reader(), await library.reader()
    nobody = Reader(PatronId(1), "-", "-")
    answers = await lend_stack(library, [(await library.copy(), nobody), (await library.copy(), pupil)], teacher)
    assert [each.answer.outcome for each in answers] == [Outcome.REFUSED, Outcome.LENT]


async def test_a_book_that_went_to_one_pupil_is_refused_to_the_next(library: LendingLibrary):
    teacher, anna, bo, book = (
        await library.reader(),
        await library.reader(),
        await library.reader(),
        await library.copy(),
    )
    answers = await lend_stack(library, [(book, anna), (book, bo)], teacher)
    assert [each.answer.outcome for each in answers] == [Outcome.LENT, Outcome.REFUSED]
