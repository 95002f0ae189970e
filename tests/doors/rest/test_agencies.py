import pytest
from httpx import AsyncClient

from doors.rest.furniture import Furniture

API = "/api/v1"
CHRISTMAS = {"first_day": "2026-12-24", "last_day": "2026-12-28"}

Headers = dict[str, str]


def branch_path(furnished: Furniture, more: str = "") -> str:
    return f"{API}/branches/{furnished.objects['branch']}{more}"


async def test_the_whole_country_is_in_the_directory(client: AsyncClient, furnished: Furniture, viewer: Headers):
    found, after = [], None
    while True:
        query = {"limit": 200} | ({"after": after} if after else {})
        answer = (await client.get(f"{API}/agencies", params=query, headers=viewer)).json()
        found += [agency["isil"] for agency in answer["items"]]
        after = answer["next"]
        if after is None:
            break
    assert furnished.town.isil in found
    assert len(found) == len(set(found))


async def test_a_new_name_is_shown_at_once(client: AsyncClient, librarian: Headers):
    renamed = await client.put(f"{API}/agencies/own", json={"name": "Ærøskøbing"}, headers=librarian)
    assert renamed.status_code == 200
    assert (await client.get(f"{API}/agencies/own", headers=librarian)).json()["name"] == "Ærøskøbing"


async def test_a_branch_is_added_under_a_code_of_its_own(client: AsyncClient, furnished: Furniture, librarian: Headers):
    branch = {"division": furnished.objects["division"], "code": "DK-799999", "name": "Åhuset", "kind": "public"}
    added = await client.post(f"{API}/branches", json=branch, headers=librarian)
    assert added.status_code == 201
    shown = await client.get(f"{API}/branches/{added.json()['id']}", headers=librarian)
    assert shown.json() == added.json() | {"name": "Åhuset", "is_pickup": True, "closed_from": None}
    again = await client.post(f"{API}/branches", json=branch, headers=librarian)
    assert (again.status_code, again.json()["code"]) == (409, "branch_code_taken")


async def test_branches_come_page_by_page(client: AsyncClient, furnished: Furniture, viewer: Headers):
    first = (await client.get(f"{API}/branches", params={"limit": 2}, headers=viewer)).json()
    rest = (await client.get(f"{API}/branches", params={"after": first["next"]}, headers=viewer)).json()
    names = [branch["name"] for branch in first["items"] + rest["items"]]
    assert names[:3] == ["Hovedbiblioteket", "Forstaden", "Åskolen"]
    assert len(names) == len(set(names)) > len(first["items"])
    assert rest["next"] is None


async def test_a_division_shows_the_isils_it_had(client: AsyncClient, furnished: Furniture, librarian: Headers):
    changed = await client.post(
        f"{API}/divisions/{furnished.objects['division']}/isils",
        json={"isil": "DK-799998", "first_day": "2027-01-01"},
        headers=librarian,
    )
    assert changed.status_code == 201
    divisions = (await client.get(f"{API}/divisions", headers=librarian)).json()["items"]
    assert divisions[0]["isils"] == [
        {"isil": furnished.town.isil, "first_day": None, "given_up": "2027-01-01", "successor": "DK-799998"},
        {"isil": "DK-799998", "first_day": "2027-01-01", "given_up": None, "successor": None},
    ]


async def test_placements_sent_twice_have_the_same_ids(client: AsyncClient, furnished: Furniture, librarian: Headers):
    body = {"placements": [{"department": "Børn", "location": "Billedbøger"}]}
    once = await client.post(branch_path(furnished, "/placements"), json=body, headers=librarian)
    twice = await client.post(branch_path(furnished, "/placements"), json=body, headers=librarian)
    assert once.json() == twice.json()
    listed = await client.get(branch_path(furnished, "/placements"), headers=librarian)
    assert [placement["department"] for placement in listed.json()["items"]] == ["Voksen", "Børn"]


@pytest.mark.parametrize("unknown", [2**31, 2**53 - 1])
async def test_an_unknown_branch_is_not_found(client: AsyncClient, librarian: Headers, unknown: int):
    for answer in (
        await client.get(f"{API}/branches/{unknown}", headers=librarian),
        await client.put(f"{API}/branches/{unknown}/closing", json={"closed_from": None}, headers=librarian),
        await client.put(
            f"{API}/calendar-days", json={"branches": [unknown], "reason": "x", **CHRISTMAS}, headers=librarian
        ),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "branch_unknown")


async def test_who_may_only_look_changes_nothing(client: AsyncClient, furnished: Furniture, viewer: Headers):
    assert (
        await client.put(branch_path(furnished, "/closing"), json={"closed_from": "2026-01-01"}, headers=viewer)
    ).status_code == 403
    assert (await client.get(branch_path(furnished), headers=viewer)).json()["closed_from"] is None


async def test_a_patron_may_know_which_branches_there_are(
    client: AsyncClient, furnished: Furniture, reader: Headers, viewer: Headers
):
    mine = await client.get(f"{API}/branches", headers=reader)
    assert mine.json() == (await client.get(f"{API}/branches", headers=viewer)).json()
    assert mine.status_code == 200
