"""Signing in and out over REST."""

import httpx
import pytest

from doors.rest.furniture import MACHINE_SECRET, PASSWORD, PIN, Furniture

API = "/api/v1/sessions"

Body = dict[str, str]


def body(furnished: Furniture, **changes: str) -> Body:
    known = {
        "agency_isil": furnished.town.isil,
        "username": str(furnished.objects["username"]),
        "password": PASSWORD,
    }
    return known | changes


async def token_of(client: httpx.AsyncClient, furnished: Furniture) -> str:
    answer = await client.post(f"{API}/staff", json=body(furnished))
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"id", "token", "expires_at"}
    token: str = answer.json()["token"]
    return token


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def who(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get(f"{API}/current", headers=bearer(token))


async def test_staff_sign_in_and_are_told_who_they_are(client: httpx.AsyncClient, furnished: Furniture) -> None:
    shown = (await who(client, await token_of(client, furnished))).json()
    assert (shown["agency"], shown["kind"], shown["id"]) == (
        furnished.town.agency,
        "staff",
        furnished.number("staff"),
    )
    assert shown["grants"] == [{"permissions": ["checkout"]}]


async def test_an_access_token_is_as_good_as_its_session(client: httpx.AsyncClient, furnished: Furniture) -> None:
    session = await token_of(client, furnished)
    access = (await client.post(f"{API}/access", json={"token": session})).json()["token"]
    assert access.startswith("fa_")
    assert (await who(client, access)).json() == (await who(client, session)).json()


async def test_signing_out_ends_the_session_and_may_be_repeated(
    client: httpx.AsyncClient, furnished: Furniture
) -> None:
    session = await token_of(client, furnished)
    for _ in range(2):
        assert (await client.post(f"{API}/end", json={"token": session})).status_code == 204
    gone = await who(client, session)
    assert (gone.status_code, gone.json()["code"]) == (401, "token_not_valid")
    assert gone.headers["www-authenticate"] == "Bearer"


async def test_refreshing_gives_a_new_token_for_the_old(client: httpx.AsyncClient, furnished: Furniture) -> None:
    session = await token_of(client, furnished)
    fresh = (await client.post(f"{API}/refresh", json={"token": session})).json()["token"]
    assert (await who(client, fresh)).status_code == 200
    assert (await who(client, session)).status_code == 401
    assert (await client.post(f"{API}/refresh", json={"token": session})).status_code == 401


async def test_unknown_and_wrong_get_the_same_answer_to_the_letter(
    client: httpx.AsyncClient, furnished: Furniture
) -> None:
    answers = []
    for changes in ({"password": "wrong"}, {"username": "nobody"}, {"agency_isil": "DK-000000"}):
        answer = await client.post(f"{API}/staff", json=body(furnished, **changes), headers={"x-request-id": "same"})
        answers.append((answer.status_code, answer.content, dict(answer.headers)))
    assert answers[0][0] == 401
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("username", ["", "nobody"], ids=["known", "unknown"])
async def test_too_many_guesses_are_answered_429_with_the_time_to_wait(
    client: httpx.AsyncClient, furnished: Furniture, username: str
) -> None:
    name = username or str(furnished.objects["username"])
    for _ in range(5):
        assert (await client.post(f"{API}/staff", json=body(furnished, username=name, password="x"))).status_code == 401
    locked = await client.post(f"{API}/staff", json=body(furnished, username=name))
    assert (locked.status_code, locked.json()["code"]) == (429, "sign_in_locked")
    assert 890 <= int(locked.headers["retry-after"]) <= 900


async def test_a_machine_and_a_client_sign_in_with_name_and_secret(
    client: httpx.AsyncClient, furnished: Furniture
) -> None:
    for kind in ("machine", "client"):
        username = furnished.objects[f"{kind}_username"]
        answer = await client.post(f"{API}/{kind}", json={"username": username, "secret": MACHINE_SECRET})
        shown = (await who(client, answer.json()["token"])).json()
        assert (shown["kind"], shown["id"]) == (kind, furnished.number(kind))
    wrong = await client.post(f"{API}/machine", json={"username": username, "secret": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign_in_refused")


async def test_a_patron_signs_in_with_card_and_pin_to_their_own_account_alone(
    client: httpx.AsyncClient, furnished: Furniture
) -> None:
    card = {"agency_isil": furnished.town.isil, "identifier": furnished.objects["card"], "pin": PIN}
    answer = await client.post(f"{API}/patron", json=card)
    assert answer.status_code == 201, answer.text
    session = answer.json()["token"]
    shown = (await who(client, session)).json()
    assert (shown["kind"], shown["patron"]) == ("patron", furnished.objects["patron"])
    assert shown["grants"] == [{"permissions": ["own_account"]}]
    assert (await client.get("/api/v1/staff", headers=bearer(session))).status_code == 403


async def test_an_unknown_card_and_a_wrong_pin_are_one_answer_and_one_lockout(
    client: httpx.AsyncClient, furnished: Furniture
) -> None:
    cards = (str(furnished.objects["other_patron_card"]), "C404404404")
    answers = []
    for card in cards:
        sign_in = {"agency_isil": furnished.town.isil, "identifier": card, "pin": "0000"}
        tries = [await client.post(f"{API}/patron", json=sign_in, headers={"x-request-id": "same"}) for _ in range(6)]
        answers.append([(answer.status_code, answer.json()["code"]) for answer in tries])
        answers[-1].append((0, tries[0].text))
    assert answers[0] == answers[1]
    assert [status for status, _ in answers[0][:6]] == [401] * 5 + [429]


async def test_a_supporter_enters_looks_and_is_put_out(
    client: httpx.AsyncClient, furnished: Furniture, librarian: dict[str, str]
) -> None:
    entry = {"token": furnished.objects["supporter_token"], "agency_isil": furnished.town.isil}
    inside = (await client.post(f"{API}/support", json=entry)).json()["token"]
    shown = (await who(client, inside)).json()
    assert (shown["agency"], shown["kind"]) == (furnished.town.agency, "support")
    assert (await client.get("/api/v1/staff", headers=bearer(inside))).status_code == 200
    refused = await client.post(
        "/api/v1/roles", json={"code": "x", "name": "x", "permissions": []}, headers=bearer(inside)
    )
    assert refused.status_code == 403
    assert (await client.post(f"{API}/access", json={"token": inside})).json()["code"] == "access_token_not_for_support"
    grant = furnished.objects["support_grant"]
    assert (await client.delete(f"/api/v1/support-grants/{grant}", headers=librarian)).status_code == 204
    assert (await who(client, inside)).status_code == 401
    assert (await client.post(f"{API}/support", json=entry)).json()["code"] == "support_not_granted"


async def test_a_changed_password_ends_the_sessions(client: httpx.AsyncClient, furnished: Furniture) -> None:
    session = await token_of(client, furnished)
    weak = await client.put(f"{API}/password", json={"old": PASSWORD, "new": "short"}, headers=bearer(session))
    assert (weak.status_code, weak.json()["errors"][0]["code"]) == (400, "password_length")
    change = {"old": PASSWORD, "new": "seven small ships"}
    assert (await client.put(f"{API}/password", json=change, headers=bearer(session))).status_code == 204
    assert (await who(client, session)).status_code == 401
    again = await client.post(f"{API}/staff", json=body(furnished, password="seven small ships"))
    assert again.status_code == 201


@pytest.mark.parametrize(
    "changes", [{"password": "a\u0000b"}, {"username": "x" * 201}, {"password": 5}, {"password": None}, {"more": "x"}]
)
async def test_what_cannot_be_a_sign_in_is_refused_clearly(
    client: httpx.AsyncClient, furnished: Furniture, changes: dict[str, object]
) -> None:
    answer = await client.post(f"{API}/staff", json=body(furnished) | changes)
    assert answer.status_code == 400, answer.text
    assert PASSWORD not in answer.text


async def test_no_secret_is_in_the_log(
    client: httpx.AsyncClient, furnished: Furniture, capfd: pytest.CaptureFixture[str]
) -> None:
    session = await token_of(client, furnished)
    await who(client, session)
    await client.post(f"{API}/staff", json=body(furnished, password="a wrong one"))
    logged = "".join(capfd.readouterr())
    for secret in (session, PASSWORD, "a wrong one", str(furnished.objects["username"])):
        assert secret not in logged
