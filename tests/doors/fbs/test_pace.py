"""Who guesses passwords or PINs is held up, and who knows them is not."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient, Response

from doors.fbs.conftest import WebSite
from doors.impatient import impatient
from faelles.doors.fbs.door import fbs_door
from faelles.doors.rest.app import create_app
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database


@pytest.fixture
async def watched(site: WebSite, database: Database, keyring: Keyring) -> AsyncIterator[WebSite]:
    """The web site at a server that has little patience."""
    app = create_app(database, keyring, neighbours={"/rest": impatient(fbs_door)})
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://faelles.test") as http:
        yield replace(site, http=http)


def is_held_up(answer: Response) -> bool:
    told = answer.json()
    return answer.status_code == 429 and told["errorCode"] == "tooManyAttempts" and "retry-after" in answer.headers


async def test_whoever_guesses_at_passwords_is_held_up(watched: WebSite):
    for _ in range(5):
        assert (await watched.sign_in()).status_code == 200
    guesses = [
        await watched.http.post(
            f"/rest/external/v1/{watched.isil}/authentication/login", json={"username": f"gæt{n}", "password": "x"}
        )
        for n in range(4)
    ]
    assert [each.status_code for each in guesses[:3]] == [403] * 3
    assert is_held_up(guesses[3])
    assert is_held_up(await watched.sign_in())


async def test_whoever_tries_one_pin_at_many_cards_is_held_up(watched: WebSite):
    reader = await watched.library.reader()
    right = {"libraryCardNumber": reader.card, "pincode": reader.pin}
    for _ in range(5):
        assert (await watched.post("/{a}/patrons/authenticate/v9", right))["authenticateStatus"] == "VALID"
    for number in range(3):
        wrong = {"libraryCardNumber": f"K90000000{number}", "pincode": "1234"}
        assert (await watched.post("/{a}/patrons/authenticate/v9", wrong))["authenticateStatus"] == "INVALID"
    assert is_held_up(await watched.send("POST", "/{a}/patrons/authenticate/v9", json=right))
    assert await watched.get("/v1/{a}/branches")
