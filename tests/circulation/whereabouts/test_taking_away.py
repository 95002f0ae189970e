import asyncio

import pytest

from faelles.circulation.whereabouts import operations
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import ConflictError, ForbiddenError
from faelles.items.model import Item, NewPlaceholder, Withdrawal
from faelles.items.placeholders import operations as placeholders
from faelles.people.model import Permission
from items.copies import Shelf, put_up
from town import Town

_SET_STATE = "UPDATE item_circulation SET state = $3 WHERE agency_id = $1 AND item_id = $2"


@pytest.fixture
async def shelf(database: Database, town: Town) -> Shelf:
    return await put_up(database, town)


async def set_state(shelf: Shelf, item: Item, state: str):
    await shelf.act(lambda tx, _: tx.execute(_SET_STATE, tx.agency, item.id, state))


async def withdraw(shelf: Shelf, *items: Item, **how):
    request = Withdrawal(items=tuple(item.id for item in items), reason="Slidt")
    outcomes = await shelf.act(lambda tx, caller: operations.withdraw_items(tx, caller, request), **how)
    return [outcome.refused for outcome in outcomes]


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        ("available", None),
        ("lost", None),
        ("missing", None),
        ("on_loan", "item_is_out"),
        ("in_transit", "item_is_out"),
        ("claimed_returned", "item_is_out"),
    ],
)
async def test_what_somebody_still_has_is_not_withdrawn(shelf: Shelf, state: str, refused: str | None):
    item = await shelf.register()
    await set_state(shelf, item, state)
    assert await withdraw(shelf, item) == [refused]


async def test_a_copy_that_is_just_being_lent_is_not_withdrawn_under_the_borrowers_hands(shelf: Shelf):
    item = await shelf.register()
    async with shelf.database.transaction(shelf.town.agency, SYSTEM) as tx:
        await tx.execute(_SET_STATE, tx.agency, item.id, "on_loan")
        withdrawal = asyncio.create_task(withdraw(shelf, item))
        await asyncio.sleep(0.1)
        assert not withdrawal.done()
    assert await withdrawal == ["item_is_out"]


async def test_withdrawing_needs_its_permission_before_anything_is_locked(shelf: Shelf):
    item = await shelf.register()
    with pytest.raises(ForbiddenError):
        await withdraw(shelf, item, caller=shelf.staff_at(shelf.town.main, Permission.ITEM_EDIT))


async def test_another_librarys_copy_goes_home_once_its_borrower_has_brought_it_back(shelf: Shelf):
    new = NewPlaceholder(
        record=shelf.record.id,
        owner_branch=shelf.town.main,
        default_placement=shelf.town.main_shelf,
        material_group=shelf.group,
        lender_isil="DK-820010",
    )
    item = await shelf.act(lambda tx, caller: placeholders.expect_placeholder(tx, caller, new))
    await shelf.act(lambda tx, caller: placeholders.receive_placeholder(tx, caller, item.id))
    await set_state(shelf, item, "on_loan")
    with pytest.raises(ConflictError, match="item_is_out"):
        await shelf.act(lambda tx, caller: operations.send_placeholder_home(tx, caller, item.id))
    await set_state(shelf, item, "available")
    home = await shelf.act(lambda tx, caller: operations.send_placeholder_home(tx, caller, item.id))
    assert home.lender.sent_home_at is not None
