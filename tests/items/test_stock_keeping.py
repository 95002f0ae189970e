import asyncio
import time
from datetime import date

import pytest

from faelles.catalog import operations as catalog
from faelles.catalog.model import NewIssue
from faelles.ground.actor import SYSTEM
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from faelles.ground.events import read_next
from faelles.items import operations, store
from faelles.items.model import BulkItem, NewNote, NewPlaceholder, NumberSeries, Part, Restoration, Withdrawal
from faelles.items.particulars import operations as particulars
from faelles.items.placeholders import operations as placeholders
from faelles.items.stock import operations as stock
from faelles.items.stock.model import StockCount
from faelles.people.model import Permission
from faelles.simulation.store import until_readable
from items.copies import Shelf
from waiting import PATIENCE


async def withdraw(shelf: Shelf, *items, out=(), **how):
    request = Withdrawal(items=tuple(item.id for item in items), reason="Slidt")
    return await shelf.act(
        lambda tx, caller: operations.withdraw(tx, caller, request, out={item.id for item in out}), **how
    )


async def restore(shelf: Shelf, *items):
    request = Restoration(items=tuple(item.id for item in items))
    return await shelf.act(lambda tx, caller: operations.restore(tx, caller, request))


async def of_record(shelf: Shelf, record, **how):
    how.setdefault("limit", 50)
    return await shelf.act(lambda tx, caller: operations.items_of_record(tx, caller, record.id, **how))


async def test_withdrawn_copies_leave_the_lists_and_come_back(shelf: Shelf):
    kept, gone = await shelf.register(), await shelf.register()
    assert [outcome.refused for outcome in await withdraw(shelf, gone)] == [None]
    assert [item.id for item in (await of_record(shelf, shelf.record)).items] == [kept.id]
    assert len((await of_record(shelf, shelf.record, with_withdrawn=True)).items) == 2
    assert (await shelf.view(gone)).withdrawn_why == "Slidt"
    assert [outcome.refused for outcome in await restore(shelf, gone, kept)] == [None, "item_not_withdrawn"]
    assert (await shelf.view(gone)).withdrawn_at is None
    assert len((await of_record(shelf, shelf.record)).items) == 2


async def test_of_many_those_that_are_out_stay_and_the_rest_go(shelf: Shelf, foreign_shelf: Shelf):
    here, lent, foreign = await shelf.register(), await shelf.register(), await foreign_shelf.register()
    outcomes = await withdraw(shelf, here, lent, foreign, out=[lent])
    assert [outcome.refused for outcome in outcomes] == [None, "item_is_out", "item_unknown"]
    assert (await shelf.view(lent)).withdrawn_at is None
    assert (await foreign_shelf.view(foreign)).withdrawn_at is None


async def test_two_who_withdraw_the_same_copies_at_once_count_each_once(shelf: Shelf):
    items = [await shelf.register() for _ in range(4)]
    results = await asyncio.gather(withdraw(shelf, *items), withdraw(shelf, *reversed(items)))
    refusals = [outcome.refused for outcomes in results for outcome in outcomes]
    assert sorted(refusals, key=str) == [None] * 4 + ["item_withdrawn_already"] * 4
    await until_readable(shelf.database)
    async with shelf.database.transaction(shelf.town.agency, SYSTEM) as tx:
        told = [event.item for event in await read_next(tx, "test", limit=500) if event.kind == "item_withdrawn"]
    assert sorted(told) == sorted(item.id for item in items)


async def test_a_branch_withdraws_its_own_copies_only(shelf: Shelf):
    item = await shelf.register()
    with pytest.raises(ForbiddenError):
        await withdraw(shelf, item, caller=shelf.staff_at(shelf.town.suburb, Permission.ITEM_WITHDRAW))
    assert (await shelf.view(item)).withdrawn_at is None


async def test_copies_of_a_record_come_page_by_page(shelf: Shelf):
    made = [(await shelf.register()).id for _ in range(5)]
    seen, after = [], 0
    while after is not None:
        page = await of_record(shelf, shelf.record, limit=2, after=after)
        seen += [item.id for item in page.items]
        after = page.next
    assert seen == made


