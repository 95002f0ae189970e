"""A pool of connections that does no more than hand them out and take them back.

asyncpg's own pool puts a proxy before every call and takes each connection back in a task of its own: with transactions
of four messages, as they were then, that was a quarter of what the program spends on a check-out.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg

from faelles.ground.database.channel import Channel

_SECONDS_FOR_GOODBYE: Final = 2.0


async def _closed(connection: Channel) -> None:
    """Say goodbye, unless there is nobody left to say it to, or nobody who answers."""
    try:
        await connection.close(timeout=_SECONDS_FOR_GOODBYE)
    except (OSError, asyncpg.PostgresConnectionError):
        connection.terminate()


class Connections:
    """At most so many connections at once; whoever comes after that waits, first come, first served."""

    def __init__(self, connect: Callable[[], Awaitable[Channel]], most: int) -> None:
        self._connect = connect
        self._most = most
        self._turns = asyncio.Semaphore(most)
        self._idle: list[Channel] = []
        self._lent: set[Channel] = set()
        self._is_closed = False

    async def open(self, count: int) -> None:
        """Have `count` connections ready. Raises what asyncpg raises where there is no database."""
        while len(self._idle) < count:
            self._idle.append(await self._connect())

    async def acquire(self) -> Channel:
        """The connection that was used last, for its memory is warm; a new one where none is idle.

        Raises what asyncpg raises where there is no database, and InterfaceError once the pool is closed.
        """
        if self._is_closed:
            raise asyncpg.InterfaceError("the pool is closed")
        await self._turns.acquire()
        try:
            connection = self._take_idle() or await self._connect()
        except BaseException:
            self._turns.release()
            raise
        self._lent.add(connection)
        return connection

    def release(self, connection: Channel) -> None:
        """Take back what `acquire` gave. One that broke, or is in the middle of something, is not used again."""
        self._lent.discard(connection)
        if not connection.is_closed():
            if connection.is_at_rest():
                self._idle.append(connection)
            else:
                connection.terminate()
        self._turns.release()

    async def close(self) -> None:
        """Wait for what is lent, then close all of it."""
        self._is_closed = True
        try:
            for _ in range(self._most):
                await self._turns.acquire()
            while self._idle:
                await _closed(self._idle.pop())
        except BaseException:
            self.terminate()
            raise

    def terminate(self) -> None:
        """Drop every connection at once, whatever it is doing."""
        for connection in (*self._idle, *self._lent):
            connection.terminate()
        self._idle.clear()

    def drop_unanswered(self, seconds: float) -> int:
        """Drop every connection that has owed somebody an answer for so long, and say how many those were: whoever
        waits for it learns that the connection is lost.
        """
        unanswered = [connection for connection in self._lent if connection.seconds_waited() > seconds]
        for connection in unanswered:
            connection.terminate()
        return len(unanswered)

    def size(self) -> tuple[int, int]:
        """How many connections there are, and how many of them are idle."""
        return len(self._idle) + len(self._lent), len(self._idle)

    def _take_idle(self) -> Channel | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None
