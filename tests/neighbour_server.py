"""A system outside, on the loopback: it answers by the path, and remembers what it heard."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    method: str
    path: str
    headers: dict[str, str]
    body: str


@asynccontextmanager
async def answering(answers: Mapping[str, str], *, status: int = 200) -> AsyncIterator[tuple[str, list[Heard]]]:
    """Its address and what it heard. A path it has no answer for is 404."""
    heard: list[Heard] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = lines[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:]) if name}
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        heard.append(Heard(method, path, headers, body))
        told = answers.get(path.partition("?")[0])
        code, content = (404, "") if told is None else (status, told)
        head = f"HTTP/1.1 {code} X\r\nContent-Length: {len(content.encode())}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + content.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", heard
