"""An offline log, sent and sent again."""

from datetime import timedelta
from typing import Any

from httpx import AsyncClient

from doors.rest.furniture import Furniture
from faelles.ground.clock import utc_now

LOG = "/api/v1/offline-transactions"

Headers = dict[str, str]


def checkout(furnished: Furniture, **changed: Any) -> dict[str, Any]:
    objects = furnished.objects
    entry = {
        "what": "checkout",
        "item": objects["item_number"],
        "card": objects["card"],
        "branch": objects["branch"],
        "happened_at": (utc_now() - timedelta(minutes=30)).isoformat(),
    }
    return entry | changed


async def test_a_log_sent_again_under_its_key_gets_its_first_answer(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    log = {"entries": [checkout(furnished), checkout(furnished, item="0000000000")]}
    keyed = librarian | {"idempotency-key": "log-1"}
    first = await client.post(LOG, json=log, headers=keyed)
    assert [entry["outcome"] for entry in first.json()] == ["lent", "refused"]
    assert (await client.post(LOG, json=log, headers=keyed)).json() == first.json()
    without = await client.post(LOG, json=log, headers=librarian)
    assert [entry["outcome"] for entry in without.json()] == ["repeated", "refused"]


async def test_another_log_under_the_same_key_is_a_conflict(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    keyed = librarian | {"idempotency-key": "log-2"}
    await client.post(LOG, json={"entries": [checkout(furnished)]}, headers=keyed)
    other = checkout(furnished, card=furnished.objects["child_card"])
    answer = await client.post(LOG, json={"entries": [other]}, headers=keyed)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


async def test_the_same_moment_in_another_zone_is_the_same_entry(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    day = (utc_now() - timedelta(days=1)).date().isoformat()
    sent = [checkout(furnished, happened_at=day + moment) for moment in ("T10:00:00Z", "T12:00:00+02:00")]
    answer = await client.post(LOG, json={"entries": sent}, headers=librarian)
    assert [entry["outcome"] for entry in answer.json()] == ["lent", "repeated"]


async def test_a_moment_without_a_zone_is_told_and_the_others_are_taken(
    client: AsyncClient, furnished: Furniture, librarian: Headers
):
    entries = [checkout(furnished), checkout(furnished, happened_at="2026-06-01T10:00:00")]
    answer = await client.post(LOG, json={"entries": entries}, headers=librarian)
    assert answer.status_code == 200
    refused, lent = answer.json()
    assert (refused["problem"]["code"], lent["problem"]) == ("moment_without_zone", None)
