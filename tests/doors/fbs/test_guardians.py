"""Guardians over the web sites' interface."""

from datetime import date

from circulation.lending_library import Reader
from doors.fbs.conftest import WebSite
from doors.fbs.test_registering import guardian, path, with_guardian
from doors.fbs.test_reservations import versions
from faelles.agencies.settings.model import GUARDIAN_VIEW, SetSetting
from faelles.agencies.settings.operations import set_setting
from faelles.doors.fbs.facts import models
from faelles.ground.ids import PatronId
from faelles.patrons.identifiers import made_up_cpr


async def allow_guardians(site: WebSite) -> None:
    lending, on = site.library, SetSetting(values=("true",))
    await lending.run(lambda tx: set_setting(tx, lending.librarian, lending.town.library, GUARDIAN_VIEW, on))


async def test_a_child_named_by_its_number_is_looked_at_once_when_it_gets_another_guardian(site: WebSite):
    (creating,) = (each for each in versions("create_with_guardian") if each.id == "createWithGuardianV4")
    child, first, second = (made_up_cpr(date(year, 3, 9), 71) for year in (2018, 1985, 1984))
    made = await site.post(path(creating), with_guardian(creating, site, child, first))
    reader = Reader(PatronId(made), child, "")
    *_, operation = versions("update_guardian")
    kind = models()[operation.body.name]["guardian"].name
    before = await site.library.looks_at(reader)
    await site.put(path(operation), {"personIdentifier": child, "guardian": guardian(kind, second)})
    assert sorted(await site.library.looks_at(reader)) == sorted([*before, "replace_guardian"])


async def test_a_guardian_is_replaced_and_sees_and_changes_the_child_where_the_library_lets_them(site: WebSite):
    (creating,) = (each for each in versions("create_with_guardian") if each.id == "createWithGuardianV4")
    child, first, second = (
        made_up_cpr(date(2018, 3, 9), 61),
        made_up_cpr(date(1985, 3, 9), 62),
        made_up_cpr(date(1984, 3, 9), 63),
    )
    made = await site.post(path(creating), with_guardian(creating, site, child, first))
    for operation in versions("update_guardian"):
        kind = models()[operation.body.name]["guardian"].name
        assert await site.put(path(operation), {"patronId": made, "guardian": guardian(kind, second)}) == made
    for operation in versions("wards"):
        assert (await site.send("POST", path(operation), content=second)).status_code == 403
    await allow_guardians(site)
    for operation in versions("wards"):
        answer = (await site.send("POST", path(operation), content=second)).json()
        assert [each["patron"]["patronId"] for each in answer] == [made]
        assert answer[0].keys() == models()[operation.reply.name].keys()
        assert (await site.send("POST", path(operation), content=first)).status_code == 404
    for number, operation in enumerate(versions("update_ward")):
        where = path(operation).replace("{patronid}", str(made))
        change = {"pincodeChange": {"libraryCardNumber": child, "pincode": f"900{number}"}}
        assert (await site.send("PUT", where, json=change | {"guardianPersonId": first})).status_code == 403
        await site.put(where, change | {"guardianPersonId": second})
        card = {"libraryCardNumber": child, "pincode": f"900{number}"}
        assert (await site.post("/{a}/patrons/authenticate/v9", card))["authenticateStatus"] == "VALID"
