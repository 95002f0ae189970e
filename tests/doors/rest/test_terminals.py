"""SIP2 machines over REST: profile, status, maintenance, trace."""

import httpx
import pytest

from doors.rest.furniture import MACHINE_SECRET, Furniture
from faelles.ground.actor import SYSTEM
from faelles.ground.clock import utc_now
from faelles.ground.database import Database
from faelles.ground.ids import MachineId
from faelles.people.terminals.model import (
    Direction,
    NewTraceLine,
    Observed,
    Sighting,
    Tally,
    TerminalOutcome,
)
from faelles.people.terminals.operations import note_observed

API = "/api/v1/machines"

Headers = dict[str, str]


@pytest.fixture
def machine(furnished: Furniture) -> int:
    return furnished.number("machine")


async def observed(database: Database, furnished: Furniture, *frames: str) -> None:
    machine, now = MachineId(furnished.number("machine")), utc_now()
    told = Observed(
        (Sighting(machine, now, now),),
        ((machine, Tally("99", TerminalOutcome.ANSWERED, 7)),),
        tuple(NewTraceLine(machine, now, Direction.RECEIVED, frame) for frame in frames),
    )
    async with database.transaction(furnished.town.agency, SYSTEM) as tx:
        await note_observed(tx, "here:6001", told)


async def test_a_profile_is_shown_whole_and_changed_in_part(
    client: httpx.AsyncClient, machine: int, librarian: Headers
) -> None:
    address = f"{API}/{machine}/profile"
    before = (await client.get(address, headers=librarian)).json()
    assert (before["encoding"], before["pin"], before["default_bin"]) == ("utf-8", None, None)
    change = {
        "encoding": "latin-1",
        "pin": "when_given",
        "extensions": ["CV", "CL"],
        "alerts": {"hold_here": "41"},
        "sorting": [{"bin": "3", "alert": "send_elsewhere"}],
    }
    changed = await client.patch(address, json=change, headers=librarian)
    assert changed.status_code == 200, changed.text
    after = (await client.get(address, headers=librarian)).json()
    assert after == changed.json()
    assert (sorted(after["extensions"]), after["retries"]) == (["CL", "CV"], before["retries"])
    assert (after["encoding"], after["alerts"], after["sorting"]) == (
        "latin-1",
        {"hold_here": "41"},
        [{"bin": "3", "alert": "send_elsewhere"}],
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"encoding": "ebcdic"}, "encoding"),
        ({"timeout_tenths": 1000}, "timeout_tenths"),
        ({"currency": "kr"}, "currency"),
        ({"sorting": [{"bin": "1"}, {"alert": "other"}]}, "sorting.1"),
        ({"alerts": {"hold_here": "1"}}, "alerts"),
        ({"delimiter": "^"}, "delimiter"),
        ({"retries": None}, "retries"),
    ],
)
async def test_a_setting_that_cannot_be_is_told_by_field(
    client: httpx.AsyncClient, machine: int, librarian: Headers, change: dict, field: str
) -> None:
    address = f"{API}/{machine}/profile"
    before = (await client.get(address, headers=librarian)).json()
    refused = await client.patch(address, json=change, headers=librarian)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"].startswith(field), refused.text
    assert (await client.get(address, headers=librarian)).json() == before


async def test_status_and_counts_are_as_the_server_told(
    client: httpx.AsyncClient, database: Database, furnished: Furniture, machine: int, librarian: Headers
) -> None:
    silent = (await client.get(f"{API}/{machine}/status", headers=librarian)).json()
    assert (silent["last_seen_at"], silent["counts"]) == (None, [])
    await observed(database, furnished)
    shown = (await client.get(f"{API}/{machine}/status", headers=librarian)).json()
    assert (shown["served_by"], shown["counts"]) == (
        "here:6001",
        [{"message": "99", "outcome": "answered", "number": 7}],
    )
    assert shown["connected_since"] == shown["last_seen_at"]
    everybody = (await client.get(f"{API}/status", headers=librarian)).json()
    assert everybody == {"items": [shown], "next": None}


async def test_an_agency_goes_off_line_and_comes_back(
    client: httpx.AsyncClient, machine: int, librarian: Headers
) -> None:
    for is_on in (True, True, False):
        assert (await client.put(f"{API}/maintenance", json={"is_on": is_on}, headers=librarian)).status_code == 204
        assert (await client.get(f"{API}/maintenance", headers=librarian)).json() == {"is_on": is_on}
        status = (await client.get(f"{API}/{machine}/status", headers=librarian)).json()
        assert status["in_maintenance"] is is_on


async def test_a_trace_is_started_read_page_by_page_and_forgotten(
    client: httpx.AsyncClient, database: Database, furnished: Furniture, machine: int, librarian: Headers
) -> None:
    address = f"{API}/{machine}/trace"
    started = await client.put(address, json={"hours": 1, "rows": 10}, headers=librarian)
    assert started.status_code == 200, started.text
    await observed(database, furnished, "9900802.00", "2300119960212    100239AO|AA***|AC***|AD***|")
    first = (await client.get(address, params={"limit": 1}, headers=librarian)).json()
    rest = (await client.get(address, params={"after": first["next"]}, headers=librarian)).json()
    assert [line["frame"][:2] for line in (*first["items"], *rest["items"])] == ["99", "23"]
    assert (await client.delete(address, headers=librarian)).status_code == 204
    assert (await client.get(address, headers=librarian)).json() == {"items": [], "next": None}


@pytest.mark.parametrize("wish", [{"hours": 0}, {"hours": 100}, {"rows": 1_000_000}])
async def test_a_trace_without_end_is_refused(
    client: httpx.AsyncClient, machine: int, librarian: Headers, wish: dict[str, int]
) -> None:
    assert (await client.put(f"{API}/{machine}/trace", json=wish, headers=librarian)).status_code == 400


async def test_a_machine_that_asks_for_pins_lends_nothing_without_one(
    client: httpx.AsyncClient, furnished: Furniture, machine: int, librarian: Headers
) -> None:
    secret = {"username": furnished.objects["machine_username"], "secret": MACHINE_SECRET}
    asked = {"borrower": {"card": "C404404404"}, "item": "0000000000", "branch": furnished.town.main}
    for rule, code in ((None, "pin_needed"), ("when_given", "patron_not_found")):
        await client.patch(f"{API}/{machine}/profile", json={"pin": rule}, headers=librarian)
        token = (await client.post("/api/v1/sessions/machine", json=secret)).json()["token"]
        answer = await client.post(
            "/api/v1/checkouts", json=asked, headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(rule)}
        )
        assert code in [each["code"] for each in answer.json()["blocks"]], answer.text
