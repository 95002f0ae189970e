"""Crates between branches and the vans that take them, on their screens."""

import re
import secrets
from datetime import date, timedelta

import pytest

from circulation.lending_library import LendingLibrary
from doors.web.visitor import Visitor
from faelles.circulation.transit.model import NewVan, Round, SendItem, VanStop
from faelles.circulation.transit.operations import send_item
from faelles.circulation.transit.rounds import add_van
from faelles.people.model import system_caller

CRATES = "/lists/crates"


@pytest.fixture
async def travelling(employee: Visitor, library: LendingLibrary) -> str:
    """A copy on its way from the main branch to the suburb."""
    town, item = library.town, await library.copy()
    way = SendItem(item=item, branch=town.main, to=town.suburb)
    await library.run(lambda tx: send_item(tx, system_caller(tx.agency), way))
    return item


def a_crate(library: LendingLibrary) -> dict[str, object]:
    return {"label": "T-18", "branch": library.town.main, "to": library.town.suburb, "key": secrets.token_hex(8)}


async def opened(employee: Visitor, library: LendingLibrary) -> str:
    """The address of a crate to the suburb."""
    answer = await employee.send(CRATES, a_crate(library))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


async def test_a_crate_is_packed_sent_received_and_tells_what_is_still_to_be_scanned(
    employee: Visitor, library: LendingLibrary, travelling: str
):
    crate = await opened(employee, library)
    assert (await employee.send(f"{crate}/copies", {"items": travelling})).status_code == 303
    assert travelling in (await employee.get(crate)).text
    assert (await employee.send(f"{crate}/received", {})).status_code == 409
    assert (await employee.send(f"{crate}/sent", {})).status_code == 303
    assert (await employee.send(f"{crate}/copies", {"items": travelling})).status_code == 409
    assert crate in (await employee.get(CRATES)).text
    assert (await employee.send(f"{crate}/received", {})).status_code == 303
    page = (await employee.get(crate)).text
    assert "Mangler at blive scannet ved skranken (1)" in page
    assert crate not in (await employee.get(CRATES)).text
    await library.take_back(travelling, branch=library.town.suburb)
    assert "Alt i kassen er scannet." in (await employee.get(crate)).text


async def test_what_does_not_go_that_way_stays_out_of_the_crate_and_is_told(
    employee: Visitor, library: LendingLibrary, travelling: str
):
    crate, item = await opened(employee, library), await library.copy()
    answer = await employee.send(f"{crate}/copies", {"items": f"{item}\r\n{travelling}\r\n{item}\r\n"})
    assert answer.status_code == 200
    assert f'<p class="alert-text">{item}</p>' in answer.text
    assert "I kassen (1)" in answer.text
    assert (await employee.send(f"{crate}/copies", {"items": "\n"})).status_code == 400
    assert (await employee.send(CRATES, a_crate(library))).status_code == 409


async def test_a_button_that_is_pressed_twice_opens_one_crate(employee: Visitor, library: LendingLibrary):
    form = a_crate(library)
    answers = [await employee.send(CRATES, form) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert len({each.headers["location"] for each in answers}) == 1


async def test_a_driver_takes_along_what_waits(employee: Visitor, library: LendingLibrary, travelling: str):
    town, monday = library.town, date(2026, 6, 1)
    stops = (VanStop(branch=town.main), VanStop(branch=town.suburb))
    week = tuple(Round(weekday=day, stops=stops) for day in range(1, 8))
    van = await library.run(lambda tx: add_van(tx, system_caller(tx.agency), NewVan(name="Blå bil", rounds=week)))
    assert f"/lists/vans/{van.id}" in (await employee.get("/lists/vans")).text
    sheet = (await employee.get(f"/lists/vans/{van.id}?day={monday + timedelta(days=7)}")).text
    assert len(re.findall(r"<li>[^<]+: <strong>1</strong></li>", sheet)) == 2
    assert (await employee.get(f"/lists/vans/{van.id}?day=9999-12-31")).status_code == 400
    assert (await employee.get(f"/lists/vans/{van.id + 1000}")).status_code == 404
