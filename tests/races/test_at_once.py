"""The same from several connections at once: what may happen once happens once, and everybody hears the truth."""

import asyncio
from collections import Counter
from datetime import date
from typing import Any

import pytest

from circulation.lending_library import LendingLibrary, Reader
from circulation.real_desk import RealDesk
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans import groups, operations
from faelles.circulation.loans.model import CheckoutAnswer, CheckoutRequest, Outcome, RenewalAnswer, ReturnRequest
from faelles.circulation.merging import merge_patrons
from faelles.circulation.whereabouts.operations import withdraw_items
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import PatronId
from faelles.items.model import Withdrawal
from faelles.patrons.merging.model import MergePatrons
from faelles.policies.knobs import DUE_ROLLOVER, LOAN_DAYS, MAX_LOANS, RENEWAL_COUNTS_FROM
from faelles.policies.model import Scope
from faelles.policies.operations import set_rule
from faelles.policies.requests import SetRule

SEVERAL = 8
"""As many as the pool has connections."""


def outcomes(answers) -> Counter[Outcome]:
    return Counter(answer.outcome for answer in answers)


def codes(answers) -> Counter[BlockCode]:
    return Counter(block.code for answer in answers for block in answer.blocks)


async def test_of_two_desks_scanning_one_item_for_two_patrons_one_is_told_yes(library: LendingLibrary):
    one, other, book = await library.reader(), await library.reader(), await library.copy()
    await library.set_rule(MAX_LOANS, 100)
    for _ in range(100):
        answers = await asyncio.gather(library.lend(one, book), library.lend(other, book))
        assert outcomes(answers) == {Outcome.LENT: 1, Outcome.REFUSED: 1}
        assert codes(answers) == {BlockCode.ON_LOAN_TO_OTHER: 1}
        assert (await library.take_back(book)).outcome is Outcome.RETURNED


async def test_a_limit_holds_under_eight_self_checks_at_once(library: LendingLibrary):
    await library.set_rule(MAX_LOANS, 3)
    books = [await library.copy() for _ in range(SEVERAL)]
    for _ in range(5):
        reader = await library.reader()
        answers = await asyncio.gather(*(library.lend(reader, book) for book in books))
        assert outcomes(answers) == {Outcome.LENT: 3, Outcome.REFUSED: 5}
        assert codes(answers) == {BlockCode.TOO_MANY_LOANS: 5}
        await asyncio.gather(*(library.take_back(book) for book in books))


