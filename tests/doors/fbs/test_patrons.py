"""Recognising patrons, and what they change on a web site."""

from datetime import date
from typing import Any

import pytest
from httpx import Response

from circulation.lending_library import Reader
from doors.fbs.conftest import WebSite
from faelles.doors.fbs.facts import Operation, models, operations
from faelles.ground.ids import PatronId
from faelles.patrons.identification.operations import add_identifier
from faelles.patrons.identifiers import IdentifierKind, made_up_cpr
from faelles.patrons.looking.operations import show_patron
from faelles.patrons.merging.model import MergePatrons
from faelles.patrons.merging.operations import merge
from faelles.patrons.model import NewIdentifier, PatronKind, RegisterPatron
from faelles.patrons.operations import register
from faelles.patrons.profile.model import SetProfile
from faelles.patrons.profile.operations import set_profile


def versions(verb: str) -> list[Operation]:
    return [each for each in operations() if each.verb == verb]


async def carries(site: WebSite, reader: Reader, kind: IdentifierKind, value: str) -> str:
    lending = site.library
    new = NewIdentifier(kind, value)
    await lending.run(lambda tx: add_identifier(tx, lending.librarian, lending.keyring, reader.id, new))
    return value


async def registered(site: WebSite, kind: PatronKind, **profile: Any) -> PatronId:
    lending = site.library
    request = RegisterPatron(name="Skakklubben", home_branch=lending.town.main, kind=kind)
    made = await lending.run(lambda tx: register(tx, lending.librarian, lending.keyring, request))
    if profile:
        await lending.run(lambda tx: set_profile(tx, lending.librarian, made.patron, SetProfile(**profile)))
    return made.patron


async def test_every_version_recognises_a_card_and_a_pin(site: WebSite):
    reader = await site.library.reader()
    for operation in versions("authenticate"):
        await recognises(site, reader, operation)


async def recognises(site: WebSite, reader: Reader, operation: Operation) -> None:
    path = operation.path.removeprefix("/external").replace("{agencyid}", "{a}")
    answer = await site.post(path, {"libraryCardNumber": reader.card, "pincode": reader.pin})
    assert answer.keys() == models()[operation.reply.name].keys()
    assert answer.get("authenticateStatus", "VALID") == "VALID"
    assert answer.get("authenticated", True)
    shown = answer.get("patron") or answer
    assert shown["patronId"] == reader.id
    if "patron" in answer:
        assert shown.keys() == models()[models()[operation.reply.name]["patron"].name].keys()
        assert (shown["name"], shown["preferredPickupBranch"]) == ("Søren Låner", site.isil + "00")


async def test_a_wrong_pin_and_an_unknown_card_are_answered_alike_and_locked_alike(site: WebSite):
    reader = await site.library.reader()
    wrong = {"libraryCardNumber": reader.card, "pincode": "0000"}
    unknown = {"libraryCardNumber": "K000000001", "pincode": "0000"}
    nobody = {"authenticateStatus": "INVALID", "patronId": None, "patronType": None}
    for _ in range(5):
        assert await site.post("/{a}/patrons/authenticate/v9", wrong) == nobody
        assert await site.post("/{a}/patrons/authenticate/v9", unknown) == nobody
    for locked in (wrong, unknown):
        assert (await site.post("/{a}/patrons/authenticate/v9", locked))["authenticateStatus"] == "LOANER_LOCKED_OUT"
    assert (await site.post("/{a}/patrons/authenticate/v3", wrong)) == {"authenticated": False, "patron": None}


async def test_a_civil_registration_number_is_taken_as_bare_text_and_quoted(site: WebSite):
    reader = await site.library.reader()
    cpr = await carries(site, reader, IdentifierKind.CPR, made_up_cpr(date(1980, 5, 17), 7))
    for sent in (cpr, f'"{cpr}"', f" {cpr}\n"):
        answer = await site.send(
            "POST",
            "/{a}/patrons/preauthenticated/v10",
            content=sent,
            headers={"content-type": "application/json"},
        )
        assert answer.json() == {"authenticateStatus": "VALID", "patronId": reader.id, "patronType": "PERSON"}


