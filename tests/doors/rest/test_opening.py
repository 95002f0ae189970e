import pytest
from httpx import AsyncClient

from doors.rest.furniture import Furniture
from doors.rest.test_agencies import API, CHRISTMAS, Headers, branch_path


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
