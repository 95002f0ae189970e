"""How often a call asks the database: a handful of times, however much there is to tell."""

from collections import Counter
from typing import Any

import pytest

from doors.fbs.conftest import WebSite
from doors.fbs.test_catalog import titled
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.model import PlaceHold, Wish
from faelles.circulation.holds.operations import place_hold
from faelles.ground.database.channel import Channel


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Messages to the database."""
    counts: Counter[str] = Counter()
    ask = Channel.ask

    def counted(self: Channel, *values: Any, **named: Any) -> Any:
        counts["messages"] += 1
        return ask(self, *values, **named)

    monkeypatch.setattr(Channel, "ask", counted)
    return counts


async def test_a_call_asks_a_handful_of_times_and_never_who_calls(site: WebSite, asked: Counter[str]):
    lending, reader = site.library, await site.library.reader()
    items = [await lending.copy() for _ in range(4)]
    numbers = [await titled(lending, item) for item in items]
    for item in items[:2]:
        await lending.lend(reader, item)
    for item in items[2:]:
        request = PlaceHold(patron=Borrower(patron=reader.id), wish=Wish(item=item), pickup=lending.town.main)
        await lending.run(lambda tx, request=request: place_hold(tx, lending.librarian, lending.keyring, request))
    paths = {
        "availability": ("/{a}/catalog/availability/v3", {"recordid": numbers}),
        "holdings": ("/{a}/catalog/holdings/v5", {"recordid": numbers}),
        "loans": (f"/{{a}}/patrons/{reader.id}/loans/v2", {}),
        "reservations": (f"/{{a}}/patrons/{reader.id}/reservations/v3", {}),
        "reservations with estimates": (f"/{{a}}/patrons/{reader.id}/reservations/v4", {}),
        "fees": (f"/{{a}}/patron/{reader.id}/fees/v2", {"includepaid": "false", "includenonpayable": "true"}),
    }
    await site.get("/v1/{a}/branches")
    counts = {}
    for name, (path, params) in paths.items():
        asked.clear()
        await site.get(path, **params)
        counts[name] = asked["messages"]
    assert counts == {
        "availability": 1,
        "holdings": 1,
        "loans": 1,
        "reservations": 1,
        "reservations with estimates": 8,
        "fees": 1,
    }


async def test_who_calls_is_known_without_the_database(site: WebSite, asked: Counter[str]):
    await site.get("/v1/{a}/branches")
    asked.clear()
    assert (await site.send("GET", "/v1/{a}/branches", headers={"X-Session": "unknown"})).status_code == 401
    assert (await site.send("GET", "/v1/DK-999999/branches")).status_code == 403
    assert asked["messages"] == 0
