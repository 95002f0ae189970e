"""Answered alike by the short way and by the framework's, which a parameter that nobody knows leads a request to."""

from typing import Any

import pytest
from httpx import AsyncClient, Response

from doors.rest.practice import router
from faelles.doors.rest.app import create_app, own_routes
from faelles.doors.rest.direct import Direct
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database

PARCEL: dict[str, Any] = {"number": "0123456789", "amount_ore": 2000, "due_on": "2026-11-22"}
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "sent",
    [
        {"json": PARCEL},
        {"json": PARCEL, "headers": {"idempotency-key": "desk 7/42", "accept-language": "en"}},
        {"json": PARCEL, "headers": {"idempotency-key": ""}},
        {"json": PARCEL, "headers": {"idempotency-key": "k" * 201}},
        {"json": PARCEL, "headers": {"authorization": "Bearer nobody's"}},
        {"json": PARCEL | {"amount_ore": -1, "colour": "red"}},
        {"json": PARCEL | {"due_on": "9999-12-31"}},
        {"content": b"", "headers": JSON},
        {"content": b"{", "headers": JSON},
        {"content": b"\xff", "headers": JSON},
        {"content": b"number=1", "headers": {"content-type": "application/x-www-form-urlencoded"}},
    ],
)
async def test_both_ways_answer_alike(practice: AsyncClient, sent: dict[str, Any]) -> None:
    by_framework = await practice.post("/parcels", params={"way": "long"}, **sent)
    assert _told(await practice.post("/parcels", **sent)) == _told(by_framework)


def _told(answer: Response) -> tuple[int, dict[str, str], dict[str, Any]]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, headers, {**answer.json(), "instance": ""}


def test_what_takes_a_body_alone_goes_the_short_way(database: Database, keyring: Keyring) -> None:
    application = create_app(database, keyring, routers=[router])
    assert set(Direct(application.asgi_handler, own_routes(application)).routes) == {"/api/v1/parcels"}
