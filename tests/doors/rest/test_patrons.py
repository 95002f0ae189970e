import base64

from httpx import AsyncClient

from doors.rest.furniture import PIN, Furniture

API = "/api/v1"

Headers = dict[str, str]


def new_patron(furnished: Furniture, **given: object) -> dict[str, object]:
    return {
        "name": "Karen Blixen",
        "home_branch": furnished.objects["branch"],
        "identifiers": [{"kind": "card", "value": "B7000009"}, {"kind": "cpr", "value": "770485-4000"}],
        "memberships": [
            {
                "division": furnished.objects["division"],
                "role": "borrower",
                "group": furnished.objects["patron_group"],
            }
        ],
        "pin": "1885",
        **given,
    }


async def register(client: AsyncClient, furnished: Furniture, librarian: Headers) -> int:
    answer = await client.post(f"{API}/patrons", json=new_patron(furnished), headers=librarian)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["patron"])


async def test_a_patron_is_registered_found_and_shown_without_the_cpr_number(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    patron = await register(client, furnished, librarian)
    found = await client.post(f"{API}/patrons/search", json={"name": "blixen karen"}, headers=librarian)
    assert [each["id"] for each in found.json()["items"]] == [patron]
    scanned = await client.post(f"{API}/patrons/identify", json={"scan": "7704854000"}, headers=librarian)
    assert [each["patron"]["id"] for each in scanned.json()["candidates"]] == [patron]
    shown = await client.get(f"{API}/patrons/{patron}", headers=librarian)
    for answer in (found, scanned, shown):
        assert "7704854000" not in answer.text
    revealed = await client.post(f"{API}/patrons/{patron}/cpr/reveal", headers=librarian)
    assert revealed.json() == {"cpr": "7704854000"}
    accesses = await client.get(f"{API}/patrons/{patron}/accesses", headers=librarian)
    assert {each["operation"] for each in accesses.json()["items"]} >= {
        "register",
        "search_patrons",
        "identify_patron",
        "show_patron",
        "reveal_cpr",
    }
    seen = {each["operation"]: (each["who"], each["text"]) for each in accesses.json()["items"]}
    assert seen["reveal_cpr"] == ("medarbejder", "Så CPR-nummeret")


async def test_a_registration_sent_twice_is_one_patron(client: AsyncClient, furnished: Furniture, librarian: Headers):
    headers = {**librarian, "Idempotency-Key": "desk-1/1"}
    first, again = [await client.post(f"{API}/patrons", json=new_patron(furnished), headers=headers) for _ in range(2)]
    assert (again.status_code, again.json()) == (201, first.json())


async def test_a_card_that_is_taken_is_a_conflict(client: AsyncClient, furnished: Furniture, librarian: Headers):
    await register(client, furnished, librarian)
    again = await client.post(f"{API}/patrons", json=new_patron(furnished), headers=librarian)
    assert (again.status_code, again.json()["code"]) == (409, "identifier_taken")


async def test_a_problem_names_the_field_and_not_the_number(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    wrong = new_patron(furnished, identifiers=[{"kind": "cpr", "value": "3113804000"}])
    answer = await client.post(f"{API}/patrons", json=wrong, headers=librarian)
    assert answer.status_code == 400
    assert "identifiers.0.value" in answer.text
    assert "3113804000" not in answer.text


async def test_a_search_goes_on_page_by_page(client: AsyncClient, furnished: Furniture, librarian: Headers):
    seen: list[int] = []
    after = None
    for _ in range(20):
        body = {"name": furnished.marker, "limit": 1} | ({"after": after} if after else {})
        page = (await client.post(f"{API}/patrons/search", json=body, headers=librarian)).json()
        seen += [each["id"] for each in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen))
    assert {furnished.objects[name] for name in ("patron", "other_patron", "child")} <= set(seen)


async def test_a_change_on_an_old_version_is_a_conflict(client: AsyncClient, furnished: Furniture, librarian: Headers):
    path = f"{API}/patrons/{furnished.objects['patron']}"
    change = {"version": 1, "contact": {"city": "Aarhus"}}
    first = await client.patch(path, json=change, headers=librarian)
    second = await client.patch(path, json=change, headers=librarian)
    assert (first.json(), second.status_code, second.json()["code"]) == ({"version": 2}, 409, "version_conflict")


async def test_a_patron_signs_in_with_card_and_pin_and_sees_their_own(client: AsyncClient, furnished: Furniture):
    credentials = {"agency_isil": furnished.town.isil, "identifier": furnished.objects["card"], "pin": PIN}
    session = await client.post(f"{API}/sessions/patron", json=credentials)
    assert session.status_code == 201, session.text
    own = {"authorization": f"Bearer {session.json()['token']}"}
    shown = await client.get(f"{API}/own", headers=own)
    assert shown.json()["id"] == furnished.objects["patron"]
    assert shown.json()["note"] is None
    wrong = [
        await client.post(f"{API}/sessions/patron", json=credentials | change)
        for change in ({"pin": "0000"}, {"identifier": "NOSUCHCARD"})
    ]
    assert [each.status_code for each in wrong] == [401, 401]
    first, second = (each.json() | {"instance": ""} for each in wrong)
    assert first == second


async def test_a_roster_says_what_is_wrong_in_the_callers_language(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    file = "Navn;Klasse;UNI-Login\nAnna;7.B;anna1234\nBo;Regnbuen;bobo1234"
    body = {
        "branch": furnished.objects["school"],
        "file": base64.b64encode(file.encode()).decode(),
        **dict.fromkeys(("pupil_group", "teacher_group", "class_group"), furnished.objects["patron_group"]),
    }
    answer = await client.post(f"{API}/classes/roster", json=body, headers={**librarian, "accept-language": "en"})
    lines = answer.json()["lines"]
    assert [each["outcome"] for each in lines] == ["created", "refused"]
    assert "7.B" in lines[1]["text"]


async def test_a_wrong_old_pin_is_a_field_that_does_not_fit_until_it_locks(
    client: AsyncClient, furnished: Furniture, reader: Headers
):
    for _ in range(5):
        wrong = await client.put(f"{API}/own/pin", json={"old": "0000", "new": "8080"}, headers=reader)
        assert wrong.status_code == 400
        assert [(each["field"], each["code"]) for each in wrong.json()["errors"]] == [("old", "old_pin_wrong")]
    locked = await client.put(f"{API}/own/pin", json={"old": PIN, "new": "8080"}, headers=reader)
    assert locked.status_code == 429


async def test_a_patron_renews_without_naming_a_branch(client: AsyncClient, furnished: Furniture, reader: Headers):
    answer = await client.post(f"{API}/own/renewals", json={"loans": [furnished.objects["loan"]]}, headers=reader)
    assert [each["outcome"] for each in answer.json()] == ["renewed"], answer.text
