"""A reader outside follows what happens, keeping its own place."""

import httpx
from msgspec import structs

from doors.rest.callers import bearer, staff
from doors.rest.furniture import Furniture
from faelles.ground.crypto import Keyring
from faelles.ground.ids import DivisionId
from faelles.people.model import Grant, Permission

EVENTS = "/api/v1/events"

Headers = dict[str, str]


def reading(furnished: Furniture, keyring: Keyring) -> Headers:
    return bearer(keyring, staff(furnished.town.agency, furnished.number("staff"), {Permission.EVENT_READ}))


async def rename(client: httpx.AsyncClient, librarian: Headers, *names: str) -> None:
    for name in names:
        assert (await client.put("/api/v1/agencies/own", json={"name": name}, headers=librarian)).is_success


async def follow(client: httpx.AsyncClient, headers: Headers, **query: str | int) -> list[dict[str, object]]:
    """Everything there is by now. A transaction elsewhere on the server may hold the last events back for a while."""
    found: list[dict[str, object]] = []
    while True:
        page = (await client.get(EVENTS, params=query, headers=headers)).json()
        found += page["items"]
        query["after"] = page["next"]
        if page["is_end"]:
            return found


async def test_events_come_page_by_page_each_once_and_go_on_where_the_reader_stopped(
    client: httpx.AsyncClient, furnished: Furniture, librarian: Headers, keyring: Keyring
):
    reader = reading(furnished, keyring)
    await rename(client, librarian, "A", "B", "C")
    whole = await follow(client, reader)
    by_ones = await follow(client, reader, limit=1)
    shorter = min(len(whole), len(by_ones))
    assert whole[:shorter] == by_ones[:shorter]
    ids = [event["id"] for event in by_ones]
    assert len(ids) == len(set(ids))


async def test_an_event_names_nobody(
    client: httpx.AsyncClient, furnished: Furniture, librarian: Headers, keyring: Keyring
):
    answer = await client.get(EVENTS, headers=reading(furnished, keyring))
    assert furnished.marker not in answer.text
    assert {str(event["actor"]).partition(":")[2] for event in answer.json()["items"]} <= {""}


async def test_one_kind_alone_can_be_read_and_the_place_moves_past_the_others(
    client: httpx.AsyncClient, furnished: Furniture, keyring: Keyring
):
    reader = reading(furnished, keyring)
    page = (await client.get(EVENTS, params={"kind": "no.such"}, headers=reader)).json()
    whole = (await client.get(EVENTS, headers=reader)).json()
    assert page["items"] == []
    assert page["is_end"] == whole["is_end"]


async def test_a_school_of_the_agency_does_not_read_the_events_of_all(
    client: httpx.AsyncClient, furnished: Furniture, keyring: Keyring
):
    caller = staff(furnished.town.agency, furnished.number("staff"), ())
    grant = Grant(frozenset({Permission.EVENT_READ}), division=DivisionId(furnished.town.schools))
    answer = await client.get(EVENTS, headers=bearer(keyring, structs.replace(caller, grants=(grant,))))
    assert answer.status_code == 403


async def test_a_cursor_nobody_made_is_refused(client: httpx.AsyncClient, furnished: Furniture, keyring: Keyring):
    answer = await client.get(EVENTS, params={"after": "AAAA"}, headers=reading(furnished, keyring))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "cursor_malformed")
