"""The only way to a connection.

A transaction belongs to one agency and one actor; both are set for it by the opener and by nobody else, and the
row-level security of every tenant table reads them. A transaction with one load and one write costs two messages: the
opening goes with the load, and a write whose answer nobody needs with COMMIT.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from types import TracebackType
from typing import Any, TypeVar, overload

import asyncpg

from faelles.ground.actor import Actor
from faelles.ground.clock import Clock, utc_now
from faelles.ground.database.channel import Bounds, Channel
from faelles.ground.database.connections import Connections
from faelles.ground.database.reads import Read
from faelles.ground.errors import UnavailableError
from faelles.ground.ids import AgencyId
from faelles.ground.log import logger

Row = asyncpg.Record
Result = TypeVar("Result")
First = TypeVar("First")
Second = TypeVar("Second")
Third = TypeVar("Third")
Fourth = TypeVar("Fourth")
Fifth = TypeVar("Fifth")
Sixth = TypeVar("Sixth")

_log = logger("ground.database")

ATTEMPTS = 5
"""How often a unit of work is tried when PostgreSQL asks to try again."""

_TRY_AGAIN = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    # A statement was made ready before the schema changed; it is made ready anew.
    asyncpg.InvalidCachedStatementError,
)
_NO_DATABASE = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # A full disk, no memory, no connection left; a disk that fails. Nothing of it was kept, and whoever runs it can
    # mend it.
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    # The client's own state after a connection was cut in the middle of an answer.
    asyncpg.InternalClientError,
)
_NO_CONNECTION = (*_NO_DATABASE, asyncpg.InterfaceError, OSError)
"""Where a connection is asked for, a closed pool and a socket that nobody answers are the database's absence too."""
_ANOTHER_WAS_QUICKER = {"idempotency_key_reused", "item_lent_once"}
"""A request under the same idempotency key, or a loan of the same copy; tried again, this one finds what it did."""
_TOO_SLOW = asyncpg.QueryCanceledError
"""A statement met its time limit: an operator's intervention too by its class, so it is caught first."""