async def test_every_version_takes_a_trusted_logins_word(site: WebSite):
    reader = await site.library.reader()
    said = {
        "preauthenticated": await carries(site, reader, IdentifierKind.CPR, made_up_cpr(date(1980, 5, 17), 8)),
        "preauthenticated_by_unilogin": await carries(site, reader, IdentifierKind.UNI_LOGIN, f"sore{reader.id}"[:20]),
        "preauthenticated_by_id": str(reader.id),
    }
    for verb, word in said.items():
        for operation in versions(verb):
            await takes(site, reader, operation, word)
    for operation in versions("preauthenticated_by_any"):
        for word in (reader.card, said["preauthenticated"], said["preauthenticated_by_unilogin"]):
            await takes(site, reader, operation, word)


async def takes(site: WebSite, reader: Reader, operation: Operation, said: str) -> None:
    path = operation.path.removeprefix("/external").replace("{agencyid}", "{a}")
    answer = (await site.send("POST", path, content=said)).json()
    assert (answer.get("patron") or answer)["patronId"] == reader.id
    unknown = (await site.send("POST", path, content="9999999999")).json()
    assert unknown.get("patron") is None
    assert not unknown.get("authenticated")
    assert unknown.get("authenticateStatus", "INVALID") == "INVALID"


async def test_whoever_belongs_to_another_division_is_nobody_here(site: WebSite):
    pupil = await site.library.reader(division=site.library.town.schools)
    card = {"libraryCardNumber": pupil.card, "pincode": pupil.pin}
    assert (await site.post("/{a}/patrons/authenticate/v9", card))["authenticateStatus"] == "INVALID"
    assert (await site.send("GET", f"/{{a}}/patrons/{pupil.id}/v4")).status_code == 404


async def test_null_for_a_patron_is_a_bad_request(site: WebSite):
    answer = await site.send("GET", "/{a}/patrons/null/v4")
    assert answer.status_code == 400
    assert answer.json()["validationErrors"][0]["field"] == "patronid"


async def test_a_patron_is_shown_by_id_and_the_look_is_on_record(site: WebSite):
    reader = await site.library.reader()
    for operation in versions("patron"):
        await shows(site, reader, operation)
    assert await site.library.looks_at(reader) == ["web_site"] * len(versions("patron"))


async def test_a_trusted_logins_word_is_one_look_and_none_where_it_is_not_taken(site: WebSite):
    reader = await site.library.reader()
    cpr = await carries(site, reader, IdentifierKind.CPR, made_up_cpr(date(1980, 5, 17), 9))
    before = await site.library.looks_at(reader)
    for path in ("/v1/{a}/patrons/preauthenticated", "/{a}/patrons/preauthenticated/v10"):
        assert (await site.send("POST", path, content=cpr)).status_code == 200
        looks = await site.library.looks_at(reader)
        assert sorted(looks) == sorted([*before, "web_site"])
        before = looks
    refused = await site.send("POST", "/{a}/patrons/preauthenticated/unic/v6", content=reader.card)
    assert refused.json()["authenticateStatus"] == "INVALID"
    assert await site.library.looks_at(reader) == before


