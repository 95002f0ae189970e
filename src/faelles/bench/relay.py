"""Between a client and the server, counting: how many round trips does a call make?

The server's messages are a letter and a length each. Every round trip ends with its ReadyForQuery, whichever way the
client asked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote

_READY: Final = b"Z"
_HEADER: Final = 5


class Relay:
    """`directory` is where clients find its socket; `round_trips` grows by one with each."""

    def __init__(self, directory: Path, port: int, server: Path) -> None:
        self.directory = directory
        self.round_trips = 0
        self._name = f".s.PGSQL.{port}"
        self._server = server / self._name

    def instead(self, url: str) -> str:
        """The address `url` of the server, by way of here."""
        return url.replace(quote(str(self._server.parent), safe=""), quote(str(self.directory), safe=""))

    async def serve(self) -> asyncio.Server:
        return await asyncio.start_unix_server(self._client, self.directory / self._name)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self._server)
        forth = asyncio.create_task(_pass_on(reader, up_writer))
        back = asyncio.create_task(self._count(up_reader, writer))
        await asyncio.wait((forth, back), return_when=asyncio.FIRST_COMPLETED)
        for task, stream in ((forth, writer), (back, up_writer)):
            task.cancel()
            stream.close()

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                header = await reader.readexactly(_HEADER)
                body = await reader.readexactly(int.from_bytes(header[1:]) - 4)
                self.round_trips += header[:1] == _READY
                writer.write(header + body)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while some := await reader.read(65536):
            writer.write(some)


@asynccontextmanager
async def relay(server: Path, port: int) -> AsyncIterator[Relay]:
    """A relay to the server whose socket lies in `server`."""
    with TemporaryDirectory() as directory:
        made = Relay(Path(directory), port, server)
        async with await made.serve():
            yield made
