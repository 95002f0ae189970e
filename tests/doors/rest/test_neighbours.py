"""Doors that share the port."""

from typing import cast

import httpx
import pytest
from litestar.types import ASGIApp, Receive, Scope, Send

from faelles.doors.rest.neighbours import ByPath


def door(name: str) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": name.encode(), "more_body": False})

    return answer


async def answered_by(asked: str, doors: dict[str, ASGIApp]) -> str:
    port = ByPath(door("ours"), doors)
    transport = httpx.ASGITransport(app=cast("httpx._transports.asgi._ASGIApp", port))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return (await client.get(asked)).text


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("/api/v1/loans", "ours"),
        ("/health", "ours"),
        ("/schema/openapi.json", "ours"),
        ("/rest/external", "sites"),
        ("/rest", "sites"),
        ("/restless", "pages"),
        ("/", "pages"),
    ],
)
async def test_the_first_part_of_the_path_names_the_door(asked: str, expected: str):
    assert await answered_by(asked, {"/rest": door("sites"), "/": door("pages")}) == expected


async def test_without_pages_all_else_is_ours():
    assert await answered_by("/nowhere", {"/rest": door("sites")}) == "ours"
