"""Signing in as a web site, and what a session reaches."""

from datetime import timedelta

import pytest

from doors.fbs.conftest import WebSite, client_of
from faelles.doors.fbs import sessions
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import UnauthenticatedError
from faelles.people.machines.model import ClientChange
from faelles.people.machines.operations import change_client
from town import Town


async def test_a_client_signs_in_and_is_answered(site: WebSite):
    answer = await site.sign_in()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert [branch["title"] for branch in await site.get("/v1/{a}/branches")] == ["Hovedbiblioteket", "Forstaden"]


async def test_wrong_credentials_are_refused_in_this_interfaces_form(site: WebSite):
    answer = await site.http.post(
        f"/rest/external/v1/{site.isil}/authentication/login",
        json={"username": site.secret.username, "password": "forkert"},
    )
    assert answer.status_code == 403
    assert set(answer.json()) == {"correlationId", "errorCode", "message", "validationErrors"}
    assert answer.json()["validationErrors"] == []


async def test_a_login_without_a_password_says_which_field_is_missing(site: WebSite):
    answer = await site.http.post(f"/rest/external/v1/{site.isil}/authentication/login", json={"username": "x"})
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["validationErrors"]] == ["password"]


async def test_without_a_session_the_answer_is_to_sign_in(site: WebSite):
    for headers in ({}, {"X-Session": ""}, {"X-Session": "nonsense"}, {"X-Session": "ft_" + "x" * 43}):
        answer = await site.http.get(f"/rest/external/v1/{site.isil}/branches", headers=headers)
        assert answer.status_code == 401, headers


async def test_blanks_around_a_session_key_are_none_of_it(site: WebSite):
    answer = await site.send("GET", "/v1/{a}/branches", headers={"X-Session": f" {site.key} "})
    assert answer.status_code == 200


async def test_a_client_reaches_its_own_division_and_no_other(site: WebSite, neighbour: Town):
    schools = site.isil + "S"
    for isil in (schools, neighbour.isil, "DK-999999", "%00"):
        answer = await site.send("GET", f"/v1/{isil}/branches")
        assert answer.status_code in {400, 403}, (isil, answer.text)
        assert "Hovedbiblioteket" not in answer.text


async def test_a_client_of_another_agency_cannot_sign_in_here(site: WebSite, neighbour: Town):
    answer = await site.http.post(
        f"/rest/external/v1/{neighbour.isil}/authentication/login",
        json={"username": site.secret.username, "password": site.secret.secret},
    )
    assert answer.status_code == 403


async def test_a_client_of_the_whole_agency_reaches_every_division_each_by_itself(site: WebSite):
    site.secret = await client_of(site.library)
    await site.sign_in()
    assert [each["title"] for each in await site.get("/v1/{a}/branches")] == ["Hovedbiblioteket", "Forstaden"]
    assert [each["title"] for each in await site.get("/v1/{a}S/branches")] == ["Åskolen"]


async def test_a_session_is_known_for_a_minute_without_asking_again(
    site: WebSite, database: Database, keyring: Keyring
):
    now = 0.0
    known = sessions.Sessions(database, keyring, clock=lambda: now)
    first = await known.find(site.key)
    await site.library.run(
        lambda tx: change_client(tx, site.library.librarian, site.secret.id, ClientChange(is_disabled=True))
    )
    assert await known.find(site.key) is first
    now = sessions.KNOWN_FOR + 1
    with pytest.raises(UnauthenticatedError):
        await known.find(site.key)


async def test_an_expired_session_is_over_at_once(site: WebSite, database: Database, keyring: Keyring):
    known = sessions.Sessions(database, keyring)
    await site.library.run(
        lambda tx: tx.execute(
            "UPDATE token SET issued_at = $2, signed_in_at = $2, expires_at = $3"
            " WHERE agency_id = $1 AND subject = 'client'",
            tx.agency,
            utc_now() - timedelta(hours=2),
            utc_now() - timedelta(seconds=1),
        )
    )
    with pytest.raises(UnauthenticatedError):
        await known.find(site.key)
