"""Mailed links: who asks for one learns nothing, not even by a clock."""

from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar.types import Message, Receive, Scope, Send

from doors.rest.furniture import Furniture
from faelles.doors.rest.app import create_app
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction


@pytest.mark.parametrize("identifier", ["card", "nobody"])
async def test_a_forgotten_pin_is_answered_before_anybody_is_looked_for(
    database: Database, keyring: Keyring, showcase: Furniture, monkeypatch: pytest.MonkeyPatch, identifier: str
):
    application = cast("Any", create_app(database, keyring))
    sent: list[str] = []
    sent_before: list[str] = []

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            sent.append(message["type"])
            await send(message)

        await application(scope, receive, note)

    async def asked(tx: Transaction, *_: object) -> None:
        sent_before.extend(sent)

    monkeypatch.setattr("faelles.notices.links.operations.ask_pin_reset", asked)
    body = {"agency_isil": showcase.town.isil, "identifier": showcase.objects.get(identifier, "K000000009")}
    async with AsyncClient(transport=ASGITransport(app=cast("Any", watched)), base_url="http://faelles.test") as client:
        answer = await client.post("/api/v1/pin-resets", json=body)
    assert (answer.status_code, answer.text) == (202, "null")
    assert sent_before == ["http.response.start", "http.response.body"]