async def test_whoever_is_not_shown_leaves_no_look_on_record(site: WebSite):
    pupil = await site.library.reader(division=site.library.town.schools)
    gone, real = await site.library.reader(), await site.library.reader()
    temporary = "UPDATE patron SET is_temporary = true WHERE agency_id = $1 AND id = $2"
    await site.library.run(lambda tx: tx.execute(temporary, tx.agency, gone.id))
    request = MergePatrons(temporary=gone.id, real=real.id)
    await site.library.run(lambda tx: merge(tx, site.library.librarian, request))
    for nobody in (pupil, gone):
        before = await site.library.looks_at(nobody)
        person, money = f"/{{a}}/patrons/{nobody.id}", f"/{{a}}/patron/{nobody.id}"
        paths = (f"{person}/v4", f"{person}/loans/v2", f"{person}/reservations/v4", f"{money}/fees/v2")
        for path in (*paths, f"{money}/fee/expected-fees/v1", f"/{{a}}/patrons/company/{nobody.id}"):
            answer = await site.send("GET", path)
            assert (answer.status_code, answer.json()["errorCode"]) == (404, "dataNotFound")
        said = await site.send("POST", "/{a}/patrons/preauthenticated/patronId/v4", content=str(nobody.id))
        assert said.json()["authenticateStatus"] == "INVALID"
        assert await site.library.looks_at(nobody) == before


async def shows(site: WebSite, reader: Reader, operation: Operation) -> None:
    path = operation.path.removeprefix("/external").replace("{agencyid}", "{a}")
    answer = await site.get(path.replace("{patronid}", str(reader.id)))
    assert answer["authenticateStatus"] == "VALID"
    assert answer["patron"]["birthday"] == "1980-05-17"
    assert set(answer["patron"]["address"].values()) == {None}


async def test_each_kind_of_patron_is_shown_as_what_it_is_and_as_nothing_else(site: WebSite):
    everybody = {
        "person": (await site.library.reader()).id,
        "group": await registered(site, PatronKind.GROUP, contact_person="Ole"),
        "company": await registered(site, PatronKind.INSTITUTION),
        "library": await registered(site, PatronKind.INSTITUTION, isil="DK-820010"),
    }
    for kind in everybody:
        for operation in versions(f"{kind}_patron"):
            await shows_one_kind(site, everybody, operation)


async def shows_one_kind(site: WebSite, everybody: dict[str, PatronId], operation: Operation) -> None:
    wanted = operation.verb.removesuffix("_patron")
    path = operation.path.removeprefix("/external").replace("{agencyid}", "{a}")
    for kind, patron in everybody.items():
        answer = await site.send("GET", path.replace("{patronid}", str(patron)))
        assert answer.status_code == (200 if kind == wanted else 404), kind
        if kind == wanted:
            assert answer.json().keys() == models()[operation.reply.name].keys()
            assert answer.json().get("isil", "DK-820010") == "DK-820010"


async def test_what_is_changed_on_the_web_site_is_seen_at_the_desk(site: WebSite):
    reader, lending = await site.library.reader(), site.library
    settings = {
        "preferredPickupBranch": site.isil + "01",
        "emailAddresses": [
            {"emailAddress": "a@example.dk", "receiveNotification": False},
            {"emailAddress": "b@example.dk", "receiveNotification": True},
        ],
        "phoneNumbers": [{"phoneNumber": "+4512345678", "receiveNotification": True}],
        "emailAddress": "ignored@example.dk",
        "receivePostalMail": False,
        "guardianVisibility": True,
        "interests": [],
        "onHold": {"from": "2030-01-01", "to": "2030-01-31"},
        "preferredLanguage": "en",
    }
    change = {"patron": settings, "pincodeChange": {"libraryCardNumber": reader.card}, "unheard": 1}
    answer = await site.put(f"/{{a}}/patrons/{reader.id}/v8", change)
    assert answer["patron"]["onHold"] == {"from": "2030-01-01", "to": "2030-01-31"}
    assert answer["patron"]["emailAddress"] == "b@example.dk"
    seen = await lending.run(lambda tx: show_patron(tx, lending.librarian, reader.id))
    assert (seen.contact.email, seen.contact.phone, seen.language) == ("b@example.dk", "+4512345678", "en")
    assert seen.home_branch == lending.town.suburb
    assert [each.last_day for each in seen.absences] == [date(2030, 1, 31)]
    settings["onHold"] = {}
    answer = await site.put(f"/{{a}}/patrons/{reader.id}/v8", change)
    assert answer["patron"]["onHold"] is None
    assert answer["authenticateStatus"] == "VALID"
    card = {"libraryCardNumber": reader.card, "pincode": reader.pin}
    assert (await site.post("/{a}/patrons/authenticate/v9", card))["authenticateStatus"] == "VALID"


