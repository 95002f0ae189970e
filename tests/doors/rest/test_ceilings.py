from httpx import AsyncClient

from doors.rest.callers import bearer, staff
from doors.rest.furniture import Furniture
from doors.rest.test_policies import POLICIES, Headers, explained
from faelles.ground.crypto import Keyring
from faelles.ground.ids import NATION


async def test_a_ceiling_that_the_nation_sets_caps_the_towns_rule_from_then_on(
    client: AsyncClient, keyring: Keyring, furnished: Furniture, librarian: Headers
):
    knob = "hold_not_collected_fee_ore"
    rule = {"knob": knob, "value": 3000, "scope": "agency"}
    assert (await client.post(f"{POLICIES}/rules", json=rule, headers=librarian)).status_code == 201
    ceiling = {"knob": knob, "highest_ore": 2500, "source": "Takstkatalog"}
    assert (await client.post(f"{POLICIES}/ceilings", json=ceiling, headers=librarian)).status_code == 403
    nation = bearer(keyring, staff(NATION, furnished.number("supporter")))
    written = await client.post(f"{POLICIES}/ceilings", json=ceiling, headers=nation)
    assert written.status_code == 201, written.text
    listed = await client.get(f"{POLICIES}/ceilings", params={"knob": knob}, headers=librarian)
    assert listed.json()["items"] == [written.json()]
    assert (await explained(client, librarian, knob))["setting"]["value"] == 2500