async def test_copies_of_a_branch_are_those_it_owns(shelf: Shelf):
    item = await shelf.register(owner_branch=shelf.town.suburb)
    await shelf.register()
    page = await shelf.act(lambda tx, caller: operations.items_of_branch(tx, caller, shelf.town.suburb, limit=10))
    assert [found.id for found in page.items] == [item.id]


async def test_a_copy_is_found_by_its_number_and_a_neighbours_is_not(shelf: Shelf, foreign_shelf: Shelf):
    item = await foreign_shelf.register(number="4423456789")
    with pytest.raises(NotFoundError):
        await shelf.act(lambda tx, caller: operations.find_item(tx, caller, "4423456789"))
    with pytest.raises(NotFoundError):
        await shelf.view(item)
    found = await foreign_shelf.act(lambda tx, caller: operations.find_item(tx, caller, "4423456789"))
    assert found == item


async def test_anybody_learns_who_owns_a_number_and_nothing_else(shelf: Shelf, foreign_shelf: Shelf):
    item = await foreign_shelf.register()
    assert await shelf.act(lambda tx, caller: operations.owners_of_number(tx, caller, item.number)) == [
        foreign_shelf.town.agency
    ]
    assert await shelf.act(lambda tx, caller: operations.owners_of_number(tx, caller, "5999999999")) == []


async def test_copies_follow_a_provisional_record_into_the_real_one(shelf: Shelf):
    item = await shelf.register()
    real = await shelf.add_record("Den rigtige post")
    await shelf.act(lambda tx, caller: operations.merge_records(tx, caller, shelf.record.id, real.id))
    assert (await shelf.view(item)).record == real.id
    assert [found.id for found in (await of_record(shelf, shelf.record)).items] == [item.id]
    assert (await shelf.register()).record == real.id


async def test_copies_of_an_issue_that_the_other_record_has_too_belong_to_that_one(shelf: Shelf):
    real = await shelf.add_record("Bådnyt", is_periodical=True)

    async def issue(record, number):
        new = NewIssue(year=2024, number=number)
        return await shelf.act(lambda tx, caller: catalog.create_issue(tx, caller, record.id, new))

    doubled, alone, twin = await issue(shelf.record, "1"), await issue(shelf.record, "2"), await issue(real, "1")
    of_doubled, of_alone = await shelf.register(issue=doubled.id), await shelf.register(issue=alone.id)
    await shelf.act(lambda tx, caller: operations.merge_records(tx, caller, shelf.record.id, real.id))
    assert (await shelf.view(of_doubled)).issue == twin.id
    assert (await shelf.view(of_alone)).issue == alone.id


async def test_parts_are_described_and_go_missing(shelf: Shelf):
    item = await shelf.register()
    parts = (Part(number=1, description="Spilleplade"), Part(number=2, description="40 brikker"))
    await shelf.act(lambda tx, caller: particulars.describe_parts(tx, caller, item.id, parts))
    seen = await shelf.act(lambda tx, caller: particulars.mark_part(tx, caller, item.id, 2, is_present=False))
    assert [(part.description, part.is_present) for part in seen.parts] == [
        ("Spilleplade", True),
        ("40 brikker", False),
    ]
    with pytest.raises(NotFoundError, match="item_part_unknown"):
        await shelf.act(lambda tx, caller: particulars.mark_part(tx, caller, item.id, 3, is_present=False))


async def test_a_note_stands_until_somebody_dismisses_it(shelf: Shelf, foreign_shelf: Shelf):
    item = await shelf.register()
    note = NewNote(text="Løs ryg", on_return=False)
    noted = await shelf.act(lambda tx, caller: particulars.write_note(tx, caller, item.id, note))
    written = noted.notes[0]
    assert (written.text, written.on_checkout, written.on_return, written.written_by) == (
        "Løs ryg",
        True,
        False,
        "system:0",
    )
    with pytest.raises(NotFoundError):
        await foreign_shelf.act(lambda tx, caller: particulars.dismiss_note(tx, caller, item.id, written.id))
    seen = await shelf.act(lambda tx, caller: particulars.dismiss_note(tx, caller, item.id, written.id))
    assert seen.notes == ()
    with pytest.raises(NotFoundError, match="item_note_unknown"):
        await shelf.act(lambda tx, caller: particulars.dismiss_note(tx, caller, item.id, written.id))


