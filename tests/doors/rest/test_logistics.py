"""A copy from its shelf to the hold shelf, over REST."""

import pytest
from httpx import AsyncClient

from doors.rest.furniture import Furniture

API = "/api/v1"


@pytest.fixture
def english(librarian: dict[str, str]) -> dict[str, str]:
    return librarian | {"accept-language": "en"}


async def test_a_scan_says_where_the_copy_goes_and_why_and_prints_a_slip(
    client: AsyncClient, furnished: Furniture, english: dict[str, str]
):
    branch, item = furnished.number("branch"), furnished.objects["planned_item_number"]
    answer = (await client.post(f"{API}/returns", json={"item": item, "branch": branch}, headers=english)).json()
    assert (answer["next"]["stop"], answer["next"]["shelf_number"]) == ("hold_shelf", "1")
    assert answer["next"]["hold"] == furnished.number("planned_hold")
    assert answer["slip"][0] == "SHELF 1"
    assert answer["slip"][1].startswith("Pick up by ")
    codes = [message["code"] for message in answer["messages"]]
    assert codes[-2:] == ["stop_hold_shelf_number", "why_first_in_line"]
    shelf = (await client.get(f"{API}/branches/{branch}/hold-shelf", headers=english)).json()
    assert [(place["number"], place["item_number"]) for place in shelf["items"]] == [(1, item)]
    assert (await client.get(f"{API}/branches/{branch}/picks", headers=english)).json()["items"] == []


async def test_what_goes_elsewhere_has_a_slip_with_from_and_to(
    client: AsyncClient, furnished: Furniture, english: dict[str, str]
):
    suburb, item = furnished.number("suburb"), furnished.objects["standing_item_number"]
    answer = (await client.post(f"{API}/returns", json={"item": item, "branch": suburb}, headers=english)).json()
    assert answer["next"]["stop"] in {"send", "float"}
    if answer["next"]["stop"] == "send":
        assert answer["slip"][:2] == ["TO Hovedbiblioteket", "From Forstaden"]


async def test_the_pick_list_is_printed_in_the_readers_language(
    client: AsyncClient, furnished: Furniture, english: dict[str, str]
):
    branch = furnished.number("branch")
    lines = (await client.get(f"{API}/branches/{branch}/picks/printout", headers=english)).json()["lines"]
    assert lines[0] == "Voksen"
    assert any(str(furnished.objects["planned_item_number"]) in line for line in lines)
