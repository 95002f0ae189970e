"""A wire to PostgreSQL with somebody listening: counts what the client says, by the frontend/backend protocol."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

ASKING = {b"Q", b"H", b"S"}
"""A simple query; the flush after a parse; the sync that ends an extended query: the client waits for an answer."""


class Wire:
    """`asked` is how often somebody waited for an answer since it was last set to 0."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self.asked = 0

    async def connect(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(self._server)
        async with asyncio.TaskGroup() as both_ways:
            both_ways.create_task(self._listen(client, to_server))
            both_ways.create_task(_pass_on(server, to_client))

    async def _listen(self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        kind = b""  # The first message has none.
        with suppress(asyncio.IncompleteReadError):
            while True:
                length = await client.readexactly(4)
                to_server.write(kind + length + await client.readexactly(int.from_bytes(length) - 4))
                self.asked += kind in ASKING
                kind = await client.readexactly(1)
        to_server.close()


async def _pass_on(server: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
    while heard := await server.read(65536):
        to_client.write(heard)
    to_client.close()


@asynccontextmanager
async def tapped(url: str, directory: Path) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to the server at `url` (of which the URL names the socket), and the URL to go through it."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    name = f".s.PGSQL.{query['port']}"
    wire = Wire(Path(query["host"]) / name)
    tap = await asyncio.start_unix_server(wire.connect, directory / name)
    async with tap:
        yield wire, urlunsplit(parts._replace(query=urlencode({**query, "host": str(directory)})))
