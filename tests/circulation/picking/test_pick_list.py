"""Fetching from the shelves: the list, who is on the way, what is not there."""

import asyncio

import pytest

from circulation.holds.wishing import copies, match_all, state_of, waits
from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.issues import told_issue
from faelles.circulation.picking import operations
from faelles.circulation.picking.model import ClaimPicks, ConfirmPick, GiveBackPicks, NotOnShelf
from faelles.circulation.picking.printout import printed
from faelles.circulation.transit.model import SendItem
from faelles.circulation.transit.operations import send_item
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.errors import ConflictError, ForbiddenError, NotFoundError
from faelles.ground.i18n import Language
from faelles.people.model import Caller, Grant, Permission
from faelles.policies.knobs import PICK_CLAIM_MINUTES


def assistant(library: LendingLibrary, number: int) -> Caller:
    """Another member of staff: claims are a person's own."""
    return Caller(
        agency=library.town.agency,
        actor=Actor(ActorKind.STAFF, number),
        language=Language.DANISH,
        grants=(Grant(permissions=frozenset({Permission.LOGISTICS, Permission.RETURN})),),
    )


async def as_one(library: LendingLibrary, caller: Caller, work):
    return await library.database.run(caller.agency, caller.actor, lambda tx: work(tx, caller))


async def picks(library: LendingLibrary, **which):
    return await library.run(lambda tx: operations.list_picks(tx, library.librarian, library.town.main, **which))


async def claim(library: LendingLibrary, caller: Caller, **which):
    request = ClaimPicks(branch=library.town.main, **which)
    claimed = await as_one(library, caller, lambda tx, who: operations.claim_picks(tx, who, request))
    return [pick.hold for pick in claimed]


async def planned(library: LendingLibrary, number: int = 1):
    """So many holds with a copy planned for each; the holds."""
    holds = []
    for _ in range(number):
        record, _ = await copies(library, 1)
        holds.append(await waits(library, record))
    await match_all(library)
    return holds