async def test_an_item_returned_at_eight_desks_comes_back_once(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.pass_days(40)
    answers = await asyncio.gather(*(library.take_back(book) for _ in range(SEVERAL)))
    assert outcomes(answers) == {Outcome.RETURNED: 1, Outcome.NOT_ON_LOAN: SEVERAL - 1}
    assert (await library.events()).count("loan.returned") == 1
    assert await library.owed(reader) == 12_000


async def test_renewing_all_answers_for_the_loans_there_are_when_the_patron_is_free(library: LendingLibrary):
    reader, handed_in, lent = await library.reader(), await library.copy(), await library.copy()
    await library.lend(reader, handed_in)
    library.clock.pass_days(7)

    async def change_hands(tx: Transaction) -> asyncio.Task[list[RenewalAnswer]]:
        back = ReturnRequest(item=handed_in, branch=library.town.main)
        await operations.return_item(tx, library.librarian, back)
        renewal = asyncio.create_task(library.renew(patron=reader.id))
        await _somebody_waits(library)
        lending = CheckoutRequest(borrower=Borrower(card=reader.card), item=lent, branch=library.town.main)
        await operations.checkout(tx, library.librarian, library.keyring, lending)
        return renewal

    renewal = await library.run(change_hands)
    assert [answer.item and answer.item.number for answer in await renewal] == [lent]


async def _somebody_waits(library: LendingLibrary) -> None:
    waiting = (
        "SELECT FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)"
        " WHERE NOT l.granted AND a.datname = current_database()"
    )
    for _ in range(1_000):
        if await library.database.outside_agencies(waiting):
            return
        await asyncio.sleep(0.01)
    pytest.fail("nobody waits")


async def test_eight_copies_of_one_late_batch_returned_at_once_cost_one_fee(library: LendingLibrary):
    await library.set_rule(MAX_LOANS, 100)
    reader, books = await library.reader(), [await library.copy() for _ in range(SEVERAL)]
    for book in books:
        await library.lend(reader, book)
    library.clock.pass_days(40)
    answers = await asyncio.gather(*(library.take_back(book) for book in books))
    assert sum(answer.charged_ore for answer in answers) == await library.owed(reader) == 12_000


async def test_one_request_sent_eight_times_is_one_loan_with_one_answer(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    answers = await asyncio.gather(*(library.lend(reader, book, key="k") for _ in range(SEVERAL)))
    assert outcomes(answers) == {Outcome.LENT: SEVERAL}
    assert len({answer.loan for answer in answers}) == 1
    assert (await library.events()).count("loan.opened") == 1


async def test_one_return_sent_eight_times_is_one_return_with_one_answer(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.pass_days(40)
    answers = await asyncio.gather(*(library.take_back(book, key="k") for _ in range(SEVERAL)))
    assert len({(answer.outcome, answer.loan, answer.charged_ore) for answer in answers}) == 1
    assert answers[0].outcome is Outcome.RETURNED
    assert (await library.events()).count("loan.returned") == 1


async def test_one_renewal_sent_eight_times_is_one_renewal_with_one_answer(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    library.clock.pass_days(7)
    answers = await asyncio.gather(*(library.renew(loan, key="k") for _ in range(SEVERAL)))
    assert outcomes(answer for each in answers for answer in each) == {Outcome.RENEWED: SEVERAL}
    assert {answer.renewals for each in answers for answer in each} == {1}


async def test_one_key_for_two_requests_at_once_serves_one_and_refuses_the_other(library: LendingLibrary):
    for attempt in range(20):
        pairs = [(await library.reader(), await library.copy()) for _ in range(2)]
        answers = await asyncio.gather(
            *(library.lend(*pair, key=f"k{attempt}") for pair in pairs), return_exceptions=True
        )
        assert [answer.outcome for answer in answers if isinstance(answer, CheckoutAnswer)] == [Outcome.LENT]
        assert [str(answer) for answer in answers if isinstance(answer, ConflictError)] == ["idempotency_key_reused"]


@pytest.mark.parametrize("is_known", [True, False])
async def test_wrong_pins_at_eight_self_checks_are_five_tries(library: LendingLibrary, is_known: bool):  # noqa: FBT001 - a case
    reader = await library.reader()
    card = reader.card if is_known else "K0000000000"
    books = [await library.copy() for _ in range(SEVERAL)]

    async def scan(book: str, pin: str) -> CheckoutAnswer:
        request = CheckoutRequest(borrower=Borrower(card=card), item=book, branch=library.town.main, pin=pin)
        return await library.run(lambda tx: operations.checkout(tx, library.librarian, library.keyring, request))

    answers = await asyncio.gather(*(scan(book, "0000") for book in books))
    assert codes(answers) == {BlockCode.SIGN_IN_FAILED: 5, BlockCode.LOCKED_OUT: 3}
    assert codes([await scan(books[0], reader.pin)]) == {BlockCode.LOCKED_OUT: 1}


async def test_stacks_lent_to_classes_in_opposite_order_do_not_block_each_other(library: LendingLibrary):
    await library.set_rule(MAX_LOANS, 100)
    readers, books = [await library.reader() for _ in range(4)], [await library.copy() for _ in range(12)]

    def stack(turn: int) -> groups.GroupCheckoutRequest:
        order = books if turn % 2 else books[::-1]
        pairs = tuple(
            groups.Pair(item=book, borrower=readers[(place + turn) % 4].id) for place, book in enumerate(order)
        )
        return groups.GroupCheckoutRequest(branch=library.town.main, pairs=pairs)

    async def lend(turn: int) -> list[groups.PairAnswer]:
        work = stack(turn)
        return await library.run(lambda tx: groups.checkout_group(tx, library.librarian, library.keyring, work))

    for _ in range(4):
        answers: list[Any] = await asyncio.gather(
            asyncio.gather(*(lend(turn) for turn in range(SEVERAL - 2))),
            *(library.take_back(book) for book in books[:2]),
        )
        taken, *back = answers
        lent = Counter(each.pair.item for answers in taken for each in answers if each.answer.outcome is Outcome.LENT)
        again = Counter(books[place] for place, answer in enumerate(back) if answer.outcome is Outcome.RETURNED)
        assert set(lent) == set(books)
        assert all(times <= 1 + again[book] for book, times in lent.items())
        await asyncio.gather(*(library.take_back(book) for book in books))


async def test_the_longest_first_and_the_shortest_first_renew_the_same_loans(library: LendingLibrary):
    """Loans of two borrowers, renewed in either order while both borrow more: nobody waits for ever."""
    await library.set_rule(MAX_LOANS, 100)
    one, other = await library.reader(), await library.reader()
    loans = [(await library.lend(reader, await library.copy())).loan for reader in (one, other) * 4]
    books = [await library.copy() for _ in range(6)]
    library.clock.pass_days(7)
    answers: list[Any] = await asyncio.gather(
        library.renew(*loans),
        library.renew(*loans[::-1]),
        *(library.lend(reader, book) for reader, book in zip((one, other) * 3, books, strict=True)),
    )
    one_way, other_way, *lent = answers
    assert outcomes([*one_way, *other_way]) == {Outcome.RENEWED: 8, Outcome.REFUSED: 8}
    assert outcomes(lent) == {Outcome.LENT: 6}


async def test_renewals_at_once_count_one_each_up_to_the_limit(library: LendingLibrary):
    await library.set_rule(RENEWAL_COUNTS_FROM, "old_due")
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    answers = [answer for each in await asyncio.gather(*(library.renew(loan) for _ in range(5))) for answer in each]
    assert outcomes(answers) == {Outcome.RENEWED: 3, Outcome.REFUSED: 2}
    assert sorted(answer.renewals for answer in answers if answer.outcome is Outcome.RENEWED) == [1, 2, 3]


async def test_rules_changed_together_take_effect_together_and_at_the_next_loan(library: LendingLibrary):
    """A Sunday three weeks from now; either rule alone would make it another day."""
    await library.set_rule(MAX_LOANS, 100)
    reader, books = await library.reader(), [await library.copy() for _ in range(24)]
    before, after = date(2027, 3, 30), date(2027, 3, 21)

    async def change() -> None:
        async def both(tx) -> None:
            for knob, value in ((LOAN_DAYS, 20), (DUE_ROLLOVER, "none")):
                node = SetRule(scope=Scope.AGENCY, scope_id=library.town.agency, knob=knob.name, value=value)
                await set_rule(tx, library.librarian, node)

        await library.run(both)

    answers, _ = await asyncio.gather(asyncio.gather(*(library.lend(reader, book) for book in books)), change())
    assert {answer.due_on for answer in answers} <= {before, after}
    assert (await library.lend(reader, await library.copy())).due_on == after


async def test_a_copy_is_lent_or_withdrawn_but_not_both(library: LendingLibrary):
    reader = await library.reader()
    for _ in range(20):
        book = await library.copy()
        item = await library.run(lambda tx, book=book: tx.value("SELECT item_id FROM copy WHERE number = $1", book))
        request = Withdrawal(items=(item,), reason="Slidt")
        answer, (withdrawn,) = await asyncio.gather(
            library.lend(reader, book),
            library.run(lambda tx, request=request: withdraw_items(tx, library.librarian, request)),
        )
        was_lent, was_withdrawn = answer.outcome is Outcome.LENT, withdrawn.refused is None
        assert was_lent != was_withdrawn
        if was_lent:
            await library.take_back(book)


async def temporary(library: LendingLibrary) -> Reader:
    """A patron who is waiting to become somebody."""
    reader = await library.reader()
    await library.run(
        lambda tx: tx.execute(
            "UPDATE patron SET is_temporary = true WHERE agency_id = $1 AND id = $2", tx.agency, reader.id
        )
    )
    return reader


async def merge(library: LendingLibrary, temporary: Reader, real: Reader) -> None:
    request = MergePatrons(temporary=temporary.id, real=real.id)
    await library.run(lambda tx: merge_patrons(tx, library.librarian, request))


async def borrower_of(library: LendingLibrary, loan: int) -> PatronId:
    return await library.run(lambda tx: tx.value("SELECT patron_id FROM loan_borrower WHERE loan_id = $1", loan))


async def test_who_borrows_while_being_merged_has_the_loan_as_who_they_are(library: LendingLibrary):
    for _ in range(15):
        visitor, real, book = await temporary(library), await library.reader(), await library.copy()
        lent, _ = await asyncio.gather(library.lend(visitor, book), merge(library, visitor, real))
        assert lent.outcome is Outcome.LENT
        assert await borrower_of(library, lent.loan) == real.id


async def test_who_returns_late_while_being_merged_owes_as_who_they_are(library: LendingLibrary):
    for _ in range(15):
        visitor, real, book = await temporary(library), await library.reader(), await library.copy()
        await library.lend(visitor, book)
        library.clock.pass_days(40)
        returned, _ = await asyncio.gather(library.take_back(book), merge(library, visitor, real))
        assert (returned.outcome, returned.charged_ore) == (Outcome.RETURNED, 12_000)
        assert (await library.owed(visitor), await library.owed(real)) == (0, 12_000)


async def test_who_returns_late_while_loans_are_swapped_owes_for_their_own(library: LendingLibrary):
    """Whoever has the loan when it is returned is charged for it."""
    for _ in range(15):
        one, other = await library.reader(), await library.reader()
        books = [await library.copy(), await library.copy()]
        loans = [(await library.lend(reader, book)).loan for reader, book in zip((one, other), books, strict=True)]
        library.clock.pass_days(40)
        request = groups.SwapRequest(loan=loans[0], other=loans[1])
        await asyncio.gather(
            library.take_back(books[0]),
            library.run(lambda tx, request=request: groups.swap(tx, library.librarian, request)),
            return_exceptions=True,
        )
        liable = await borrower_of(library, loans[0])
        assert [await library.owed(reader) for reader in (one, other)] == [
            12_000 if reader.id == liable else 0 for reader in (one, other)
        ]


async def test_returned_at_one_desk_while_the_next_one_lends_it(desk: RealDesk):
    library = desk.library
    await library.set_rule(MAX_LOANS, 100)
    for turn in range(30):
        holder, next_one = ("anna", "bo") if turn % 2 else ("bo", "anna")
        if (await desk.picture())["loans"] == {}:
            await desk.checkout(holder, "novel", "main")
        [((holder, _), *_)] = (await desk.picture())["loans"].values()
        next_one = "bo" if holder == "anna" else "anna"
        returned, lent = await asyncio.gather(
            desk.return_item("novel", "main"), desk.checkout(next_one, "novel", "suburb")
        )
        assert returned.outcome == "returned"
        now = (await desk.picture())["loans"]
        assert [borrowers[0] for borrowers, *_ in now.values()] == ([next_one] if lent.outcome == "lent" else [])
    assert (await desk.look()).faults == []