async def test_who_says_not_what_it_accepts_gets_no_content_for_a_change_by_the_newest_version(site: WebSite):
    reader = await site.library.reader()
    change = {"pincodeChange": {"libraryCardNumber": reader.card, "pincode": "8642"}}

    async def changed(version: str) -> Response:
        request = site.http.build_request(
            "PUT", f"/rest/external/{site.isil}/patrons/{reader.id}/{version}", json=change, headers=site.headers
        )
        del request.headers["accept"]
        return await site.http.send(request)

    assert (await changed("v6")).json()["authenticateStatus"] == "VALID"
    answer = await changed("v8")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers.keys().isdisjoint({"content-type", "content-length"})
    card = {"libraryCardNumber": reader.card, "pincode": "8642"}
    assert (await site.post("/{a}/patrons/authenticate/v9", card))["authenticateStatus"] == "VALID"


async def test_every_version_changes_the_pin(site: WebSite):
    reader = await site.library.reader()
    old = reader.pin
    for place, operation in enumerate(versions("update_patron")):
        await changes_pin(site, reader, operation, old, f"808{place}")
        old = f"808{place}"


async def changes_pin(site: WebSite, reader: Reader, operation: Operation, old: str, new: str) -> None:
    path = operation.path.removeprefix("/external").replace("{agencyid}", "{a}").replace("{patronid}", str(reader.id))
    for called in (reader.card, str(reader.id)):
        await site.put(path, {"pincodeChange": {"libraryCardNumber": called, "pincode": new}})
    for pin, status in ((old, "INVALID"), (new, "VALID")):
        card = {"libraryCardNumber": reader.card, "pincode": pin}
        assert (await site.post("/{a}/patrons/authenticate/v9", card))["authenticateStatus"] == status


async def test_a_change_is_one_look_whatever_is_changed(site: WebSite):
    reader = await site.library.reader()
    own = f"/{{a}}/patrons/{reader.id}"
    for path, sent in (
        (f"{own}/v8", {"pincodeChange": {"libraryCardNumber": reader.card, "pincode": "8080"}}),
        (f"{own}/v8", {"pincodeChange": {"libraryCardNumber": str(reader.id), "pincode": "8081"}}),
        (f"{own}/updateconsent/historicaldata/v2", {"consent": True}),
        (f"{own}/updateconsent/nationalregistry/v2", {"consent": True}),
    ):
        before = await site.library.looks_at(reader)
        await site.put(path, sent)
        assert sorted(await site.library.looks_at(reader)) == sorted([*before, "web_site"])


async def test_a_new_pin_for_somebody_elses_card_looks_at_nobody_else(site: WebSite):
    reader, other = await site.library.reader(), await site.library.reader()
    sent = {"pincodeChange": {"libraryCardNumber": other.card, "pincode": "8080"}}
    answer = await site.send("PUT", f"/{{a}}/patrons/{reader.id}/v8", json=sent)
    assert answer.status_code == 400
    assert await site.library.looks_at(other) == []


async def test_an_older_version_says_one_address(site: WebSite):
    reader = await site.library.reader()
    settings = {
        "preferredPickupBranch": site.isil + "00",
        "emailAddress": "c@example.dk",
        "receiveEmail": True,
        "receivePostalMail": True,
        "receiveSms": False,
    }
    answer = await site.put(f"/v1/{{a}}/patrons/{reader.id}", {"patron": settings})
    assert (answer["patron"]["emailAddress"], answer["patron"]["receiveEmail"]) == ("c@example.dk", True)
    assert (answer["patron"]["phoneNumber"], answer["patron"]["receiveSms"]) == (None, False)


