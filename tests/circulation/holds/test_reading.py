"""Who waits for what, why, and how long yet."""

import pytest

from circulation.holds.test_changing import bind, cancel
from circulation.holds.test_placing import patron_caller
from circulation.holds.wishing import copies, match_all, waits, wish
from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.holds.estimating import cycle_days, wait_days
from faelles.circulation.holds.model import HoldExplained
from faelles.circulation.holds.reading import (
    BEFORE_ALL,
    explain_hold,
    holds_at_branch,
    holds_of_patron,
    holds_of_title,
    show_hold,
)
from faelles.ground.errors import NotFoundError
from faelles.people.model import Caller


async def explained(library: LendingLibrary, hold: int, caller: Caller | None = None) -> HoldExplained:
    return await library.run(lambda tx: explain_hold(tx, caller or library.librarian, hold))


async def test_a_patrons_holds_tell_the_place_in_the_queue(library: LendingLibrary):
    reader, (title, _), (other, _) = await library.reader(), await copies(library, 1), await copies(library, 1)
    await waits(library, title)
    await wish(library, reader, title)
    await wish(library, reader, other)
    found = await library.run(lambda tx: holds_of_patron(tx, library.librarian, reader.id))
    assert [(each.position, each.waiting) for each in found] == [(2, 2), (1, 1)]
    rest = await library.run(lambda tx: holds_of_patron(tx, library.librarian, reader.id, after=found[0].id))
    assert [each.id for each in rest] == [found[1].id]


async def test_the_queue_of_a_title_is_read_in_pages_by_rank(library: LendingLibrary):
    title, _ = await copies(library, 1)
    placed = [await waits(library, title) for _ in range(5)]
    seen, after = [], BEFORE_ALL
    while after is not None:
        page, after = await library.run(
            lambda tx, start=after: holds_of_title(tx, library.librarian, title, after=start, limit=2)
        )
        seen += [(each.id, each.position) for each in page]
    assert seen == [(hold, place) for place, hold in enumerate(placed, 1)]


