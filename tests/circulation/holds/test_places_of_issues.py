"""Of a periodical the place in line is that among those who wait for the same issue."""

import pytest

from circulation.holds.test_placing import patron_caller
from circulation.holds.wishing import title_of
from circulation.lending_library import LendingLibrary, Reader
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.issues import told_issue
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.changing import move_hold
from faelles.circulation.holds.model import MoveHold, MoveTo, Placed, PlaceHolds, Wish
from faelles.circulation.holds.operations import place_holds
from faelles.circulation.holds.reading import explain_hold, holds_of_patron, holds_of_title
from faelles.circulation.own.operations import holds_asked_for
from faelles.circulation.shelf.operations import list_shelf
from faelles.doors.rest.circulation import told_return
from faelles.ground.errors import InvalidRequestError
from faelles.ground.i18n import Language
from faelles.ground.ids import IssueId, RecordId
from faelles.policies.knobs import LOCALS_FIRST, LocalsFirst


async def periodical(library: LendingLibrary, issues: int = 2) -> tuple[RecordId, list[IssueId]]:
    """A periodical with a copy of each of its issues."""
    numbers = [await library.copy() for _ in range(issues)]
    record = await title_of(library, numbers[0])
    make = "INSERT INTO periodical_issue (agency_id, record_id, year, number) VALUES ($1, $2, 2026, $3) RETURNING id"
    refile = "UPDATE item SET record_id = $2, issue_id = $3 WHERE agency_id = $1 AND number = $4"
    become = "UPDATE record SET is_periodical = true WHERE agency_id = $1 AND id = $2"
    await library.run(lambda tx: tx.execute(become, tx.agency, record))
    made = []
    for place, number in enumerate(numbers, 1):
        issue = await library.run(lambda tx, place=place: tx.value(make, tx.agency, record, str(place)))
        await library.run(lambda tx, issue=issue, number=number: tx.execute(refile, tx.agency, record, issue, number))
        made.append(IssueId(issue))
    return record, made


async def wish_for(library: LendingLibrary, *issues: IssueId, reader: Reader | None = None) -> list[Placed]:
    request = PlaceHolds(
        patron=Borrower(patron=(reader or await library.reader()).id),
        wishes=tuple(Wish(issue=issue) for issue in issues),
        pickup=library.town.main,
    )
    return list((await library.run(lambda tx: place_holds(tx, library.librarian, library.keyring, request))).holds)


async def holds(library: LendingLibrary, *issues: IssueId) -> list[int]:
    """One hold after the other, each of somebody new."""
    placed = [(await wish_for(library, issue))[0].hold for issue in issues]
    assert None not in placed
    return [hold for hold in placed if hold is not None]


async def test_whoever_joins_counts_those_who_wait_for_the_same_issue(library: LendingLibrary):
    _, (first, second) = await periodical(library)
    await holds(library, first, first, second)
    assert [each.position for each in await wish_for(library, first, second)] == [3, 2]


async def test_an_issue_that_there_is_not_is_told_as_such(library: LendingLibrary):
    _, (issue,) = await periodical(library, 1)
    (refused,) = await wish_for(library, IssueId(issue + 10_000_000))
    assert [each.code for each in refused.blocks] == [BlockCode.ISSUE_NOT_FOUND]


@pytest.mark.parametrize("is_local", [False, True])
async def test_every_list_tells_the_place_among_those_of_the_issue(library: LendingLibrary, *, is_local: bool):
    record, (first, second) = await periodical(library)
    if is_local:
        await library.set_rule(LOCALS_FIRST, LocalsFirst.PICKUP_AT_OWNER)
    await holds(library, first, first, second)
    reader = await library.reader()
    (mine,) = await wish_for(library, second, reader=reader)
    assert mine.position == 2
    queue, _ = await library.run(lambda tx: holds_of_title(tx, library.librarian, record))
    assert [(each.issue, each.position, each.waiting) for each in queue] == [
        (first, 1, 2),
        (first, 2, 2),
        (second, 1, 2),
        (second, 2, 2),
    ]
    caller = patron_caller(library, reader.id)
    (listed,) = await library.run(lambda tx: holds_of_patron(tx, caller, reader.id))
    assert (listed.position, listed.waiting) == (2, 2)

    own = await library.run(lambda tx: tx.ask(holds_asked_for(tx, caller)))
    assert [each.position for each in own.holds] == [2]
    told = await library.run(lambda tx: explain_hold(tx, library.librarian, mine.hold))
    assert ([each.position for each in told.queue], told.here.position, told.wait.position) == ([1, 2], 2, 2)


async def test_a_hold_is_moved_among_those_of_its_issue(library: LendingLibrary):
    _, (first, second) = await periodical(library)
    ahead, between, _, behind = await holds(library, second, first, first, second)

    async def move(hold: int, **where: object) -> int:
        request = MoveHold(reason="Eksamen", **where)
        return await library.run(lambda tx: move_hold(tx, library.librarian, hold, request))

    assert await move(behind, to=MoveTo.UP) == 1
    assert await move(behind, to=MoveTo.DOWN) == 2
    assert await move(behind, before=ahead) == 1
    with pytest.raises(InvalidRequestError):
        await move(behind, before=between)


async def test_the_copy_that_is_taken_back_and_its_slip_are_named_with_the_issue(library: LendingLibrary):
    _, (_, issue) = await periodical(library)
    (placed,) = await wish_for(library, issue)
    number = await library.run(
        lambda tx: tx.value("SELECT number FROM copy WHERE agency_id = $1 AND issue_id = $2", tx.agency, issue)
    )
    answer = await library.take_back(number)
    told = told_return(answer, Language.ENGLISH)
    assert (answer.next.hold, told.slip[-1]) == (placed.hold, "Frøken Smillas fornemmelse for sne, 2026, no. 2")
    (ready,) = await library.run(lambda tx: list_shelf(tx, library.librarian, library.town.main))
    assert told_issue(ready.issue, Language.ENGLISH) == "2026, no. 2"
