"""The start page: the day in numbers, as bars and as a table."""

import pytest

from circulation.lending_library import LendingLibrary
from doors.web.visitor import Visitor
from faelles.doors.web.start.plots import HEIGHT, WIDTH, plot


@pytest.fixture
def at_main(employee: Visitor, library: LendingLibrary) -> Visitor:
    """At the main library's desk."""
    employee.http.cookies.set("faelles_place", f"{library.town.isil}:{library.town.main}", domain="faelles.test")
    return employee


async def test_what_was_lent_today_is_counted_by_the_hour(at_main: Visitor, library: LendingLibrary):
    reader = await library.reader()
    for _ in range(3):
        await library.lend(reader, await library.copy())
    page = (await at_main.get("/")).text
    assert "Udlån time for time" in page
    assert "3 i alt" in page
    assert page.count("<svg") == 1
    assert "style=" not in page


async def test_yesterdays_loans_are_yesterdays(at_main: Visitor, library: LendingLibrary):
    library.clock.pass_days(-1)
    await library.lend(await library.reader(), await library.copy())
    library.clock.pass_days(1)
    assert "Intet er lånt ud her endnu i dag." in (await at_main.get("/")).text


async def test_who_waits_is_counted_by_how_long(at_main: Visitor, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await library.lend(await library.reader(), item)
    await library.run(
        lambda tx: tx.execute(
            "INSERT INTO hold (agency_id, target, record_id, transaction_id, division_id, pickup_branch_id, placed_at,"
            " placed_on, placed_by, interest_until, rank)"
            " SELECT agency_id, 'title', record_id, 1, $2, $3, now() - interval '40 days', current_date - 40, 'staff',"
            " current_date + 90, 1 FROM item WHERE agency_id = $1 AND number = $4",
            tx.agency,
            library.town.library,
            library.town.main,
            item,
        )
    )
    page = (await at_main.get("/")).text
    waiting = page.partition('id="holds-title"')[2]
    assert '<th scope="row">1-3 måneder</th><td>1</td>' in waiting
    assert reader.card not in page


@pytest.mark.parametrize("numbers", [[], [0], [1], [0, 0, 7], [3, 200, 41], [9_999]])
def test_bars_stay_within_the_picture(numbers: list[int]):
    drawn = plot([(str(index), number) for index, number in enumerate(numbers)])
    assert drawn.total == sum(numbers)
    assert [line.number for line in drawn.lines] == sorted({line.number for line in drawn.lines})
    for bar in drawn.bars:
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
