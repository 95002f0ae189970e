"""Numbers written here begin with 40-46: every agency of the tests draws its own from 50-59."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from faelles.catalog import operations as catalog
from faelles.catalog.model import NewIssue
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from faelles.ground.events import read_next
from faelles.items import operations
from faelles.items.model import Condition, ItemChange, NumberSeries, Part, RfidFacts, RfidStandard, RfidTag
from faelles.people.model import Permission
from faelles.simulation.store import until_readable
from items.copies import Shelf, put_up
from town import found_town

RFID = RfidFacts(
    standard=RfidStandard.ISO_28560_3,
    owner_isil="DK-710100",
    parts=2,
    tags=(RfidTag(uid="E0040100000000A1", part=1, written_at=datetime(2024, 3, 1, 12, tzinfo=UTC)),),
)


async def change(shelf: Shelf, item, **given):
    given.setdefault("version", item.version)
    return await shelf.act(lambda tx, caller: operations.change_item(tx, caller, item.id, ItemChange(**given)))


async def set_series(shelf: Shelf, first: str, last: str):
    series = NumberSeries(next=first, last=last)
    await shelf.act(lambda tx, caller: operations.set_number_series(tx, caller, series))


async def test_a_copy_is_kept_with_everything_said_of_it(shelf: Shelf):
    item = await shelf.register(
        number="4401234567",
        price_ore=24995,
        condition=Condition.IN_PROCESSING,
        not_for_loan="Håndbog",
        minimum_age=15,
        acquired_on=date(2024, 2, 29),
        rfid=RFID,
        parts=(Part(number=1, description="Bog"), Part(number=2, description="Cd", is_present=False)),
    )
    assert item == await shelf.view(item)
    assert (item.number, item.price_ore, item.rfid, item.minimum_age) == ("4401234567", 24995, RFID, 15)
    assert [part.description for part in item.parts] == ["Bog", "Cd"]


async def test_without_a_number_the_next_of_the_agencys_series_is_drawn(shelf: Shelf):
    numbers = [(await shelf.register()).number for _ in range(3)]
    assert [int(number) - int(numbers[0]) for number in numbers] == [0, 1, 2]
    assert all(len(number) == 10 for number in numbers)


async def test_numbers_in_use_are_passed_over_and_a_series_ends(shelf: Shelf):
    await set_series(shelf, "4000000001", "4000000003")
    await shelf.register(number="4000000002")
    assert [(await shelf.register()).number for _ in range(2)] == ["4000000001", "4000000003"]
    with pytest.raises(ConflictError, match="number_series_used_up"):
        await shelf.register()


async def test_one_number_is_one_copy_even_for_two_at_once(shelf: Shelf):
    outcomes = await asyncio.gather(*(shelf.register(number="4400000001") for _ in range(4)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ConflictError"] * 3 + ["Item"]


async def test_eight_desks_draw_eight_numbers(shelf: Shelf):
    drawn = await asyncio.gather(*(shelf.register() for _ in range(8)))
    assert len({item.number for item in drawn}) == 8


async def test_a_drawn_number_that_somebody_just_registers_by_hand_is_left_to_them(shelf: Shelf):
    await set_series(shelf, "4200000001", "4200000009")
    async with shelf.database.transaction(shelf.town.agency, SYSTEM) as tx:
        await operations.register_item(tx, shelf_caller(shelf), shelf.new(number="4200000001"))
        other = asyncio.create_task(shelf.register())
        await asyncio.sleep(0.1)
    assert (await other).number == "4200000002"


def shelf_caller(shelf: Shelf):
    return shelf.staff_at(shelf.town.main, Permission.ITEM_EDIT)


async def test_the_same_request_twice_is_one_copy(shelf: Shelf):
    made = [
        await shelf.act(lambda tx, caller: operations.register_item(tx, caller, shelf.new(), key="scan 17"))
        for _ in range(2)
    ]
    assert made[0] == made[1]
    with pytest.raises(ConflictError, match="idempotency_key_reused"):
        await shelf.act(lambda tx, caller: operations.register_item(tx, caller, shelf.new(price_ore=1), key="scan 17"))


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("record", "record_unknown"),
        ("owner_branch", "branch_unknown"),
        ("default_placement", "placement_unknown"),
        ("material_group", "material_group_unknown"),
    ],
)
async def test_what_a_copy_points_at_must_be_there(shelf: Shelf, field: str, code: str):
    with pytest.raises(NotFoundError, match=code):
        await shelf.register(**{field: 2**53 - 1})


async def test_what_is_a_neighbours_is_not_there(shelf: Shelf, foreign_shelf: Shelf):
    for field, foreign in (
        ("record", foreign_shelf.record.id),
        ("owner_branch", foreign_shelf.town.main),
        ("default_placement", foreign_shelf.town.main_shelf),
        ("material_group", foreign_shelf.group),
    ):
        with pytest.raises(NotFoundError):
            await shelf.register(**{field: foreign})


async def test_a_copy_of_an_issue_belongs_to_the_issues_record(shelf: Shelf):
    issue = await shelf.act(
        lambda tx, caller: catalog.create_issue(tx, caller, shelf.record.id, NewIssue(year=2024, number="3"))
    )
    assert (await shelf.register(issue=issue.id)).issue == issue.id
    other = await shelf.add_record("Et andet blad", is_periodical=True)
    with pytest.raises(InvalidRequestError):
        await shelf.register(issue=issue.id, record=other.id)


async def test_a_change_keeps_what_it_does_not_name(shelf: Shelf):
    item = await shelf.register(price_ore=10000, not_for_loan="Ny")
    changed = await change(shelf, item, not_for_loan=None, condition=Condition.WORN, rfid=RFID)
    assert (changed.price_ore, changed.not_for_loan, changed.condition) == (10000, None, Condition.WORN)
    assert changed.rfid == RFID
    assert changed.version == item.version + 1


async def test_a_change_of_an_old_version_is_refused(shelf: Shelf):
    item = await shelf.register()
    await change(shelf, item, minimum_age=7)
    with pytest.raises(ConflictError, match="changed_meanwhile"):
        await change(shelf, item, minimum_age=11)
    assert (await shelf.view(item)).minimum_age == 7


async def test_a_new_barcode_must_be_free(shelf: Shelf):
    first, second = await shelf.register(number="4500000001"), await shelf.register(number="4500000002")
    assert (await change(shelf, first, number="4500000003")).number == "4500000003"
    with pytest.raises(ConflictError, match="item_number_taken"):
        await change(shelf, second, number="4500000003")


async def test_a_branch_edits_its_own_copies_and_gives_none_away_to_others(shelf: Shelf):
    suburban = shelf.staff_at(shelf.town.suburb, Permission.ITEM_EDIT)
    item = await shelf.register()
    edit = ItemChange(version=1, price_ore=1)
    with pytest.raises(ForbiddenError):
        await shelf.act(lambda tx, caller: operations.change_item(tx, caller, item.id, edit), caller=suburban)
    with pytest.raises(ForbiddenError):
        await shelf.act(lambda tx, caller: operations.register_item(tx, caller, shelf.new()), caller=suburban)
    own = await shelf.register(owner_branch=shelf.town.suburb)
    give = ItemChange(version=1, owner_branch=shelf.town.main)
    with pytest.raises(ForbiddenError):
        await shelf.act(lambda tx, caller: operations.change_item(tx, caller, own.id, give), caller=suburban)


async def test_a_new_copy_tells_statistics_what_they_need(shelf: Shelf):
    item = await shelf.register(price_ore=5000)
    await until_readable(shelf.database)
    async with shelf.database.transaction(shelf.town.agency, SYSTEM) as tx:
        told = [event for event in await read_next(tx, "test") if event.item == item.id]
    assert [event.kind for event in told] == ["item_registered"]
    assert told[0].dimensions == {
        "branch": shelf.town.main,
        "division": shelf.town.library,
        "material_group": shelf.group,
        "record": shelf.record.id,
        "material_type": "book",
        "language": None,
        "classification": None,
        "price_ore": 5000,
    }


async def test_a_number_of_another_agencys_copy_is_refused_unless_it_is_old_stock(shelf: Shelf, database: Database):
    theirs = await put_up(database, await found_town(database))
    await theirs.register(number="4600000001")
    with pytest.raises(ConflictError, match="item_number_of_other_agency"):
        await shelf.register(number="4600000001")
    mine = await shelf.register()
    with pytest.raises(ConflictError, match="item_number_of_other_agency"):
        await change(shelf, mine, number="4600000001")
    double = await shelf.register(number="4600000001", may_be_double=True)
    assert (await change(shelf, double, number="4600000001", price_ore=100)).price_ore == 100


async def test_of_two_agencies_that_register_one_number_at_once_one_gets_it(shelf: Shelf, database: Database):
    theirs = await put_up(database, await found_town(database))
    outcomes = await asyncio.gather(
        shelf.register(number="4600000002"), theirs.register(number="4600000002"), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ConflictError", "Item"]


async def test_a_number_of_another_agencys_copy_is_not_drawn(shelf: Shelf, database: Database):
    theirs = await put_up(database, await found_town(database))
    await theirs.register(number="4600000011")
    await set_series(shelf, "4600000011", "4600000012")
    assert (await shelf.register()).number == "4600000012"
