from typing import Any

import pytest
from httpx import AsyncClient

from doors.rest.callers import bearer, staff
from doors.rest.furniture import Furniture
from faelles.ground.crypto import Keyring
from faelles.people.model import Permission

RECORDS = "/api/v1/records"

Headers = dict[str, str]


def path(furnished: Furniture, name: str = "record", more: str = "") -> str:
    return f"{RECORDS}/{furnished.objects[name]}{more}"


async def search(client: AsyncClient, headers: Headers, **asked: Any) -> Any:
    answer = await client.post(f"{RECORDS}/search", json=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_words_find_records_page_by_page(client: AsyncClient, furnished: Furniture, librarian: Headers):
    found, after = [], None
    while True:
        more = {"after": after} if after else {}
        page = await search(client, librarian, words=furnished.marker, limit=2, **more)
        assert 0 < len(page["items"]) <= 2
        found += [record["id"] for record in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(found) == len(set(found))
    assert {furnished.objects[name] for name in ("record", "other_record", "periodical")} <= set(found)


async def test_titles_come_in_alphabetical_order_page_by_page(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    for title in ("Æblet", "Ørnen", "Ålen"):
        made = {"title": f"{furnished.marker} {title}", "material_type": "book"}
        assert (await client.post(RECORDS, json=made, headers=librarian)).status_code == 201
    seen, after = [], None
    while True:
        asked = {"words": furnished.marker, "search_in": "title", "limit": 2} | ({"after": after} if after else {})
        answer = await search(client, librarian, **asked)
        seen += [record["title"].split()[1] for record in answer["items"]]
        after = answer["next"]
        if after is None:
            break
    assert seen == ["Æblet", "Ørnen", "Ålen"]


async def test_a_new_record_is_found_under_its_numbers(client: AsyncClient, librarian: Headers):
    new = {"title": "Ny lokal bog", "material_type": "book", "creators": ["Åse Ø."], "isbns": ["0-306-40615-2"]}
    made = await client.post(RECORDS, json=new, headers=librarian)
    assert made.status_code == 201
    for number in (made.json()["identifier"], "9780306406157"):
        found = (await client.get(f"{RECORDS}/numbered/{number}", headers=librarian)).json()["items"]
        assert made.json() in found


async def test_the_same_key_makes_one_record(client: AsyncClient, librarian: Headers):
    headers = librarian | {"Idempotency-Key": "scan-1"}
    made = [await client.post(f"{RECORDS}/provisional", json={"title": "?!"}, headers=headers) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert made[0].json()["is_provisional"]


async def test_a_replaced_record_leads_to_its_successor_and_copies_follow(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    successor = furnished.objects["other_record"]
    answer = await client.put(path(furnished, more="/successor"), json={"successor": successor}, headers=librarian)
    assert answer.status_code == 200
    shown = (await client.get(path(furnished), headers=librarian)).json()
    assert shown["record"]["id"] == successor
    item = (await client.get(f"/api/v1/items/{furnished.objects['item']}", headers=librarian)).json()
    assert item["record"] == successor
    again = await client.put(
        path(furnished, "other_record", "/successor"),
        json={"successor": furnished.objects["record"]},
        headers=librarian,
    )
    assert (again.status_code, again.json()["code"]) == (409, "record_succeeds_itself")


async def test_an_old_version_is_not_written_over_a_newer_one(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    answers = [
        await client.patch(path(furnished), json={"version": 1, "year": year}, headers=librarian)
        for year in (1999, 2000)
    ]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[0].json()["year"] == 1999
    assert answers[1].json()["code"] == "changed_meanwhile"


async def test_aliases_come_and_go(client: AsyncClient, furnished: Furniture, librarian: Headers):
    added = await client.post(path(furnished, more="/aliases"), json={"alias": "GL-7"}, headers=librarian)
    assert added.status_code == 204
    shown = (await client.get(path(furnished), headers=librarian)).json()
    assert shown["aliases"] == sorted(["GL-7", furnished.objects["record_alias"]])
    assert (await client.delete(path(furnished, more="/aliases/GL-7"), headers=librarian)).status_code == 204
    assert (await client.delete(path(furnished, more="/aliases/GL-7"), headers=librarian)).status_code == 404


async def test_issues_are_added_and_listed(client: AsyncClient, furnished: Furniture, librarian: Headers):
    issues = path(furnished, "periodical", "/issues")
    for number in ("1", "2"):
        made = await client.post(issues, json={"year": 2024, "number": number}, headers=librarian)
        assert made.status_code == 201
    first = (await client.get(issues, params={"limit": 1}, headers=librarian)).json()
    rest = (await client.get(issues, params={"limit": 1, "after": first["next"]}, headers=librarian)).json()
    assert [issue["number"] for issue in first["items"] + rest["items"]] == ["2", "1"]


@pytest.mark.parametrize(
    "body",
    [
        {"title": "", "material_type": "book"},
        {"title": "x\n", "material_type": "book"},
        {"title": "x", "material_type": "book", "year": 9999},
        {"title": "x", "material_type": "book", "identifier": "no identifier"},
        {"title": "x", "material_type": "book", "isbns": ["9780306406158"]},
        {"title": "x", "material_type": "book", "creators": ["y" * 201]},
        {"title": "x", "material_type": "book", "colour": "red"},
    ],
)
async def test_what_cannot_be_a_record_is_refused(client: AsyncClient, librarian: Headers, body: dict[str, Any]):
    assert (await client.post(RECORDS, json=body, headers=librarian)).status_code == 400


@pytest.mark.parametrize("after", ["x", "AA", "zwAAAAAAAAAB", "z_________8", "gqpzb3J0X3RpdGxloQCmcmVjb3JkAQ"])
@pytest.mark.parametrize("search_in", ["anywhere", "title"])
async def test_a_cursor_nobody_made_is_refused(client: AsyncClient, librarian: Headers, after: str, search_in: str):
    asked = {"words": "x", "search_in": search_in, "after": after}
    assert (await client.post(f"{RECORDS}/search", json=asked, headers=librarian)).status_code in (200, 400)


async def test_looking_does_not_allow_changing(client: AsyncClient, keyring: Keyring, furnished: Furniture):
    viewer = bearer(keyring, staff(furnished.town.agency, furnished.number("staff"), {Permission.CATALOG_VIEW}))
    assert (await client.get(path(furnished), headers=viewer)).status_code == 200
    assert (await client.patch(path(furnished), json={"version": 1}, headers=viewer)).status_code == 403
