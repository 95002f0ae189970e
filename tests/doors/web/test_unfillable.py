"""Holds that nothing can fill, as staff and patrons see them."""

from circulation.holds.wishing import match_all, title_of, waits, wish
from circulation.lending_library import LendingLibrary
from doors.web.visitor import Visitor
from faelles.ground.clock import utc_now

_WITHDRAW = "UPDATE item SET withdrawn_at = $3, withdrawn_why = 'Slidt' WHERE agency_id = $1 AND number = $2"


async def test_staff_give_up_what_nothing_can_fill(employee: Visitor, library: LendingLibrary):
    number = await library.copy()
    given_up, kept = [await waits(library, await title_of(library, number)) for _ in range(2)]
    await library.run(lambda tx: tx.execute(_WITHDRAW, tx.agency, number, tx.now))
    await match_all(library)
    assert "reserveringer kan ikke opfyldes" in (await employee.get("/")).text
    shown = (await employee.get("/lists/unfillable")).text
    assert ("Titlen har ingen eksemplarer." in shown, f'value="{given_up}"' in shown) == (True, True)
    assert 'href="/lists/unfillable"' in (await employee.get(f"/holds/{given_up}")).text
    done = await employee.send("/lists/unfillable", {"holds": [given_up]})
    assert (done.status_code, "Slettet: 1. Lånerne får besked." in done.text) == (200, True)
    assert (f'value="{given_up}"' in done.text, f'value="{kept}"' in done.text) == (False, True)
    again = await employee.send("/lists/unfillable", {"holds": [given_up]})
    assert "Ikke slettet: 1." in again.text
    assert "titlen er udgået" in (await employee.get(f"/holds/{given_up}")).text
    assert "Titlen har ingen eksemplarer." in (await employee.get("/lists/unfillable?csv=true")).text


async def test_nothing_chosen_gives_nothing_up(employee: Visitor, library: LendingLibrary):
    number = await library.copy()
    await waits(library, await title_of(library, number))
    await library.run(lambda tx: tx.execute(_WITHDRAW, tx.agency, number, tx.now))
    await match_all(library)
    sent = await employee.send("/lists/unfillable", {})
    assert (sent.status_code, "Vælg mindst én reservering." in sent.text) == (422, True)


async def test_a_patron_sees_that_there_is_no_copy_left(library: LendingLibrary, nobody: Visitor):
    library.clock.now = utc_now()
    reader, number = await library.reader(), await library.copy()
    await wish(library, reader, await title_of(library, number))
    await library.run(lambda tx: tx.execute(_WITHDRAW, tx.agency, number, tx.now))
    await match_all(library)
    form = {"agency": library.town.isil, "card": reader.card, "pin": reader.pin}
    assert (await nobody.send("/mine/sign-in", form)).status_code == 303
    assert "Titlen har ingen eksemplarer." in (await nobody.get("/mine")).text
