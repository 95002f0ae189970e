"""Of a periodical every page about a hold says which issue."""

from circulation.holds.test_places_of_issues import periodical, wish_for
from circulation.lending_library import LendingLibrary, Reader
from doors.web.visitor import Visitor
from faelles.ground.clock import utc_now
from faelles.ground.ids import HoldId

_SAID = "Frøken Smillas fornemmelse for sne, 2026, nr. 2"
_NUMBER = "SELECT number FROM copy WHERE agency_id = $1 AND issue_id = $2"


async def waiting(library: LendingLibrary, reader: Reader) -> tuple[HoldId, str]:
    """A hold of the second issue, and the number of its copy."""
    _, (_, issue) = await periodical(library)
    (placed,) = await wish_for(library, issue, reader=reader)
    assert placed.hold is not None
    return placed.hold, await library.run(lambda tx: tx.value(_NUMBER, tx.agency, issue))


async def test_staff_read_which_issue_is_waited_for_and_stands_ready(employee: Visitor, library: LendingLibrary):
    reader = await library.reader()
    hold, number = await waiting(library, reader)
    for page in (f"/holds/{hold}", f"/patrons/{reader.id}/holds"):
        assert _SAID in (await employee.get(page)).text
    await library.take_back(number)
    await employee.send("/place", {"branch": library.town.main})
    assert _SAID in (await employee.get("/lists/hold-shelf")).text
    assert "2026, nr. 2" in (await employee.get("/lists/hold-shelf?csv=true")).text
    await employee.send(f"/holds/{hold}/cancel", {})
    assert _SAID in (await employee.get("/lists/hold-shelf")).text.split('id="ready"')[0]


async def test_patrons_read_which_issue_they_wait_for(library: LendingLibrary, nobody: Visitor):
    library.clock.now = utc_now()
    reader = await library.reader()
    await waiting(library, reader)
    form = {"agency": library.town.isil, "card": reader.card, "pin": reader.pin}
    assert (await nobody.send("/mine/sign-in", form)).status_code == 303
    assert _SAID in (await nobody.get("/mine")).text