async def test_the_list_is_what_is_planned_now(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    assert await picks(library) == []
    hold = await waits(library, record)
    await match_all(library)
    [pick] = await picks(library)
    assert (pick.hold, pick.item_number, pick.shelf) == (hold, book, ("Voksen",))
    await library.lend(await library.reader(), book)
    assert await picks(library) == []


async def test_the_list_goes_along_the_shelves(library: LendingLibrary):
    by_place = []
    for department, location in (("Voksen", "Å"), ("Børn", None), ("Voksen", "Aaby"), ("Voksen", "B")):
        placement = await library.run(
            lambda tx, where=(department, location): tx.value(
                "INSERT INTO placement (agency_id, branch_id, department, location) VALUES ($1, $2, $3, $4)"
                " RETURNING id",
                tx.agency,
                library.town.main,
                *where,
            )
        )
        record, _ = await copies(library, 1, shelf=placement)
        await waits(library, record)
        by_place.append((department, location))
    await match_all(library)
    listed = await picks(library)
    assert [pick.shelf for pick in listed] == [("Børn",), ("Voksen", "B"), ("Voksen", "Å"), ("Voksen", "Aaby")]
    second = listed[1]
    rest = await picks(library, after=(second.sort_key, second.hold))
    assert [pick.hold for pick in rest] == [pick.hold for pick in listed[2:]]


async def test_of_a_periodical_the_list_says_which_issue(library: LendingLibrary):
    record, [copy] = await copies(library, 1)
    issue = "INSERT INTO periodical_issue (agency_id, record_id, year, volume, number) VALUES ($1, $2, 2026, $3, '4')"
    refile = "UPDATE item SET issue_id = (SELECT id FROM periodical_issue WHERE record_id = $2) WHERE number = $1"
    await library.run(lambda tx: tx.execute(issue, tx.agency, record, "18"))
    await library.run(lambda tx: tx.execute(refile, copy, record))
    hold = await waits(library, record)
    await match_all(library)
    found = await picks(library)
    assert printed(found, Language.DANISH)[1].endswith(f"2026, årg. 18, nr. 4  {copy}")
    await miss(library, hold)
    [missed] = await library.run(lambda tx: operations.list_searches(tx, library.librarian))
    assert told_issue(missed.issue, Language.ENGLISH) == "2026, vol. 18, no. 4"


async def test_what_somebody_has_taken_on_is_nobody_elses(library: LendingLibrary):
    holds = await planned(library, 3)
    anna, bo = assistant(library, 11), assistant(library, 12)
    assert await claim(library, anna, most=2) == holds[:2]
    assert await claim(library, bo) == holds[2:]
    assert await claim(library, bo, holds=tuple(holds)) == holds[2:]
    assert [pick.claimed_by for pick in await picks(library)] == ["staff:11", "staff:11", "staff:12"]
    assert await picks(library, only_free=True) == []


async def test_a_claim_runs_out_by_itself(library: LendingLibrary):
    await library.set_rule(PICK_CLAIM_MINUTES, 30)
    [hold] = await planned(library)
    await claim(library, assistant(library, 11))
    library.clock.pass_days(31 / 24 / 60)
    assert [pick.claimed_by for pick in await picks(library)] == [None]
    assert await claim(library, assistant(library, 12)) == [hold]


async def test_of_many_who_want_one_pick_one_gets_it(library: LendingLibrary):
    holds = await planned(library, 2)
    taken = await asyncio.gather(*(claim(library, assistant(library, number)) for number in range(11, 17)))
    assert sorted(hold for claimed in taken for hold in claimed) == holds


async def test_who_is_second_at_the_same_moment_takes_the_next_ones(library: LendingLibrary):
    holds = await planned(library, 4)
    taken = await asyncio.gather(*(claim(library, assistant(library, number), most=2) for number in (11, 12)))
    assert [len(claimed) for claimed in taken] == [2, 2]
    assert sorted(hold for claimed in taken for hold in claimed) == holds


async def test_a_claim_is_given_back(library: LendingLibrary):
    holds = await planned(library, 2)
    anna = assistant(library, 11)
    await claim(library, anna)
    one = GiveBackPicks(branch=library.town.main, holds=(holds[0],))
    assert await as_one(library, anna, lambda tx, who: operations.give_back_picks(tx, who, one)) == [holds[0]]
    assert [pick.hold for pick in await picks(library, only_free=True)] == [holds[0]]
    every = GiveBackPicks(branch=library.town.main)
    assert await as_one(library, anna, lambda tx, who: operations.give_back_picks(tx, who, every)) == [holds[1]]


async def miss(library: LendingLibrary, hold, caller: Caller | None = None, *, item=None, key: str | None = None):
    request = NotOnShelf(hold=hold, item=item)
    return await as_one(
        library, caller or library.librarian, lambda tx, who: operations.note_not_on_shelf(tx, who, request, key)
    )


async def test_what_is_not_on_the_shelf_counts_and_another_branch_is_asked(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    other = await library.copy(branch=library.town.suburb, shelf=library.town.suburb_shelf)
    await library.run(
        lambda tx: tx.execute(
            "UPDATE item SET record_id = $2 WHERE agency_id = $1 AND number = $3", tx.agency, record, other
        )
    )
    hold = await waits(library, record)
    await match_all(library)
    assert await state_of(library, hold) == ("matched", book)
    assert await miss(library, hold) == 1
    await match_all(library)
    assert await state_of(library, hold) == ("matched", other)
    [search] = await library.run(lambda tx: operations.list_searches(tx, library.librarian))
    assert (search.item_number, search.hold, search.branch) == (book, hold, library.town.main)


async def test_said_twice_a_copy_is_missed_once_and_none_that_nobody_looked_for(library: LendingLibrary):
    record, numbers = await copies(library, 2)
    hold = await waits(library, record)
    await match_all(library)
    for _ in range(2):
        assert await miss(library, hold, item=numbers[0], key="missed-1") == 1
        await match_all(library)
    with pytest.raises(ConflictError, match="pick_is_another"):
        await miss(library, hold, item=numbers[0])
    assert await state_of(library, hold) == ("matched", numbers[1])


async def test_nobody_reports_what_another_is_fetching(library: LendingLibrary):
    [hold] = await planned(library)
    await claim(library, assistant(library, 11))
    with pytest.raises(ConflictError, match="pick_is_claimed"):
        await miss(library, hold, assistant(library, 12))
    assert await miss(library, hold, assistant(library, 11)) == 1


async def test_what_is_not_planned_cannot_be_missed(library: LendingLibrary):
    [hold] = await planned(library)
    await miss(library, hold)
    with pytest.raises(NotFoundError):
        await miss(library, hold)


async def test_a_search_that_is_given_up_makes_the_copy_missing(library: LendingLibrary):
    [hold] = await planned(library)
    await miss(library, hold)
    [search] = await library.run(lambda tx: operations.list_searches(tx, library.librarian, branch=library.town.main))
    await library.run(lambda tx: operations.give_up_search(tx, library.librarian, search.id))
    assert await library.state_of(search.item_number) == "missing"
    assert await library.run(lambda tx: operations.list_searches(tx, library.librarian)) == []
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: operations.give_up_search(tx, library.librarian, search.id))


async def test_only_what_is_on_the_list_is_confirmed(library: LendingLibrary):
    request = ConfirmPick(branch=library.town.main, item=await library.copy())
    with pytest.raises(ConflictError, match="not_on_pick_list"):
        await library.run(lambda tx: operations.confirm_pick(tx, library.librarian, request))


async def test_a_key_opens_the_list_only_for_what_it_confirmed_before(library: LendingLibrary):
    record, [book] = await copies(library, 1)
    await waits(library, record)
    await match_all(library)

    async def confirm(item: str, key: str):
        request = ConfirmPick(branch=library.town.main, item=item)
        return await library.run(lambda tx: operations.confirm_pick(tx, library.librarian, request, key))

    with pytest.raises(ConflictError, match="not_on_pick_list"):
        await confirm(await library.copy(), "new")
    first = await confirm(book, "scan")
    assert await confirm(book, "scan") == first


@pytest.mark.parametrize("goes", ["sent away", "missing", "on loan again"])
async def test_a_planned_copy_that_goes_away_is_no_longer_promised(library: LendingLibrary, goes: str):
    record, [book] = await copies(library, 1)
    lent = await library.lend(await library.reader(), book)
    await library.take_back(book)
    hold = await waits(library, record)
    await match_all(library)
    assert await state_of(library, hold) == ("matched", book)
    match goes:
        case "sent away":
            request = SendItem(item=book, branch=library.town.main, to=library.town.suburb)
            await library.run(lambda tx: send_item(tx, library.librarian, request))
        case "missing":
            await library.lose(book)
        case _:
            await library.undo_return(lent.loan)
    await match_all(library)
    assert await state_of(library, hold) == ("pending", None)


async def test_fetching_needs_its_permission_at_the_branch(library: LendingLibrary):
    elsewhere = library.staff(frozenset({Permission.LOGISTICS}), division=library.town.schools)
    with pytest.raises(ForbiddenError):
        await library.run(lambda tx: operations.list_picks(tx, elsewhere, library.town.main))