async def test_a_form_that_was_left_empty_in_places_is_taken_as_it_is_sent(site: WebSite):
    """Empty texts for days, null for choices that were not made."""
    reader = await site.library.reader()
    settings = {
        "preferredPickupBranch": site.isil + "00",
        "emailAddress": "",
        "phoneNumber": None,
        "receiveEmail": False,
        "receivePostalMail": None,
        "receiveSms": False,
        "onHold": {"from": "", "to": ""},
    }
    answer = await site.put(f"/v1/{{a}}/patrons/{reader.id}", {"patron": settings, "pincodeChange": None})
    shown = answer["patron"]
    assert (shown["emailAddress"], shown["onHold"], shown["receivePostalMail"]) == (None, None, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"emailAddresses": [{"emailAddress": "nej", "receiveNotification": True}]}, "emailAddresses"),
        (
            {"emailAddresses": [{"emailAddress": f"{'a' * 300}@example.dk", "receiveNotification": True}]},
            "emailAddresses",
        ),
        ({"phoneNumbers": [{"phoneNumber": "nej", "receiveNotification": True}]}, "phoneNumbers"),
        (
            {"phoneNumbers": [{"phoneNumber": f"1{n:07}", "receiveNotification": True} for n in range(11)]},
            "phoneNumbers",
        ),
        ({"onHold": {"from": "2030-02-01", "to": "2030-01-01"}}, "onHold.to"),
        ({"onHold": {"from": "2000-01-01", "to": "2000-02-01"}}, "onHold.to"),
    ],
)
async def test_what_cannot_be_is_named_as_it_was_sent(site: WebSite, change: dict[str, Any], field: str):
    reader = await site.library.reader()
    wanted = {"preferredPickupBranch": site.isil + "00", **change}
    answer = await site.send("PUT", f"/{{a}}/patrons/{reader.id}/v8", json={"patron": wanted})
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["validationErrors"]] == [f"patron.{field}"]


async def test_an_address_that_was_left_empty_in_a_list_is_none(site: WebSite):
    reader = await site.library.reader()
    wanted = {
        "preferredPickupBranch": site.isil + "00",
        "emailAddresses": [{"emailAddress": "", "receiveNotification": False}],
        "phoneNumbers": [{"phoneNumber": " ", "receiveNotification": True}],
    }
    shown = (await site.put(f"/{{a}}/patrons/{reader.id}/v8", {"patron": wanted}))["patron"]
    assert (shown["emailAddress"], shown["phoneNumber"]) == (None, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"patron": {"guardianVisibility": False}}, "patron.preferredPickupBranch"),
        (
            {
                "patron": {
                    "preferredPickupBranch": "DK-000000",
                    "emailAddresses": [{"emailAddress": "a@example.dk", "receiveNotification": "ja"}],
                }
            },
            "patron.emailAddresses[0].receiveNotification",
        ),
        ({"patron": "yes"}, "patron"),
        ({"pincodeChange": {"pincode": 5}}, "pincodeChange.pincode"),
        ({"pincodeChange": {"libraryCardNumber": "K1", "pincode": "1234"}}, "pincodeChange.libraryCardNumber"),
        (
            {
                "patron": {
                    "preferredPickupBranch": "DK-000000",
                    "guardianVisibility": False,
                    "receivePostalMail": False,
                }
            },
            "patron.preferredPickupBranch",
        ),
    ],
)
async def test_a_bad_value_is_named_and_nothing_is_changed(site: WebSite, change: dict[str, Any], field: str):
    reader = await site.library.reader()
    answer = await site.send("PUT", f"/{{a}}/patrons/{reader.id}/v8", json=change)
    assert answer.status_code == 400
    assert field in [each["field"] for each in answer.json()["validationErrors"]], answer.text
