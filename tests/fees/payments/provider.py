"""A payment provider that listens on the loopback, remembers what it is asked, and can be made to misbehave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec

from faelles.fees.payments.model import SignedMessage
from faelles.ground.clock import Clock, utc_now
from faelles.ground.signed_http import sign, signature_matches

SECRET = "sixteen characters or more"


@dataclass
class Provider:
    address: str = ""
    clock: Clock = utc_now
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    captured: dict[str, int] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    refunds: dict[int, int] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    """Last words of the paths that it says no to."""
    deaf: set[str] = field(default_factory=set)
    """... that it does, and never answers."""

    def callback(
        self, order: str, state: str, *, secret: str = SECRET, minutes_ago: int = 0, **more: object
    ) -> SignedMessage:
        payload = msgspec.json.encode({"order": order, "state": state, "more": "is passed over", **more})
        signature = sign(secret, payload, self.clock() - timedelta(minutes=minutes_ago))
        return SignedMessage(payload=payload.decode(), signature=signature)

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        *_, order, verb = ["", *path.strip("/").split("/")]
        self.heard.append(verb)
        if verb in self.refuses:
            return None
        if verb == "orders":
            self.orders[body["order"]] = body
            return {"provider_id": "p-1", "redirect_url": f"{self.address}/pay/{body['order']}"}
        if verb == "capture":
            self.captured[order] = body["amount_ore"]
        elif verb == "cancel":
            self.cancelled.add(order)
        elif verb == "refunds":
            self.refunds[body["refund"]] = body["amount_ore"]
        return {"state": self.states.get(order, "started")} if verb == "state" else {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(headers["content-length"]))
        assert signature_matches(SECRET, body, headers["faelles-signature"], self.clock())
        path = head.split(" ")[1]
        answer = self.answer(path, msgspec.json.decode(body))
        if not self.deaf & {path.rpartition("/")[2]}:
            content = msgspec.json.encode(answer or {})
            status = "402 No" if answer is None else "200 OK"
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
            await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def listening() -> AsyncIterator[Provider]:
    provider = Provider()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        provider.address = f"http://{host}:{port}"
        yield provider
