"""Numbers, favourites, consents, settings, and the way back to a forgotten PIN."""

from typing import Any

from doors.fbs.conftest import WebSite
from doors.fbs.test_reservations import path_of, versions
from faelles.doors.fbs.facts import models
from faelles.patrons.favourites.operations import show_favourites
from faelles.patrons.links import operations as links
from faelles.patrons.looking.operations import show_patron
from faelles.patrons.profile.model import NewEmail, NewInterest, SetProfile
from faelles.patrons.profile.operations import offer_interest, set_profile


async def test_a_blocked_card_is_a_lost_card_at_the_desk(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    (held,) = await site.get(f"/{{a}}/patrons/{reader.id}/identifiers/v1")
    assert (held["identifier"], held["identifierType"], held["status"]) == (reader.card, "LIBRARY_CARD", "ACTIVE")
    assert held.keys() == models()["LoanerIdentifierV1"].keys()
    path = f"/{{a}}/patrons/{reader.id}/identifiers/block/v1"
    assert (await site.send("PUT", path, json={"identifier": "K999999999"})).status_code == 404
    assert await site.put(path, {"identifier": reader.card}) is None
    assert await site.get(f"/{{a}}/patrons/{reader.id}/identifiers/v1") == []
    seen = await lending.run(lambda tx: show_patron(tx, lending.librarian, reader.id))
    assert [each.ended_why for each in seen.identifiers] == ["lost"]


async def test_a_verified_address_becomes_what_the_patron_signs_in_with(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    path = f"/{{a}}/patrons/{reader.id}/addMailIdentifier/v1"

    async def add(address: str) -> Any:
        return (await site.send("POST", path, content=address)).json()

    assert (await add("mig@example.dk"))["result"] == "EMAIL_ADDRESS_DOES_NOT_BELONG_TO_LOANER"
    mine = SetProfile(emails=(NewEmail("mig@example.dk"),))
    await lending.run(lambda tx: set_profile(tx, lending.librarian, reader.id, mine))
    assert await add("mig@example.dk") == {"result": "EMAIL_ADDRESS_NOT_VERIFIED", "success": False}
    await lending.run(
        lambda tx: tx.execute("UPDATE patron_reach SET verified_at = $2 WHERE agency_id = $1", tx.agency, tx.now)
    )
    assert await add("mig@example.dk") == {"result": "EMAIL_IDENTIFIER_CREATED", "success": True}
    card = {"libraryCardNumber": "mig@example.dk", "pincode": reader.pin}
    assert (await site.post("/{a}/patrons/authenticate/v9", card))["authenticateStatus"] == "VALID"
    assert (await add("mig@example.dk"))["result"] == "IDENTIFIER_EXISTS_ON_AGENCY"


async def test_favourites_are_kept_and_replaced(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    path = f"/{{a}}/patrons/{reader.id}/favorites/v1"
    assert await site.get(path) == []
    kept = [{"name": "Krimier", "favorites": [{"bibliographicRecordId": "51234567", "periodicalYear": "2026"}]}]
    await site.put(path, kept)
    (shown,) = await site.get(path)
    assert (shown["name"], shown["patronId"]) == ("Krimier", reader.id)
    assert shown["favorites"][0]["bibliographicRecordId"] == "51234567"
    (seen,) = await lending.run(lambda tx: show_favourites(tx, lending.librarian, reader.id))
    assert seen.favourites[0].periodical_year == "2026"
    await site.put(path, [])
    assert await site.get(path) == []


async def test_consents_are_dated_and_taken_back(site: WebSite):
    reader = await site.library.reader()
    listed = f"/{{a}}/patrons/consent/{reader.id}/v1"
    assert await site.get(listed) == []
    for verb, kind, field in (
        ("consent_to_history", "KEEP_HISTORICAL_LOAN_DATA", "keepLoanHistoricalData"),
        ("consent_to_registry", "SYNC_WITH_NATIONAL_REGISTRY", "hasNationalRegistrySynchronizationConsent"),
    ):
        older, newer = versions(verb)
        answer = (await site.send("PUT", path_of(older, reader), content="true")).json()
        assert answer["patron"][field] is True
        today = str(site.today)
        assert {"consentType": kind, "consentDate": today} in await site.get(listed)
        answer = await site.put(path_of(newer, reader), {"consent": False})
        assert kind not in [each["consentType"] for each in answer]
        assert kind not in [each["consentType"] for each in await site.get(listed)]
        assert (await site.send("PUT", path_of(older, reader), content="maybe")).status_code == 400


async def test_a_forgotten_pin_is_replaced_by_the_mailed_link(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    address = f"glemt{reader.id}@example.dk"

    async def forget(mail: str) -> int:
        return (await site.send("POST", "/{a}/patrons/resetPincode/v1", content=mail)).status_code

    assert (await forget("ingen@example.dk"), await forget("ikke en adresse")) == (404, 400)
    mine = SetProfile(emails=(NewEmail(address),))
    await lending.run(lambda tx: set_profile(tx, lending.librarian, reader.id, mine))
    assert await forget(address) == 200
    made = await lending.run(lambda tx: links.make_pin_reset(tx, lending.keyring, reader.id))
    assert made is not None
    path = "/{a}/patrons/updatePincode/v1"
    for body, status in (
        ({"uuid": "x", "pincode": "8080"}, 400),
        ({"uuid": made.token, "pincode": "x"}, 400),
        ({"uuid": "00000000-0000-4000-8000-000000000000", "pincode": "8080"}, 404),
        ({"uuid": made.token, "pincode": "8080"}, 200),
        ({"uuid": made.token, "pincode": "8080"}, 404),
    ):
        assert (await site.send("POST", path, json=body)).status_code == status, body
    card = {"libraryCardNumber": reader.card, "pincode": "8080"}
    assert (await site.post("/{a}/patrons/authenticate/v9", card))["authenticateStatus"] == "VALID"


async def test_what_is_set_is_told_by_its_key(site: WebSite):
    assert await site.get("/v1/{a}/configuration/loaner.guardianVisibility.enabled") == "false"
    assert await site.get("/v1/{a}/configuration/loaner.preferredLanguages/list") == ["da", "en"]
    assert (await site.send("GET", "/v1/{a}/configuration/nonsense")).status_code == 404
    assert (await site.send("GET", "/v1/{a}/configuration/nonsense/list")).status_code == 404
    assert await site.get("/{a}/patrons/languages/v1") == ["da", "en"]
    assert await site.get("/{a}/patrons/notificationprotocols/v1") == []
    lending, new = site.library, NewInterest(code="krimi", name_da="Krimi", name_en="Crime")
    await lending.run(lambda tx: offer_interest(tx, lending.librarian, new))
    assert (await site.get("/{a}/patrons/interests/v1"))["interests"]["krimi"] == "Krimi"


async def test_whoever_leaves_is_gone_unless_something_is_lent_to_them(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    item = await lending.copy()
    await lending.lend(reader, item)
    path = f"/{{a}}/patrons/{reader.id}"
    assert (await site.send("DELETE", path)).status_code == 400
    await lending.take_back(item)
    assert (await site.send("DELETE", path)).status_code == 200
    assert (await site.send("GET", f"/{{a}}/patrons/{reader.id}/v4")).status_code == 404
    card = {"libraryCardNumber": reader.card, "pincode": reader.pin}
    assert (await site.post("/{a}/patrons/authenticate/v9", card))["authenticateStatus"] == "INVALID"
