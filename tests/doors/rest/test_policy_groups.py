from httpx import AsyncClient

from doors.rest.furniture import Furniture
from doors.rest.test_policies import POLICIES, Headers


async def test_a_group_of_our_own_is_added_and_renamed(client: AsyncClient, furnished: Furniture, librarian: Headers):
    group = {"parent": furnished.objects["material_group"], "code": "manga", "name_da": "Manga", "name_en": "Manga"}
    added = await client.post(f"{POLICIES}/groups/material", json=group, headers=librarian)
    assert added.status_code == 201
    path = f"{POLICIES}/groups/material/{added.json()['id']}"
    names = {"name_da": "Tegneserier fra Japan", "name_en": "Comics from Japan"}
    assert (await client.put(path, json=names, headers=librarian)).json()["name_en"] == "Comics from Japan"


async def test_an_unknown_kind_of_group_is_a_bad_request(client: AsyncClient, librarian: Headers):
    assert (await client.get(f"{POLICIES}/groups/vegetable", headers=librarian)).status_code in {400, 404}
