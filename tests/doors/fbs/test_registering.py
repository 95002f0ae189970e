"""New patrons, guardians and what they may."""

from datetime import date
from typing import Any

from doors.fbs.conftest import WebSite
from doors.fbs.test_patrons import carries
from doors.fbs.test_reservations import versions
from faelles.doors.fbs.facts import Operation, models
from faelles.ground.ids import PatronId
from faelles.patrons.identifiers import IdentifierKind, made_up_cpr
from faelles.patrons.looking.model import PatronView
from faelles.patrons.looking.operations import show_patron

ADDRESS = {"street": "Søgade 1", "postalCode": "8000", "city": "Aarhus", "country": "DK", "coName": ""}


async def seen(site: WebSite, patron: int) -> PatronView:
    lending = site.library
    return await lending.run(lambda tx: show_patron(tx, lending.librarian, PatronId(patron)))


def settings_of(operation: Operation, site: WebSite) -> dict[str, Any]:
    """Everything that the version's settings may hold."""
    known = models()[models()[operation.body.name]["patron"].name]
    everything: dict[str, Any] = {
        "preferredPickupBranch": site.isil + "00",
        "emailAddress": "ny@example.dk",
        "emailAddresses": [{"emailAddress": "ny@example.dk", "receiveNotification": True}],
        "phoneNumbers": [],
        "receiveEmail": True,
        "receiveSms": False,
        "receivePostalMail": False,
        "guardianVisibility": False,
    }
    return {name: value for name, value in everything.items() if name in known}


def created(operation: Operation, site: WebSite, cpr: str) -> dict[str, Any]:
    who = "cprNumber" if "cprNumber" in models()[operation.body.name] else "personIdentifier"
    return {who: cpr, "pincode": "1234", "patron": settings_of(operation, site)}


def path(operation: Operation) -> str:
    return operation.path.removeprefix("/external").replace("{agencyid}", "{a}")


async def test_every_version_creates_a_patron_whom_the_register_names(site: WebSite):
    for number, operation in enumerate(versions("create_patron")):
        cpr = made_up_cpr(date(1985, 3, 9), 101 + number)
        answer = await site.post(path(operation), created(operation, site, cpr))
        assert answer.keys() == models()[operation.reply.name].keys()
        patron = await seen(site, answer["patron"]["patronId"])
        assert patron.name == answer["patron"]["name"] != "-"
        assert (patron.birth_date, patron.contact.email) == (date(1985, 3, 9), "ny@example.dk")
        assert [each.division for each in patron.memberships] == [site.library.town.library]
        card = {"libraryCardNumber": cpr, "pincode": "1234"}
        assert (await site.post("/{a}/patrons/authenticate/v9", card))["authenticateStatus"] == "VALID"
        again = await site.send("POST", path(operation), json=created(operation, site, cpr))
        assert (again.status_code, again.json()["errorCode"]) == (409, "CPR_NUMBER_EXISTS")


async def test_the_number_is_taken_under_the_name_of_any_version(site: WebSite):
    (operation,) = (each for each in versions("create_patron") if each.id == "createV4")
    body = created(operation, site, made_up_cpr(date(1985, 3, 9), 151))
    body["personIdentifier"] = body.pop("cprNumber")
    answer = await site.post(path(operation), body)
    assert (answer["authenticated"], answer["patron"]["blockStatus"]) == (True, None)


async def test_whom_the_register_does_not_know_cannot_be_created(site: WebSite):
    (operation,) = (each for each in versions("create_patron") if each.id == "createV9")
    unknown = await site.send(
        "POST", path(operation), json=created(operation, site, made_up_cpr(date(1985, 3, 9), 100))
    )
    assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "dataNotFound")
    nonsense = await site.send("POST", path(operation), json=created(operation, site, "1"))
    assert nonsense.status_code == 400


async def test_who_is_a_patron_already_is_told_so_whatever_the_register_says(site: WebSite):
    reader = await site.library.reader()
    unknown = await carries(site, reader, IdentifierKind.CPR, made_up_cpr(date(1985, 3, 9), 100))
    for operation in versions("create_patron"):
        again = await site.send("POST", path(operation), json=created(operation, site, unknown))
        assert (again.status_code, again.json()["errorCode"]) == (409, "CPR_NUMBER_EXISTS")


async def test_a_patron_is_created_with_a_block_and_a_consent(site: WebSite):
    (operation,) = (each for each in versions("create_patron") if each.id == "createV10")
    body = created(operation, site, made_up_cpr(date(1985, 3, 9), 7)) | {
        "blockStatusRequest": {"blockedReason": "W", "blockedSince": "2026-01-01"},
        "nationalRegistryConsent": True,
    }
    answer = await site.post(path(operation), body)
    patron = answer["patron"]
    assert [each["blockedReason"] for each in patron["blockStatus"]] == ["W"]
    assert patron["hasNationalRegistrySynchronizationConsent"] is True
    assert [each.code for each in (await seen(site, patron["patronId"])).blocks] == ["W"]
    body["blockStatusRequest"] = {"blockedReason": "X", "blockedSince": "2026-01-01"}
    refused = await site.send("POST", path(operation), json=body)
    assert (refused.status_code, refused.json()["validationErrors"][0]["field"]) == (
        400,
        "blockStatusRequest.blockedReason",
    )


def with_guardian(operation: Operation, site: WebSite, child: str, adult: str) -> dict[str, Any]:
    known = models()[operation.body.name]
    body: dict[str, Any] = {
        "cprNumber": child,
        "personId": child,
        "pincode": "1234",
        "name": "Lille Ole",
        "preferredPickupBranch": site.isil + "00",
        "email": "ole@example.dk",
        "emailAddresses": [{"emailAddress": "ole@example.dk", "receiveNotification": True}],
    }
    body = {name: value for name, value in body.items() if name in known}
    return body | {"guardian": guardian(known["guardian"].name, adult)}


def guardian(model: str, cpr: str) -> dict[str, Any]:
    who = "cprNumber" if "cprNumber" in models()[model] else "personIdentifier"
    address = ADDRESS | ({"district": "", "subDistrict": ""} if model == "GuardianV2" else {})
    return {who: cpr, "name": "Mor Ole", "email": "mor@example.dk", "address": address}


async def test_every_version_registers_a_child_with_a_guardian(site: WebSite):
    for number, operation in enumerate(versions("create_with_guardian")):
        child, adult = made_up_cpr(date(2018, 3, 9), 21 + number), made_up_cpr(date(1985, 3, 9), 31 + number)
        made = await site.post(path(operation), with_guardian(operation, site, child, adult))
        patron = await seen(site, made)
        assert [each.guardian_name for each in patron.guardianships] == ["Mor Ole"]
        assert patron.contact.email == "ole@example.dk"
        same = await site.send("POST", path(operation), json=with_guardian(operation, site, child, child))
        assert same.status_code == 400
