"""Who waits for what is gone: staff see it, give it up, and the patron is told."""

import pytest

from circulation.holds.test_changing import bind
from circulation.holds.test_placing import patron_caller
from circulation.holds.wishing import closed_why, copies, hold_of, match_all, state_of, title_of, waits
from circulation.lending_library import LendingLibrary
from circulation.sharing.neighbours import borrowing, night
from faelles.circulation.holds.model import CancelHolds, CancelOutcome, HoldShown
from faelles.circulation.holds.reading import explain_hold, holds_of_patron
from faelles.circulation.sharing.nightly import answer_others, ask_others
from faelles.circulation.unfillable.model import UnfillableHold
from faelles.circulation.unfillable.operations import cancel_unfillable, count_unfillable, list_unfillable
from faelles.ground.errors import ForbiddenError
from faelles.people.model import Permission


async def withdrawn(library: LendingLibrary, number: str) -> None:
    sql = "UPDATE item SET withdrawn_at = $3, withdrawn_why = 'Slidt' WHERE agency_id = $1 AND number = $2"
    await library.run(lambda tx: tx.execute(sql, tx.agency, number, tx.now))


async def listed(library: LendingLibrary, **page: int) -> list[UnfillableHold]:
    await match_all(library)
    return await library.run(lambda tx: list_unfillable(tx, library.librarian, **page))


async def reasons(library: LendingLibrary) -> dict[int, str]:
    return {each.hold.id: each.why for each in await listed(library)}


async def give_up(library: LendingLibrary, *holds: int, key: str | None = None) -> list[CancelOutcome]:
    request = CancelHolds(holds=holds)
    answers = await library.run(lambda tx: cancel_unfillable(tx, library.librarian, request, key))
    return [each.outcome for each in answers]


async def test_what_waits_for_a_withdrawn_title_is_listed_with_the_reason(library: LendingLibrary):
    title, (number, other) = await copies(library, 2)
    hold = await waits(library, title)
    await withdrawn(library, number)
    assert await reasons(library) == {}
    await withdrawn(library, other)
    (found,) = await listed(library)
    assert (found.hold.id, found.why, found.since, found.was_known) == (hold, "no_copies", library.clock.now, False)
    assert await library.run(lambda tx: count_unfillable(tx, library.librarian, 200)) == 1


async def test_a_title_whose_copies_are_lost_is_listed_until_one_is_found(library: LendingLibrary):
    title, (number,) = await copies(library, 1)
    await library.lend(await library.reader(), number)
    hold = await waits(library, title)
    assert await reasons(library) == {}
    await library.lose(number)
    assert await reasons(library) == {hold: "all_gone"}
    await library.take_back(number)
    assert await reasons(library) == {}


async def test_copies_that_are_not_lent_fill_nothing(library: LendingLibrary):
    title, (number,) = await copies(library, 1)
    hold = await waits(library, title)
    sql = "UPDATE item SET not_for_loan = 'reference' WHERE agency_id = $1 AND number = $2"
    await library.run(lambda tx: tx.execute(sql, tx.agency, number))
    assert await reasons(library) == {hold: "not_for_loan"}


async def test_copies_moved_to_a_group_that_is_not_lent_fill_nothing(library: LendingLibrary):
    title, (number,) = await copies(library, 1)
    hold = await waits(library, title)
    sql = "UPDATE item SET material_group_id = $2 WHERE agency_id = $1 AND number = $3"
    await library.run(lambda tx: tx.execute(sql, tx.agency, library.materials["reference"], number))
    assert await reasons(library) == {hold: "not_for_loan"}


async def test_a_wish_for_one_copy_or_one_issue_is_unfillable_by_the_others(library: LendingLibrary):
    title, (first, second) = await copies(library, 2)
    one_copy = await waits(library, None, item=first)
    anything = await waits(library, title)
    await withdrawn(library, first)
    assert await reasons(library) == {one_copy: "copy_gone"}
    issue = "INSERT INTO periodical_issue (agency_id, record_id, year, number) VALUES ($1, $2, 2026, '7') RETURNING id"
    number_seven = await library.run(lambda tx: tx.value(issue, tx.agency, title))
    become = "UPDATE hold SET target = 'issue', issue_id = $2 WHERE agency_id = $1 AND id = $3"
    await library.run(lambda tx: tx.execute(become, tx.agency, number_seven, anything))
    await library.run(lambda tx: tx.execute("UPDATE item SET minimum_age = 3 WHERE number = $1", second))
    assert await reasons(library) == {one_copy: "copy_gone", anything: "issue_gone"}


async def test_what_only_has_to_be_waited_for_is_not_listed(library: LendingLibrary):
    title, _ = await copies(library, 1, acquired_on=library.clock.now.date())
    await waits(library, title, pickup=library.town.suburb)
    assert await reasons(library) == {}


async def test_giving_up_closes_the_hold_as_a_title_that_is_gone(library: LendingLibrary):
    reader, (title, (number,)) = await library.reader(), await copies(library, 1)
    hold = await hold_of(library, reader, title)
    await withdrawn(library, number)
    await match_all(library)
    assert await give_up(library, hold, hold + 10**6, key="once") == [CancelOutcome.CANCELLED, CancelOutcome.NOT_FOUND]
    assert await give_up(library, hold, hold + 10**6, key="once") == [CancelOutcome.CANCELLED, CancelOutcome.NOT_FOUND]
    assert await give_up(library, hold) == [CancelOutcome.OVER_ALREADY]
    assert (await state_of(library, hold), await closed_why(library, hold)) == (("cancelled", None), "title_gone")
    assert (await library.events()).count("hold.cancelled") == 1
    assert await listed(library) == []
    assert "cancel_unfillable" in await library.looks_at(reader)