async def test_another_librarys_copy_is_expected_received_and_returned_to_its_owner(shelf: Shelf):
    new = NewPlaceholder(
        record=shelf.record.id,
        owner_branch=shelf.town.main,
        default_placement=shelf.town.main_shelf,
        material_group=shelf.group,
        lender_isil="DK-820010",
        lender_reference="ILL-17",
        lender_due_on=date(2030, 1, 31),
    )
    item = await shelf.act(lambda tx, caller: placeholders.expect_placeholder(tx, caller, new))
    assert (item.lender.isil, item.lender.reference, item.lender.received_at) == ("DK-820010", "ILL-17", None)
    item = await shelf.act(lambda tx, caller: placeholders.receive_placeholder(tx, caller, item.id))
    assert item.lender.received_at is not None
    with pytest.raises(ConflictError, match="item_is_out"):
        await shelf.act(lambda tx, caller: placeholders.send_placeholder_home(tx, caller, item.id, is_out=True))
    item = await shelf.act(lambda tx, caller: placeholders.send_placeholder_home(tx, caller, item.id, is_out=False))
    assert item.lender.sent_home_at is not None


async def test_a_placeholder_is_nobodys_own_number(shelf: Shelf, foreign_shelf: Shelf):
    new = NewPlaceholder(
        record=shelf.record.id,
        owner_branch=shelf.town.main,
        default_placement=shelf.town.main_shelf,
        material_group=shelf.group,
        lender_isil="DK-820010",
        number="4487654321",
    )
    await shelf.act(lambda tx, caller: placeholders.expect_placeholder(tx, caller, new))
    assert await foreign_shelf.act(lambda tx, caller: operations.owners_of_number(tx, caller, "4487654321")) == []


async def test_counted_stock_is_set_changed_and_never_less_than_nothing(shelf: Shelf):
    count = StockCount(record=shelf.record.id, placement=shelf.town.main_shelf, material_group=shelf.group, quantity=28)
    first = await shelf.act(lambda tx, caller: stock.set_stock(tx, caller, count))
    changed = await asyncio.gather(
        *(shelf.act(lambda tx, caller: stock.change_stock(tx, caller, first.id, -10)) for _ in range(4)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in changed].count(ConflictError) == 2
    page = await shelf.act(lambda tx, caller: stock.list_stock(tx, caller, limit=10, record=shelf.record.id))
    assert [(kept.id, kept.quantity) for kept in page.stock] == [(first.id, 8)]
    elsewhere = await shelf.act(lambda tx, caller: stock.list_stock(tx, caller, limit=10, branch=shelf.town.suburb))
    assert elsewhere.stock == ()


async def test_a_neighbours_stock_is_not_there(shelf: Shelf, foreign_shelf: Shelf):
    count = StockCount(record=shelf.record.id, placement=shelf.town.main_shelf, material_group=shelf.group, quantity=28)
    kept = await shelf.act(lambda tx, caller: stock.set_stock(tx, caller, count))
    with pytest.raises(NotFoundError, match="stock_unknown"):
        await foreign_shelf.act(lambda tx, caller: stock.change_stock(tx, caller, kept.id, 1))
    assert (await foreign_shelf.act(lambda tx, caller: stock.list_stock(tx, caller, limit=10))).stock == ()


async def test_a_number_series_that_ends_before_it_begins_is_refused(shelf: Shelf):
    for first, last in (("5000000002", "5000000001"), ("0000000000", "5000000001")):
        series = NumberSeries(next=first, last=last)
        with pytest.raises(InvalidRequestError):
            await shelf.act(lambda tx, caller, series=series: operations.set_number_series(tx, caller, series))


async def test_very_many_copies_are_written_in_no_time(shelf: Shelf):
    def rows(count: int):
        for place in range(count):
            yield BulkItem(
                number=f"{4_100_000_000 + place:010}",
                record=shelf.record.id,
                owner_branch=shelf.town.main,
                default_placement=shelf.town.main_shelf,
                material_group=shelf.group,
                price_ore=10000,
                acquired_on=date(2024, 1, 1),
            )

    began = time.monotonic()
    async with shelf.database.transaction(shelf.town.agency, SYSTEM) as tx:
        assert await store.copy_items(tx, rows(12_000)) == 12_000
        assert (await store.find_numbered(tx, "4100011999")).acquired_on == date(2024, 1, 1)
    assert time.monotonic() - began < PATIENCE
