"""Taking back: on loan or not, late, at another branch, of another municipality."""

from datetime import date, timedelta

import pytest

from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.loans.model import Outcome, Remark, ReturnRequest
from faelles.circulation.loans.operations import return_item
from faelles.circulation.transit.model import Stop
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.errors import ForbiddenError, InvalidRequestError
from faelles.ground.i18n import Language
from faelles.people.model import Caller, Grant, Permission
from faelles.policies.knobs import RETURN_ELSEWHERE
from town import Town


async def test_a_book_in_time_goes_onto_its_shelf(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    loan = (await library.lend(reader, book)).loan
    library.clock.pass_days(3)
    answer = await library.take_back(book)
    assert (answer.outcome, answer.loan, answer.next.stop) == (Outcome.RETURNED, loan, Stop.SHELVE)
    assert await library.state_of(book) == "available"
    assert await library.owed(reader) == 0


async def test_an_item_not_on_loan_may_be_scanned_and_is_told_so(library: LendingLibrary):
    answer = await library.take_back(await library.copy())
    assert (answer.outcome, answer.loan) == (Outcome.NOT_ON_LOAN, None)


async def test_a_second_return_is_harmless(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    await library.take_back(book)
    assert (await library.take_back(book)).outcome is Outcome.NOT_ON_LOAN
    assert (await library.events()).count("loan.returned") == 1


async def test_the_same_key_gives_the_first_answer(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    first = await library.take_back(book, key="drop-1")
    assert await library.take_back(book, key="drop-1") == first


async def test_a_late_book_costs_the_step_it_has_reached(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.turn_to(date(2027, 4, 6))
    answer = await library.take_back(book)
    assert (answer.days_overdue, answer.charged_ore) == (7, 2_000)
    assert await library.owed(reader) == 2_000


async def test_books_of_one_batch_cost_one_fee(library: LendingLibrary):
    reader = await library.reader()
    books = [await library.copy() for _ in range(3)]
    for book in books:
        await library.lend(reader, book)
    library.clock.turn_to(date(2027, 4, 6))
    assert [(await library.take_back(book)).charged_ore for book in books] == [2_000, 0, 0]
    assert await library.owed(reader) == 2_000


async def test_a_school_book_costs_no_overdue_fee(library: LendingLibrary):
    pupil = await library.reader("pupil", division=library.town.schools)
    book = await library.copy(branch=library.town.school, shelf=library.town.school_shelf)
    await library.lend(pupil, book, branch=library.town.school)
    library.clock.turn_to(date(2027, 12, 1))
    assert (await library.take_back(book, branch=library.town.school)).charged_ore == 0


async def test_a_back_dated_return_counts_from_then(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.turn_to(date(2027, 4, 6))
    answer = await library.take_back(book, returned_at=library.clock.now - timedelta(days=7))
    assert (answer.charged_ore, answer.returned_on) == (0, date(2027, 3, 30))
    assert Remark.BACK_DATED in answer.warnings


async def test_back_dating_needs_its_permission(library: LendingLibrary):
    clerk = library.staff(frozenset({Permission.RETURN}))
    with pytest.raises(ForbiddenError):
        await library.take_back(await library.copy(), caller=clerk, returned_at=library.clock.now - timedelta(days=1))


async def test_a_return_from_the_future_is_an_error(library: LendingLibrary):
    with pytest.raises(InvalidRequestError):
        await library.take_back(await library.copy(), returned_at=library.clock.now + timedelta(days=1))


async def test_nothing_is_returned_before_it_was_lent(library: LendingLibrary):
    book = await library.copy()
    await library.lend(await library.reader(), book)
    with pytest.raises(InvalidRequestError):
        await library.take_back(book, returned_at=library.clock.now - timedelta(days=3))


async def test_at_another_branch_it_is_sent_home(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    answer = await library.take_back(book, branch=library.town.suburb)
    assert (answer.next.stop, answer.next.branch, answer.next.name) == (
        Stop.SEND,
        library.town.main,
        "Hovedbiblioteket",
    )
    assert await library.state_of(book) == "in_transit"


async def test_the_journey_ends_where_it_was_going(library: LendingLibrary):
    book = await library.copy()
    await library.take_back(book, branch=library.town.suburb)
    assert (await library.take_back(book)).next.stop is Stop.SHELVE
    ended = await library.run(lambda tx: tx.rows("SELECT ended_how FROM journey WHERE agency_id = $1", tx.agency))
    assert [row["ended_how"] for row in ended] == ["received"]


async def test_lending_ends_a_journey(library: LendingLibrary):
    book = await library.copy()
    await library.take_back(book, branch=library.town.suburb)
    answer = await library.lend(await library.reader(), book, branch=library.town.suburb)
    assert (answer.outcome, answer.warnings) == (Outcome.LENT, (Remark.JOURNEY_ENDED,))


async def test_a_branch_that_takes_only_its_own_names_the_right_one(library: LendingLibrary):
    await library.set_rule(RETURN_ELSEWHERE, "refuse")
    clerk = library.staff(frozenset({Permission.RETURN}))
    answer = await library.take_back(await library.copy(), caller=clerk, branch=library.town.suburb)
    assert answer.outcome is Outcome.REFUSED
    assert [(each.code, each.parameters) for each in answer.blocks] == [
        (BlockCode.RETURN_NOT_HERE, {"branch": "Hovedbiblioteket"})
    ]


async def test_a_dry_run_that_is_refused_leaves_no_more_than_the_look(library: LendingLibrary):
    await library.set_rule(RETURN_ELSEWHERE, "refuse")
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    before = await library.events()
    answer = await library.take_back(book, branch=library.town.suburb, dry_run=True)
    assert answer.outcome is Outcome.REFUSED
    assert await library.events() == before
    assert await library.looks_at(reader) == ["checkout", "return_dry_run"]


async def test_staff_take_it_back_all_the_same_with_a_reason(library: LendingLibrary):
    await library.set_rule(RETURN_ELSEWHERE, "refuse")
    book = await library.copy()
    answer = await library.take_back(
        book,
        branch=library.town.suburb,
        overrides=frozenset({BlockCode.RETURN_NOT_HERE}),
        reason="Låneren er gangbesværet",
    )
    assert answer.outcome is Outcome.NOT_ON_LOAN
    kept = await library.run(lambda tx: tx.rows("SELECT block FROM loan_override WHERE agency_id = $1", tx.agency))
    assert [row["block"] for row in kept] == ["return_not_here"]


async def test_finding_needs_more_than_the_right_to_return(library: LendingLibrary):
    clerk = library.staff(frozenset({Permission.RETURN, Permission.OFFLINE}))
    with pytest.raises(ForbiddenError):
        await library.take_back(await library.copy(), caller=clerk, found=True)


async def test_a_dry_run_tells_the_fee_and_raises_none(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.turn_to(date(2027, 4, 6))
    assert (await library.take_back(book, dry_run=True)).charged_ore == 2_000
    assert await library.owed(reader) == 0


async def test_where_it_may_float_it_stays_on_the_shelf_here(library: LendingLibrary):
    await library.set_rule(RETURN_ELSEWHERE, "float_here")
    book = await library.copy()
    assert (await library.take_back(book, branch=library.town.suburb)).next.stop is Stop.FLOAT
    placed = await library.run(
        lambda tx: tx.value("SELECT active_placement_id FROM item_circulation WHERE agency_id = $1", tx.agency)
    )
    assert placed == library.town.suburb_shelf


async def test_an_unknown_number_is_refused(library: LendingLibrary):
    answer = await library.take_back("0000000000")
    assert [each.code for each in answer.blocks] == [BlockCode.MATERIAL_NOT_FOUND]


async def test_another_municipalitys_book_is_recognised_and_nothing_else_is_told(
    library: LendingLibrary, neighbour: Town
):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    clerk = Caller(
        agency=neighbour.agency,
        actor=Actor(ActorKind.STAFF, 7),
        language=Language.DANISH,
        grants=(Grant(permissions=frozenset({Permission.RETURN})),),
    )
    request = ReturnRequest(item=book, branch=neighbour.main)
    answer = await library.database.run(neighbour.agency, clerk.actor, lambda tx: return_item(tx, clerk, request))
    assert answer.outcome is Outcome.FOREIGN
    assert (answer.next.stop, answer.next.branch, answer.next.name) == (Stop.SEND, None, f"By {library.town.agency}")
    assert (answer.loan, answer.item) == (None, None)


async def test_the_borrowers_clock_stops_at_the_neighbours_desk(library: LendingLibrary, neighbour: Town):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.turn_to(date(2027, 3, 29))
    clerk = Caller(
        agency=neighbour.agency,
        actor=Actor(ActorKind.STAFF, 7),
        language=Language.DANISH,
        grants=(Grant(permissions=frozenset({Permission.RETURN})),),
    )
    request = ReturnRequest(item=book, branch=neighbour.main)
    await library.database.run(neighbour.agency, clerk.actor, lambda tx: return_item(tx, clerk, request))
    library.clock.turn_to(date(2027, 4, 9))
    answer = await library.take_back(book)
    assert (answer.returned_on, answer.charged_ore) == (date(2027, 3, 29), 0)


async def test_a_dry_run_says_where_it_would_go_and_changes_nothing(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    answer = await library.take_back(book, branch=library.town.suburb, dry_run=True)
    assert (answer.outcome, answer.next.stop, answer.next.branch) == (Outcome.ALLOWED, Stop.SEND, library.town.main)
    assert await library.state_of(book) == "on_loan"


async def test_a_placeholder_is_to_be_sent_to_its_lender(library: LendingLibrary):
    book = await library.placeholder()
    await library.lend(await library.reader(), book)
    assert Remark.SEND_TO_LENDER in (await library.take_back(book)).warnings