async def test_what_can_be_filled_meanwhile_is_not_given_up(library: LendingLibrary):
    title, (number, other) = await copies(library, 2)
    fetched, waiting = await waits(library, title), await waits(library, title)
    await bind(library, fetched, other)
    await withdrawn(library, number)
    assert await reasons(library) == {}
    assert await give_up(library, fetched, waiting) == [CancelOutcome.CAN_BE_FILLED] * 2
    assert (await state_of(library, fetched))[0] == "captured"


async def test_the_patron_reads_why_in_their_own_list(library: LendingLibrary):
    reader, (title, (number,)) = await library.reader(), await copies(library, 1)
    hold = await hold_of(library, reader, title)
    await withdrawn(library, number)
    await match_all(library)

    async def own(*, is_open: bool) -> list[HoldShown]:
        caller = patron_caller(library, reader.id)
        return await library.run(lambda tx: holds_of_patron(tx, caller, reader.id, is_open=is_open))

    assert [(each.id, each.nothing_fills) for each in await own(is_open=True)] == [(hold, "no_copies")]
    await give_up(library, hold)
    assert await own(is_open=True) == []
    assert [(each.id, each.closed_why, each.nothing_fills) for each in await own(is_open=False)] == [
        (hold, "title_gone", None)
    ]


async def test_why_says_that_every_copy_is_lost(library: LendingLibrary):
    title, (number,) = await copies(library, 1)
    hold = await waits(library, title)
    await library.lend(await library.reader(), number, overrides=frozenset({"material_reserved"}), reason="Aftalt")
    await library.lose(number)
    told = await library.run(lambda tx: explain_hold(tx, library.librarian, hold))
    assert told.here.why_not == "all_gone"


async def test_what_another_municipality_is_asked_for_has_hope_until_it_says_no(
    library: LendingLibrary, lender: LendingLibrary
):
    hold = await borrowing(library, lender)
    sql = (
        "SELECT c.number FROM copy AS c JOIN hold AS h USING (agency_id, record_id)"
        " WHERE h.agency_id = $1 AND h.id = $2"
    )
    number = await library.run(lambda tx: tx.value(sql, tx.agency, hold))
    await library.lose(number)
    assert await reasons(library) == {}
    assert await give_up(library, hold) == [CancelOutcome.CAN_BE_FILLED]
    await night(library, ask_others)
    assert await reasons(library) == {}
    theirs = "UPDATE item_circulation SET state = 'missing' WHERE agency_id = $1"
    await lender.run(lambda tx: tx.execute(theirs, tx.agency))
    await night(lender, answer_others)
    assert await reasons(library) == {hold: "all_gone"}


async def test_what_is_on_order_elsewhere_has_hope(library: LendingLibrary):
    title, (number,) = await copies(library, 1)
    hold = await waits(library, title)
    await withdrawn(library, number)
    expected = await library.placeholder(received_at=None)
    refile = "UPDATE item SET record_id = $2 WHERE agency_id = $1 AND number = $3"
    own = await title_of(library, expected)
    await library.run(lambda tx: tx.execute(refile, tx.agency, title, expected))
    assert await reasons(library) == {}
    await library.run(lambda tx: tx.execute(refile, tx.agency, own, expected))
    assert await reasons(library) == {hold: "no_copies"}
    request = (
        "INSERT INTO interlibrary_request (agency_id, direction, patron_id, division_id, branch_id, record_id, title,"
        " requested_at, changed_at) SELECT $1, 'borrowing', patron_id, $3, $4, record_id, 'Fjernlån', $5, $5"
        " FROM hold_patron WHERE agency_id = $1 AND hold_id = $2"
    )
    town = library.town
    await library.run(lambda tx: tx.execute(request, tx.agency, hold, town.library, town.main, tx.now))
    assert await reasons(library) == {}
    assert await give_up(library, hold) == [CancelOutcome.CAN_BE_FILLED]


async def test_a_hold_placed_though_there_was_nothing_is_marked_as_such(library: LendingLibrary):
    title, (number,) = await copies(library, 1)
    await withdrawn(library, number)
    overrides = frozenset({"no_reservable_materials"})
    hold = await waits(library, title, overrides=overrides, reason="Er bestilt")
    (found,) = await listed(library)
    assert (found.hold.id, found.was_known) == (hold, True)


async def test_the_list_is_read_in_pages(library: LendingLibrary):
    title, (number,) = await copies(library, 1)
    placed = [await waits(library, title) for _ in range(3)]
    await withdrawn(library, number)
    first = await listed(library, limit=2)
    rest = await listed(library, after=first[-1].hold.id, limit=2)
    assert [each.hold.id for each in (*first, *rest)] == placed


async def test_the_list_is_for_whoever_sees_holds_and_only_of_their_division(library: LendingLibrary):
    title, (number,) = await copies(library, 1)
    await waits(library, title)
    await withdrawn(library, number)
    await match_all(library)
    elsewhere = library.staff(frozenset({Permission.HOLD_VIEW}), library.town.school)
    assert await library.run(lambda tx: list_unfillable(tx, elsewhere)) == []
    nobody = library.staff(frozenset({Permission.ITEM_VIEW}))
    with pytest.raises(ForbiddenError):
        await library.run(lambda tx: list_unfillable(tx, nobody))
