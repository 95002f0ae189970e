"""What the frame does for every route, and what it refuses to start with."""

import asyncio
import base64
from typing import Annotated, Any, cast

import msgspec
import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Router, get
from litestar.params import PathParameter

from doors.rest.practice import PERSON
from faelles.doors.rest import operating
from faelles.doors.rest.access import guarded, public
from faelles.doors.rest.app import create_app
from faelles.doors.rest.gate import Gate
from faelles.doors.rest.metrics import Metrics
from faelles.doors.rest.services import Limits
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import MisconfiguredError
from faelles.ground.fields import Id
from faelles.people.model import Permission

PARCEL: dict[str, Any] = {"number": "0123456789", "amount_ore": 2000, "due_on": "2026-11-22"}


async def test_an_answer_in_the_forms_that_are_promised(practice: AsyncClient) -> None:
    answer = await practice.post("/parcels", json=PARCEL, headers={"idempotency-key": "desk 7/42"})
    assert answer.status_code == 201
    assert answer.json() == {
        "parcel": PARCEL | {"note": "", "label": "", "lines": []},
        "kept_at": "2026-01-02T03:04:05Z",
        "idempotency_key": "desk 7/42",
    }


async def test_pages_lead_to_the_end_without_gap_or_repeat(practice: AsyncClient) -> None:
    seen: list[int] = []
    after = ""
    while True:
        shown = (await practice.get("/parcels", params={"limit": 3} | ({"after": after} if after else {}))).json()
        seen += shown["items"]
        if shown["next"] is None:
            break
        after = shown["next"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


async def test_a_cursor_of_another_list_is_refused(practice: AsyncClient) -> None:
    other = base64.urlsafe_b64encode(msgspec.msgpack.encode(("Andersen", 7))).decode().rstrip("=")
    assert (await practice.get("/parcels", params={"after": other})).status_code == 400


async def test_a_request_id_is_kept_where_it_is_one_and_made_where_not(practice: AsyncClient) -> None:
    kept = await practice.get("/parcels/1", headers={"x-request-id": "kiosk-3.0017"})
    made = await practice.get("/parcels/1", headers={"x-request-id": "two words\t"})
    assert kept.headers["x-request-id"] == "kiosk-3.0017"
    assert len(made.headers["x-request-id"]) == 16


async def test_one_log_line_that_names_the_route_and_nothing_sent(
    practice: AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    await practice.get("/parcels/4711?words=hemmelig")
    (line,) = [line for line in "".join(capfd.readouterr()).splitlines() if "request" in line]
    assert "/api/v1/parcels/{parcel}" in line
    assert "staff:1" in line
    assert "4711" not in line
    assert "hemmelig" not in line


async def test_more_requests_than_can_be_in_work_are_told_to_come_again(practice: AsyncClient) -> None:
    answers = await asyncio.gather(*(practice.post("/parcels/long") for _ in range(5)))
    turned_away = [answer for answer in answers if answer.status_code == 503]
    assert len(turned_away) == 2
    assert turned_away[0].json()["code"] == "server_overloaded"
    assert turned_away[0].headers["retry-after"] == "1"
    assert (await practice.get("/parcels/1")).is_success


async def test_headers_too_large(practice: AsyncClient) -> None:
    answer = await practice.get("/parcels/1", headers={"x-large": "x" * 16_384})
    assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")


async def test_metrics_count_by_route_and_never_by_id(practice: AsyncClient) -> None:
    await practice.get("/parcels/4712")
    await practice.get("/parcels/0")
    counted = (await practice.get("http://faelles.test/metrics")).text
    assert 'route="/api/v1/parcels/{parcel}",status="200"' in counted
    assert 'faelles_http_problems_total{code="invalid_request"}' in counted
    assert "faelles_database_connections " in counted
    assert "/4712" not in counted


async def test_alive_and_ready(client: AsyncClient) -> None:
    assert (await client.get("/health")).json() == {"status": "alive"}
    assert (await client.get("/ready")).json() == {"status": "ready"}


async def test_not_ready_while_the_database_is_away(keyring: Keyring) -> None:
    class NoPool:
        async def acquire(self) -> None:
            raise ConnectionRefusedError

    application = create_app(Database(cast("Any", NoPool())), keyring, routers=[])
    async with AsyncClient(transport=ASGITransport(cast("Any", application)), base_url="http://x") as opened:
        answer = await opened.get("/ready")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_not_ready_while_the_database_says_nothing(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    class SilentPool:
        async def acquire(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(operating, "_SECONDS_TO_BE_READY", 0.05)
    application = create_app(Database(cast("Any", SilentPool())), keyring, routers=[])
    async with AsyncClient(transport=ASGITransport(cast("Any", application)), base_url="http://x") as opened:
        answer = await asyncio.wait_for(opened.get("/ready"), 10)
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert (await opened.get("/health")).is_success


async def test_what_fails_on_the_way_to_an_answer_is_still_answered(
    database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError(PERSON)

    gate = Gate(failing, Metrics(database), Limits())
    async with AsyncClient(transport=ASGITransport(cast("Any", gate)), base_url="http://x") as opened:
        answer = await opened.get("/")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert PERSON not in "".join(capfd.readouterr())


@get("/")
async def undeclared() -> None: ...


@get("/", opt=public(), before_request=lambda _: None)
async def around() -> None: ...


@get("/{number:int}", opt=guarded(Permission.CHECKOUT))
async def unbounded(number: Annotated[Id, PathParameter()]) -> None: ...


@pytest.mark.parametrize(
    ("route", "code"),
    [
        (undeclared, "route_without_access"),
        (around, "route_around_admission"),
        (unbounded, "route_parameter_unbounded"),
    ],
)
def test_the_application_does_not_start_with_such_a_route(
    database: Database, keyring: Keyring, route: Any, code: str
) -> None:
    with pytest.raises(MisconfiguredError) as refused:
        create_app(database, keyring, routers=[Router(path="/wrong", route_handlers=[route])], limits=Limits())
    assert refused.value.code == code
