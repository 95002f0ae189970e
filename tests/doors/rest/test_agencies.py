import pytest
from httpx import AsyncClient

from doors.rest.callers import bearer, staff
from doors.rest.furniture import Furniture
from faelles.ground.crypto import Keyring
from faelles.people.model import Permission

API = "/api/v1"
CHRISTMAS = {"first_day": "2026-12-24", "last_day": "2026-12-28"}

Headers = dict[str, str]


def branch_path(furnished: Furniture, more: str = "") -> str:
    return f"{API}/branches/{furnished.objects['branch']}{more}"


@pytest.fixture
def viewer(keyring: Keyring, furnished: Furniture) -> Headers:
    """Staff who may look and not touch."""
    return bearer(keyring, staff(furnished.town.agency, furnished.number("staff"), {Permission.AGENCY_VIEW}))


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


async def test_the_calendar_tells_why_a_day_is_closed(client: AsyncClient, furnished: Furniture, viewer: Headers):
    answer = await client.get(
        branch_path(furnished, "/calendar"), params={"service": "staffed", **CHRISTMAS}, headers=viewer
    )
    assert [(day["is_open"], day["reason"]) for day in answer.json()["items"]] == [
        (False, "Juleaftensdag"),
        (False, "Juledag"),
        (False, "Anden juledag"),
        (False, None),
        (True, None),
    ]


async def test_closing_days_are_set_and_taken_back(client: AsyncClient, furnished: Furniture, librarian: Headers):
    days = {"first_day": "2027-03-01", "last_day": "2027-03-02"}
    branches = [furnished.objects["branch"], furnished.objects["suburb"]]
    closing = {"branches": branches, "reason": "Ny reol", **days}
    assert (await client.put(f"{API}/calendar-days", json=closing, headers=librarian)).status_code == 204
    path = branch_path(furnished, "/calendar-days")
    listed = (await client.get(path, params=days, headers=librarian)).json()["items"]
    assert [(day["day"], day["reason"]) for day in listed] == [("2027-03-01", "Ny reol"), ("2027-03-02", "Ny reol")]
    assert (await client.delete(path, params=days, headers=librarian)).status_code == 204
    assert (await client.get(path, params=days, headers=librarian)).json()["items"] == []


async def test_summer_hours_come_and_go(client: AsyncClient, furnished: Furniture, librarian: Headers):
    summer = {
        "service": "staffed",
        "hours": [{"weekday": 1, "opens": "12:00:00", "closes": "15:00:00"}],
        "first_day": "2027-06-28",
        "last_day": "2027-08-08",
    }
    assert (
        await client.put(branch_path(furnished, "/opening-hours"), json=summer, headers=librarian)
    ).status_code == 200

    async def monday(day: str) -> list[str]:
        query = {"service": "staffed", "first_day": day, "last_day": day}
        answer = await client.get(branch_path(furnished, "/calendar"), params=query, headers=librarian)
        return [hours["opens"] for hours in answer.json()["items"][0]["hours"]]

    assert [await monday(day) for day in ("2027-06-21", "2027-06-28", "2027-08-09")] == [
        ["10:00:00"],
        ["12:00:00"],
        ["10:00:00"],
    ]


async def test_every_wrong_opening_is_named_in_the_callers_language(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    week = {
        "service": "staffed",
        "hours": [
            {"weekday": 1, "opens": "18:00:00", "closes": "10:00:00"},
            {"weekday": 2, "opens": "10:00:00", "closes": "14:00:00"},
            {"weekday": 2, "opens": "13:00:00", "closes": "16:00:00"},
        ],
        "first_day": "2027-01-01",
    }
    answer = await client.put(
        branch_path(furnished, "/opening-hours"), json=week, headers=librarian | {"accept-language": "en"}
    )
    assert answer.status_code == 400
    assert [(problem["field"], problem["code"]) for problem in answer.json()["errors"]] == [
        ("hours.0", "closes_before_opens"),
        ("hours.2", "hours_overlap"),
    ]
    assert "overlap" in answer.text


@pytest.mark.parametrize(
    ("first_day", "last_day"),
    [
        ("9999-12-31", "9999-12-31"),
        ("0001-01-01", "0001-01-02"),
        ("2027-01-01", "2029-01-01"),
        ("2027-01-02", "2027-01-01"),
        ("2027-02-30", "2027-03-01"),
        ("i morgen", "i overmorgen"),
    ],
)
async def test_a_period_that_cannot_be_is_refused(
    client: AsyncClient, furnished: Furniture, librarian: Headers, first_day: str, last_day: str
):
    days = {"first_day": first_day, "last_day": last_day}
    for answer in (
        await client.get(branch_path(furnished, "/calendar"), params={"service": "staffed", **days}, headers=librarian),
        await client.delete(branch_path(furnished, "/calendar-days"), params=days, headers=librarian),
        await client.put(
            f"{API}/calendar-days",
            json={"branches": [furnished.objects["branch"]], "reason": "x", **days},
            headers=librarian,
        ),
    ):
        assert answer.status_code == 400, answer.text


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


async def test_hours_are_taken_with_seconds_and_without(client: AsyncClient, furnished: Furniture, librarian: Headers):
    week = {
        "service": "staffed",
        "first_day": "2027-03-01",
        "hours": [{"weekday": 1, "opens": "10:00", "closes": "18:00:00"}],
    }
    path = branch_path(furnished, "/opening-hours")
    answer = await client.put(path, json=week, headers=librarian)
    assert answer.status_code == 200, answer.text
    assert ("10:00:00", "18:00:00") in [(each["opens"], each["closes"]) for each in answer.json()["items"]]
    for wrong in ("24:00", "10", "10:00Z", "10:60"):
        hours = [{"weekday": 1, "opens": wrong, "closes": "18:00"}]
        refused = await client.put(path, json=week | {"hours": hours}, headers=librarian)
        assert [each["field"] for each in refused.json()["errors"]] == ["hours.0.opens"]


async def test_a_patron_may_know_which_branches_there_are(
    client: AsyncClient, furnished: Furniture, reader: Headers, viewer: Headers
):
    mine = await client.get(f"{API}/branches", headers=reader)
    assert mine.json() == (await client.get(f"{API}/branches", headers=viewer)).json()
    assert mine.status_code == 200