async def test_a_branch_sees_what_is_picked_up_there(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    here, there = await waits(library, title), await waits(library, title, pickup=library.town.suburb)
    await bind(library, there, numbers[0])
    caller, town = library.librarian, library.town
    assert [each.id for each in await library.run(lambda tx: holds_at_branch(tx, caller, town.main))] == [here]
    captured = [HoldState.CAPTURED]
    found = await library.run(lambda tx: holds_at_branch(tx, caller, town.suburb, states=captured))
    assert [(each.id, each.item_number, each.position) for each in found] == [(there, numbers[0], None)]


async def test_why_says_who_gets_what_and_why_the_others_get_nothing(library: LendingLibrary):
    title, numbers = await copies(library, 1)
    first, second = await waits(library, title), await waits(library, title)
    await match_all(library)
    told = await explained(library, second)
    assert [(each.hold, each.item_number, each.why_not) for each in told.queue] == [
        (first, numbers[0], None),
        (second, None, "others_first"),
    ]
    assert (told.here.position, told.here.why_not) == (2, "others_first")
    got = await explained(library, first)
    assert (got.here.reach, [each.outcome for each in got.log]) == ("own_branch", ["matched"])


async def test_what_a_patron_reads_says_nothing_about_others(library: LendingLibrary):
    reader, (title, numbers) = await library.reader(), await copies(library, 1)
    first = await waits(library, title)
    mine = (await wish(library, reader, title)).transaction
    await match_all(library)
    own = patron_caller(library, reader.id)
    told = await explained(library, mine, own)
    assert (told.queue, told.log, told.here.item_number, told.hold.patron) == ((), (), None, None)
    assert told.here.why_not == "others_first"
    assert numbers[0] not in str(told)
    assert str(first) not in str(told)
    with pytest.raises(NotFoundError):
        await explained(library, first, own)


async def test_the_wait_follows_when_copies_come_back(library: LendingLibrary):
    title, numbers = await copies(library, 2)
    due = await library.lend(await library.reader(), numbers[0])
    library.clock.pass_days(7)
    await library.lend(await library.reader(), numbers[1])
    first, third = await waits(library, title), [await waits(library, title) for _ in range(2)][-1]
    assert due.due_on is not None
    days = (due.due_on - library.clock.now.date()).days
    waits_first, waits_third = (await explained(library, first)).wait, (await explained(library, third)).wait
    assert (waits_first.days, waits_first.copies, waits_first.position) == (days + 2, 2, 1)
    assert (waits_third.days, waits_third.position) == (days + 2 + 30, 3)


async def test_who_waits_for_another_issue_or_copy_is_not_waited_for(library: LendingLibrary):
    title, numbers = await copies(library, 2)
    for number in numbers:
        await library.lend(await library.reader(), number)
    for number in numbers:
        await wish(library, await library.reader(), item=number)
    queue = [each.id for each in (await library.run(lambda tx: holds_of_title(tx, library.librarian, title)))[0]]
    first, second = [(await explained(library, hold)).wait for hold in queue]
    assert (second.days, second.copies) == (first.days, first.copies)

    issues = "INSERT INTO periodical_issue (agency_id, record_id, year, number) VALUES ($1, $2, 2026, $3) RETURNING id"
    refile = "UPDATE item SET issue_id = $2 WHERE agency_id = $1 AND number = $3"
    become = "UPDATE hold SET target = 'issue', wanted_item_id = NULL, issue_id = $2 WHERE agency_id = $1 AND id = $3"
    for place, (number, hold) in enumerate(zip(numbers, queue, strict=True)):
        issue = await library.run(lambda tx, place=place: tx.value(issues, tx.agency, title, str(place)))
        await library.run(lambda tx, issue=issue, number=number: tx.execute(refile, tx.agency, issue, number))
        await library.run(lambda tx, issue=issue, hold=hold: tx.execute(become, tx.agency, issue, hold))
    first, second = [(await explained(library, hold)).wait for hold in queue]
    assert (second.days, second.copies) == (first.days, 1)


async def test_school_staff_see_no_holds_of_the_public_library(library: LendingLibrary):
    title, _ = await copies(library, 1)
    hold = await waits(library, title)
    school = library.staff(library.librarian.grants[0].permissions, library.town.schools)
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: show_hold(tx, school, hold))
    page, _ = await library.run(lambda tx: holds_of_title(tx, school, title))
    assert page == []


async def test_the_neighbours_holds_are_not_there(library: LendingLibrary, neighbour):
    title, _ = await copies(library, 1)
    hold = await waits(library, title)
    stranger = Caller(
        agency=neighbour.agency, actor=library.librarian.actor, language="da", grants=library.librarian.grants
    )

    async def ask(tx):
        return await show_hold(tx, stranger, hold)

    with pytest.raises(NotFoundError):
        await library.database.run(neighbour.agency, stranger.actor, ask)


def test_a_cycle_is_the_loan_period_until_returns_show_better():
    assert cycle_days(copies=10, returned_lately=3, loan_days=28) == 30
    assert cycle_days(copies=10, returned_lately=45, loan_days=28) == 20
    assert cycle_days(copies=10, returned_lately=10, loan_days=7) == 36


@pytest.mark.parametrize(
    ("position", "free_in", "days"),
    [(1, [0, 9], 2), (2, [9, 0], 11), (3, [0, 9], 22), (2001, [0] * 20, 2002), (1, [], None)],
)
def test_every_copy_serves_the_queue_again_and_again(position, free_in, days):
    assert wait_days(position, free_in, 20) == days


async def test_what_has_been_over_is_told_with_its_reason(library: LendingLibrary):
    reader, (title, _) = await library.reader(), await copies(library, 1)
    hold = (await wish(library, reader, title)).transaction
    await cancel(library, hold)
    (over,) = await library.run(lambda tx: holds_of_patron(tx, library.librarian, reader.id, is_open=False))
    assert (over.state, over.closed_why, over.closed_at) == ("cancelled", "staff", library.clock.now)
