from typing import Any

import pytest
from httpx import AsyncClient

from doors.rest.furniture import Furniture

API = "/api/v1"
ITEMS = f"{API}/items"

Headers = dict[str, str]


def path(furnished: Furniture, name: str = "item", more: str = "") -> str:
    return f"{ITEMS}/{furnished.objects[name]}{more}"


def a_copy(furnished: Furniture, **given: Any) -> dict[str, Any]:
    return {
        "record": furnished.objects["record"],
        "owner_branch": furnished.objects["branch"],
        "default_placement": furnished.objects["placement"],
        "material_group": furnished.objects["material_group"],
    } | given


async def test_a_copy_is_registered_and_found_by_its_number(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    rfid = {
        "standard": "iso_28560_3",
        "owner_isil": "DK-710100",
        "parts": 2,
        "tags": [{"uid": "E0040100000000A1", "part": 1, "written_at": "2024-03-01T12:00:00Z"}],
    }
    made = await client.post(ITEMS, json=a_copy(furnished, price_ore=24900, rfid=rfid), headers=librarian)
    assert made.status_code == 201
    item = made.json()
    found = await client.get(f"{ITEMS}/numbered/{item['number']}", headers=librarian)
    assert found.json() == item
    assert item["rfid"] == rfid
    owners = await client.get(f"{ITEMS}/numbered/{item['number']}/owners", headers=librarian)
    assert owners.json() == {"agencies": [furnished.town.agency]}


async def test_a_number_in_use_is_refused(client: AsyncClient, furnished: Furniture, librarian: Headers):
    number = furnished.objects["item_number"]
    again = await client.post(ITEMS, json=a_copy(furnished, number=number), headers=librarian)
    assert (again.status_code, again.json()["code"]) == (409, "item_number_taken")


async def test_what_is_on_loan_stays_in_stock_and_the_rest_is_withdrawn(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    items = [furnished.objects[name] for name in ("item", "lent_item", "withdrawn_item")]
    answer = await client.post(f"{ITEMS}/withdraw", json={"items": items, "reason": "Slidt"}, headers=librarian)
    assert [outcome["refused"] for outcome in answer.json()["outcomes"]] == [
        None,
        "item_is_out",
        "item_withdrawn_already",
    ]
    assert (await client.get(path(furnished), headers=librarian)).json()["withdrawn_why"] == "Slidt"
    back = await client.post(f"{ITEMS}/restore", json={"items": items[:1]}, headers=librarian)
    assert back.json()["outcomes"] == [{"item": items[0], "refused": None}]
    assert (await client.get(path(furnished), headers=librarian)).json()["withdrawn_at"] is None


async def test_copies_come_page_by_page(client: AsyncClient, furnished: Furniture, librarian: Headers):
    for way in (f"of-record/{furnished.objects['record']}", f"of-branch/{furnished.objects['branch']}"):
        seen, after = [], None
        while True:
            query = {"limit": 2, "with_withdrawn": True} | ({"after": after} if after else {})
            answer = (await client.get(f"{ITEMS}/{way}", params=query, headers=librarian)).json()
            seen += [item["id"] for item in answer["items"]]
            after = answer["next"]
            if after is None:
                break
        assert seen == sorted(set(seen))
        assert {furnished.objects["item"], furnished.objects["withdrawn_item"]} <= set(seen)


async def test_notes_and_parts_are_written_at_the_desk(client: AsyncClient, furnished: Furniture, librarian: Headers):
    noted = await client.post(path(furnished, more="/notes"), json={"text": "Løs ryg"}, headers=librarian)
    assert noted.status_code == 201
    note = noted.json()["notes"][-1]
    assert note["text"] == "Løs ryg"
    assert (await client.delete(path(furnished, more=f"/notes/{note['id']}"), headers=librarian)).status_code == 204
    marked = await client.put(path(furnished, more="/parts/1"), json={"is_present": False}, headers=librarian)
    assert marked.json()["parts"] == [{"number": 1, "description": "Cd", "is_present": False}]
    assert marked.json()["notes"][-1]["id"] != note["id"]


async def test_another_librarys_copy_comes_and_goes(client: AsyncClient, furnished: Furniture, librarian: Headers):
    expected = await client.post(
        f"{API}/placeholders", json=a_copy(furnished, lender_isil="DK-820010"), headers=librarian
    )
    assert expected.status_code == 201
    one = f"{API}/placeholders/{expected.json()['id']}"
    assert (await client.post(f"{one}/send-home", headers=librarian)).json()["code"] == "placeholder_not_received"
    assert (await client.post(f"{one}/receive", headers=librarian)).json()["lender"]["received_at"]
    assert (await client.post(f"{one}/send-home", headers=librarian)).json()["lender"]["sent_home_at"]
    own = await client.post(f"{API}/placeholders/{furnished.objects['item']}/receive", headers=librarian)
    assert (own.status_code, own.json()["code"]) == (409, "item_is_no_placeholder")


async def test_counted_stock_is_set_changed_and_listed(client: AsyncClient, furnished: Furniture, librarian: Headers):
    count = {
        "record": furnished.objects["record"],
        "placement": furnished.objects["placement"],
        "material_group": furnished.objects["material_group"],
        "quantity": 28,
    }
    kept = (await client.put(f"{API}/stock", json=count, headers=librarian)).json()
    headers = librarian | {"Idempotency-Key": "lost one"}
    for _ in range(2):
        changed = await client.post(f"{API}/stock/{kept['id']}/change", json={"difference": -1}, headers=headers)
        assert changed.json()["quantity"] == 27
    too_many = await client.post(f"{API}/stock/{kept['id']}/change", json={"difference": -28}, headers=librarian)
    assert (too_many.status_code, too_many.json()["code"]) == (409, "stock_out_of_range")
    listed = await client.get(f"{API}/stock", params={"record": furnished.objects["record"]}, headers=librarian)
    assert [stock["quantity"] for stock in listed.json()["items"]] == [27]


@pytest.mark.parametrize(
    "given",
    [
        {"number": "123"},
        {"number": "0123456789\n"},
        {"price_ore": -1},
        {"acquired_on": "9999-12-31"},
        {"minimum_age": 40},
        {"condition": "lost"},
        {"not_for_loan": ""},
        {"rfid": {"standard": "iso_28560_3", "owner_isil": "DK-710100", "parts": 1, "tags": [{"uid": "x", "part": 1}]}},
        {"parts": [{"number": 1, "description": "a"}, {"number": 1, "description": "b"}]},
        {"owner_branch": 2**70},
    ],
)
async def test_what_cannot_be_a_copy_is_refused(
    client: AsyncClient, furnished: Furniture, librarian: Headers, given: dict[str, Any]
):
    answer = await client.post(ITEMS, json=a_copy(furnished, **given), headers=librarian)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("field", ["record", "owner_branch", "default_placement", "material_group"])
async def test_what_a_copy_points_at_must_be_there(
    client: AsyncClient, furnished: Furniture, librarian: Headers, field: str
):
    answer = await client.post(ITEMS, json=a_copy(furnished, **{field: 2**53 - 1}), headers=librarian)
    assert answer.status_code == 404, answer.text


async def test_a_version_nobody_ever_saw_is_an_old_one(client: AsyncClient, furnished: Furniture, librarian: Headers):
    answer = await client.patch(path(furnished), json={"version": 2**53 - 1}, headers=librarian)
    assert answer.status_code == 409, answer.text


async def test_a_note_sent_twice_is_one_note(client: AsyncClient, furnished: Furniture, librarian: Headers):
    notes = f"/api/v1/items/{furnished.objects['lent_item']}/notes"
    headers = {**librarian, "Idempotency-Key": "desk-1/3"}
    for _ in range(2):
        noted = await client.post(notes, json={"text": "Løs ryg"}, headers=headers)
        assert [note["text"] for note in noted.json()["notes"]] == ["Løs ryg"]