class Transaction:
    """One open transaction. Operations take it as their first argument; stores run their SQL through it."""

    __slots__ = ("_connection", "actor", "agency", "now")

    def __init__(self, connection: Channel, agency: AgencyId, actor: Actor, now: datetime) -> None:
        self._connection = connection
        self.agency = agency
        self.actor = actor
        self.now = now
        """The one moment this transaction happens at (UTC)."""

    async def rows(self, sql: str, *values: object) -> list[Row]:
        rows, _ = await self._connection.ask(sql, values)
        return rows

    async def row(self, sql: str, *values: object) -> Row | None:
        rows, _ = await self._connection.ask(sql, values, most=1)
        return rows[0] if rows else None

    async def value(self, sql: str, *values: object) -> Any:  # noqa: ANN401 - a column of any type
        rows, _ = await self._connection.ask(sql, values, most=1)
        return rows[0][0] if rows else None

    async def ask(self, read: Read[First]) -> First:
        """One question by itself."""
        return read.made_of(await self.value(read.sql, *read.values))

    @overload
    async def together(self, one: Read[First], two: Read[Second], /) -> tuple[First, Second]: ...

    @overload
    async def together(
        self, one: Read[First], two: Read[Second], three: Read[Third], /
    ) -> tuple[First, Second, Third]: ...

    @overload
    async def together(
        self, one: Read[First], two: Read[Second], three: Read[Third], four: Read[Fourth], /
    ) -> tuple[First, Second, Third, Fourth]: ...

    @overload
    async def together(
        self, one: Read[First], two: Read[Second], three: Read[Third], four: Read[Fourth], five: Read[Fifth], /
    ) -> tuple[First, Second, Third, Fourth, Fifth]: ...

    @overload
    async def together(
        self,
        one: Read[First],
        two: Read[Second],
        three: Read[Third],
        four: Read[Fourth],
        five: Read[Fifth],
        six: Read[Sixth],
        /,
    ) -> tuple[First, Second, Third, Fourth, Fifth, Sixth]: ...

    async def together(self, *reads: Read[Any]) -> tuple[Any, ...]:
        """The answers of several questions, of which none needs another's, in one message."""
        texts = await self._connection.ask_together([(each.sql, each.values) for each in reads])
        return tuple(each.made_of(text) for each, text in zip(reads, texts, strict=True))

    async def execute(self, sql: str, *values: object) -> int:
        """Run a statement and tell how many rows it touched."""
        _, status = await self._connection.ask(sql, values)
        last = status.rpartition(" ")[2]
        return int(last) if last.isdigit() else 0

    async def write(self, sql: str, *values: object) -> None:
        """A statement without rows, whose count nobody needs: it goes with the next one, at the latest with COMMIT, and
        what is wrong with it is raised there.
        """
        await self._connection.say(sql, values)

    async def rehearse(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Do `work`, and undo what it wrote: what would come of it. Numbers drawn meanwhile are not given back."""
        await self.execute("SAVEPOINT rehearsal")
        try:
            return await work()
        finally:
            await self.execute("ROLLBACK TO SAVEPOINT rehearsal")

    async def execute_many(self, sql: str, values: Sequence[Sequence[object]]) -> None:
        await self._connection.settle()
        await self._connection.executemany(sql, values)


class Database:
    """The application's view of PostgreSQL: the role `faelles_app`, which owns nothing and cannot pass a row policy."""

    def __init__(self, pool: Connections, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    def at(self, clock: Clock) -> "Database":
        """The same database, whose transactions happen when `clock` says."""
        return Database(self._pool, clock)

    def transaction(
        self, agency: AgencyId, actor: Actor, *, read_only: bool = False
    ) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction in which `actor` acts within `agency`; commit it, or roll it back on any exception."""
        return self._opened(agency, actor, Bounds.READ if read_only else Bounds.ALL)

    def _opened(self, agency: AgencyId, actor: Actor, bounds: Bounds) -> AbstractAsyncContextManager[Transaction]:
        return _Opened(self._pool, self._clock, agency, actor, bounds)

    async def run(
        self,
        agency: AgencyId,
        actor: Actor,
        work: Callable[[Transaction], Awaitable[Result]],
        *,
        read_only: bool = False,
    ) -> Result:
        """Do `work` in a transaction of its own, again from the start when PostgreSQL says that it must be.

        Raises UnavailableError when the database is away, or busy beyond patience. Whether a commit that was under
        way then took place is not known; that is what idempotency keys are for.
        """
        return await self._tried(agency, actor, work, Bounds.READ if read_only else Bounds.ALL)

    async def look(self, agency: AgencyId, actor: Actor, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """As `run`, for work that changes nothing and notes whom it showed. Each of its messages is a transaction: a
        look that was noted stays so, also where the work is refused after it.
        """
        return await self._tried(agency, actor, work, Bounds.LOOK)

    async def _tried(
        self, agency: AgencyId, actor: Actor, work: Callable[[Transaction], Awaitable[Result]], bounds: Bounds
    ) -> Result:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._opened(agency, actor, bounds) as tx:
                    return await work(tx)
            except (*_TRY_AGAIN, asyncpg.UniqueViolationError) as problem:
                if (
                    isinstance(problem, asyncpg.UniqueViolationError)
                    and problem.constraint_name not in _ANOTHER_WAS_QUICKER
                ):
                    raise
                _log.info("transaction tried again", reason=type(problem).__name__, attempt=attempt)
                await asyncio.sleep(secrets.randbelow(10 * attempt) / 1000)
            except _TOO_SLOW as problem:
                _log.warning("statement took too long")
                raise UnavailableError("database_busy") from problem
            except asyncpg.ProtocolViolationError:
                raise  # a mistake of ours, for all that its class is that of lost connections
            except _NO_DATABASE as problem:
                raise _away(problem) from problem
        raise UnavailableError("database_busy")

    async def outside_agencies(self, sql: str, *values: object) -> list[Row]:
        """One statement with no agency set: it sees only what a SECURITY DEFINER function hands out.

        For the questions that come before the agency is known: whose token is this, who owns this item number.
        """
        connection = await _acquire(self._pool)
        try:
            return (await connection.ask(sql, values))[0]
        except _TOO_SLOW as problem:
            raise UnavailableError("database_busy") from problem
        except _NO_DATABASE as problem:
            raise _away(problem) from problem
        finally:
            if not connection.is_at_rest():
                await _roll_back(connection)
            self._pool.release(connection)

    def size(self) -> tuple[int, int]:
        """How many connections there are, and how many of them are idle."""
        return self._pool.size()


class _Opened:
    """One transaction from its opening to its end. A class and not a generator, because every request comes by here."""

    __slots__ = ("_actor", "_agency", "_bounds", "_clock", "_connection", "_pool")

    def __init__(self, pool: Connections, clock: Clock, agency: AgencyId, actor: Actor, bounds: Bounds) -> None:
        self._pool = pool
        self._clock = clock
        self._agency = agency
        self._actor = actor
        self._bounds = bounds

    async def __aenter__(self) -> Transaction:
        self._connection = await _acquire(self._pool)
        self._connection.begin(self._agency, str(self._actor), self._bounds)
        return Transaction(self._connection, self._agency, self._actor, self._clock())

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if problem is None:
            await self._commit()
        else:
            await self._abandon(problem)

    async def _commit(self) -> None:
        try:
            await self._keep()
        except BaseException as problem:
            await self._abandon(problem)
            raise
        self._pool.release(self._connection)

    async def _keep(self) -> None:
        if self._connection.is_closed():
            raise _lost()
        if not await self._connection.commit():
            raise asyncpg.InFailedSQLTransactionError("nothing was committed: a failed statement went unheeded")

    async def _abandon(self, problem: BaseException) -> None:
        """Undo what was done before `problem`; where the connection is gone, say that instead."""
        try:
            if isinstance(problem, asyncpg.InternalClientError):
                # Cut in the middle of an answer: on this connection nothing more can be said.
                self._connection.terminate()
                raise _lost() from problem
            # On an open connection asyncpg's InterfaceError is our own mistake, and stays what it is.
            if self._connection.is_closed() and isinstance(problem, asyncpg.InterfaceError):
                raise _lost() from problem
            await _roll_back(self._connection)
        finally:
            self._pool.release(self._connection)


async def _acquire(pool: Connections) -> Channel:
    """A connection, to be given back. Raises UnavailableError where there is none to be had."""
    try:
        return await pool.acquire()
    except _NO_CONNECTION as problem:
        raise _away(problem) from problem


def _away(problem: Exception) -> UnavailableError:
    _log.warning("database away", reason=type(problem).__name__)
    return UnavailableError("database_unavailable")


def _lost() -> asyncpg.ConnectionDoesNotExistError:
    return asyncpg.ConnectionDoesNotExistError("the connection was lost while its transaction was open")


async def _roll_back(connection: Channel) -> None:
    if connection.is_closed():
        return
    try:
        await asyncio.shield(connection.roll_back())
    except (
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        OSError,
        asyncio.CancelledError,
    ):
        connection.terminate()
