"""What is written down for web sites is so, at every start."""

from typing import Any, cast

from httpx import ASGITransport, AsyncClient

from demo.conftest import ISILS, Country
from faelles.demo.model import WebSiteSample
from faelles.demo.web_site import web_site_sample
from faelles.doors.fbs.door import fbs_door
from faelles.doors.rest.app import create_app


async def told(country: Country) -> WebSiteSample:
    return await web_site_sample(country.database, country.keyring, ISILS)


async def test_a_web_site_finds_what_it_was_told_at_every_start_whatever_was_done(country: Country):
    app = create_app(country.database, country.keyring, routers=(), neighbours={"/rest": fbs_door})
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://faelles.test") as http:
        first = await use_up(http, await told(country))
        second = await use_up(http, await told(country))
    assert first.client == second.client
    assert first.patron == second.patron
    assert not set(first.records) & set(second.records)
    assert first.free_cpr != second.free_cpr


async def use_up(http: AsyncClient, sample: WebSiteSample) -> WebSiteSample:
    """Check what was told, and use all of it."""
    root = f"/rest/external/{sample.agency}"
    older = f"/rest/external/v1/{sample.agency}"
    key = (
        await http.post(
            f"{older}/authentication/login",
            json={"username": sample.client.username, "password": sample.client.password},
        )
    ).json()["sessionKey"]
    http.headers["X-Session"] = key
    card = {"libraryCardNumber": sample.patron.card, "pincode": sample.patron.pin}
    patron = (await http.post(f"{root}/patrons/authenticate/v10", json=card)).json()
    assert patron["authenticateStatus"] == "VALID"
    number = patron["patronId"]
    shown = (await http.get(f"{root}/patrons/person/{number}/v4")).json()
    assert (shown["blockStatus"], shown["emailAddresses"][0]["emailAddress"]) == (None, "aase@example.dk")
    loans = (await http.get(f"{root}/patrons/{number}/loans/v2")).json()
    assert {each["isRenewable"] for each in loans} == {True, False}
    renewable = [each["loanDetails"]["loanId"] for each in loans if each["isRenewable"]]
    (renewed,) = (await http.post(f"{root}/patrons/{number}/loans/renew/v2", json=renewable)).json()
    assert renewed["renewalStatus"] == ["renewed"]
    wanted = {"includepaid": False, "includenonpayable": False}
    (fee,) = (await http.get(f"{root}/patron/{number}/fees/v2", params=wanted)).json()
    order = {"orderId": f"dibs-{fee['feeId']}", "feeIds": [fee["feeId"]]}
    (paid,) = (await http.post(f"{root}/patron/{number}/payment/v2", json=order)).json()
    assert paid["paymentStatus"] == "paymentRegistered"
    assert len(sample.records) == 4
    assert all(8 <= len(record) <= 10 for record in sample.records)
    reserved = {"reservations": [{"recordId": record} for record in sample.records]}
    assert (await http.post(f"{root}/patrons/{number}/reservations/v4", json=reserved)).json()["success"]
    assert sample.other_branch in [each["branchId"] for each in (await http.get(f"{older}/branches")).json()]
    settings = {
        "preferredPickupBranch": sample.other_branch,
        "guardianVisibility": False,
        "receivePostalMail": False,
    }
    new = {"personIdentifier": sample.free_cpr, "pincode": "1234", "patron": settings}
    assert (await http.post(f"{root}/patrons/v9", json=new)).status_code == 200
    return sample
