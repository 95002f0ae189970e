"""Requests between municipalities on the screens of both sides."""

import re
from collections.abc import Callable

from circulation.conftest import lender  # noqa: F401 - a fixture
from circulation.lending_library import LendingLibrary
from circulation.sharing.test_lending_away import asked, copy_of, fetched, sent
from doors.web.sessions import session_of_staff
from doors.web.visitor import Visitor
from faelles.ground.clock import utc_now
from faelles.people.model import EVERY_PERMISSION

PAGE = "/lists/lending"


async def test_a_request_is_taken_up_and_its_copy_sent(
    library: LendingLibrary,
    lender: LendingLibrary,  # noqa: F811 - the fixture
    visit: Callable[[str], Visitor],
):
    library.clock.now = utc_now()
    _, request = await asked(library, lender)
    there = visit(await lender.run(lambda tx: session_of_staff(tx, EVERY_PERMISSION)))
    page = (await there.get(PAGE)).text
    assert "Pelle Erobreren" in page
    assert library.town.isil in page
    assert (await there.send(f"{PAGE}/asked/{request}/accepted", {})).status_code == 303
    again = await there.send(f"{PAGE}/asked/{request}/accepted", {})
    assert again.status_code == 409
    number = await copy_of(lender)
    early = await there.send(f"{PAGE}/sent", {"item": number, "branch": lender.town.main})
    assert (early.status_code, f'value="{number}"' in early.text) == (409, True)
    await fetched(lender)
    assert (await there.send(f"{PAGE}/sent", {"item": number, "branch": lender.town.main})).status_code == 303
    assert (await there.send(f"{PAGE}/asked/{request}/refused", {})).status_code == 409


async def test_what_comes_is_received_and_goes_home_again(
    library: LendingLibrary,
    lender: LendingLibrary,  # noqa: F811 - the fixture
    visit: Callable[[str], Visitor],
):
    library.clock.now = utc_now()
    hold, request = await sent(library, lender)
    here = visit(await library.run(lambda tx: session_of_staff(tx, EVERY_PERMISSION)))
    received = await here.send(f"{PAGE}/asking/{request}/received", {"branch": library.town.main})
    assert received.status_code == 200
    assert re.search(r"modtaget med nummer \d{10}", received.text)
    assert "HYLDE 1" in received.text
    assert f'href="/holds/{hold}"' in received.text
    assert (await here.send(f"{PAGE}/asking/{request}/withdrawn", {})).status_code == 409
    await here.send(f"/holds/{hold}/cancel", {})
    assert (await here.send(f"{PAGE}/asking/{request}/returned", {})).status_code in (303, 409)
