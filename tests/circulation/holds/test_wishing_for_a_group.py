"""A hold that asks for copies of one group of materials: no other copy of the title will do."""

import pytest

from circulation.holds.test_changing import change
from circulation.holds.test_reading import explained
from circulation.holds.wishing import codes, copies, match_all, state_of, wish
from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode
from faelles.ground.errors import InvalidRequestError


async def mixed(library: LendingLibrary) -> tuple[int, str, str]:
    """A title with a copy for adults and one for children."""
    title, (adult, child) = await copies(library, 2)
    sql = "UPDATE item SET material_group_id = $2 WHERE agency_id = $1 AND number = $3"
    await library.run(lambda tx: tx.execute(sql, tx.agency, library.materials["book_child"], child))
    return title, adult, child


async def test_only_a_copy_of_the_group_is_planned_and_the_log_says_why_no_other(library: LendingLibrary):
    title, adult, child = await mixed(library)
    first = (await wish(library, await library.reader(), title, group="book_child")).transaction
    second = (await wish(library, await library.reader(), title, group="book_child")).transaction
    await match_all(library)
    assert await state_of(library, first) == ("matched", child)
    assert await state_of(library, second) == ("pending", None)
    told = await explained(library, second)
    assert (told.here.why_not, told.hold.wanted_group) == ("others_first", library.materials["book_child"])
    await library.lend(await library.reader(), child)
    await match_all(library)
    assert (await explained(library, second)).here.why_not == "other_material_group"
    assert (await library.state_of(adult)) == "available"


async def test_a_group_above_the_copies_own_will_do(library: LendingLibrary):
    title, adult, _ = await mixed(library)
    hold = (await wish(library, await library.reader(), title, group="any")).transaction
    await match_all(library)
    assert await state_of(library, hold) == ("matched", adult)


async def test_a_title_without_copies_of_the_group_has_nothing_to_wait_for(library: LendingLibrary):
    title, _ = await copies(library, 1)
    refused = await wish(library, await library.reader(), title, group="book_child")
    assert codes(refused) == {BlockCode.NO_RESERVABLE_MATERIALS}


async def test_a_check_in_and_a_loan_of_another_group_leave_the_hold_alone(library: LendingLibrary):
    title, adult, _ = await mixed(library)
    reader = await library.reader()
    hold = (await wish(library, reader, title, group="book_child")).transaction
    assert (await library.take_back(adult)).next.hold is None
    await library.lend(reader, adult)
    assert (await state_of(library, hold))[0] == "pending"


async def test_a_group_that_there_is_not_is_an_error_and_a_change_of_branch_keeps_the_group(library: LendingLibrary):
    title, _, child = await mixed(library)
    hold = (await wish(library, await library.reader(), title, group="book_child")).transaction
    await change(library, hold, pickup=library.town.suburb)
    await match_all(library)
    assert await state_of(library, hold) == ("matched", child)
    library.materials["unknown"] = 10**6
    with pytest.raises(InvalidRequestError):
        await wish(library, await library.reader(), title, group="unknown")
