"""A connection on which what needs no answer travels with what does.

PostgreSQL reads one statement after the other and answers them at the next Sync. asyncpg ends each statement with one
and waits for the answer: a message there and back, for which both sides fall asleep and wake up. Here a statement whose
answer nobody needs is kept until the next one is sent, and goes ahead of it. If it fails, that next one fails with its
error.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Statement = PreparedStatement[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Statement = PreparedStatement

COMMIT: Final = "COMMIT"
_ROLLBACK: Final = "ROLLBACK"
_BEGIN: Final = "BEGIN"
_BEGIN_READ_ONLY: Final = "BEGIN READ ONLY"
# Sets both and finds nothing: a row would be taken for one of the next statement's.
_ACT: Final = "SELECT WHERE set_config('faelles.agency', $1, true) || set_config('faelles.actor', $2, true) = ''"
_NOTHING: Final = "SELECT"
_ALWAYS_READY: Final = (_BEGIN, _BEGIN_READ_ONLY, _ACT, COMMIT, _ROLLBACK, _NOTHING)
_OPENS_WITH: Final = 2
"""Statements by which a transaction opens."""
_MOST_READY: Final = 200
"""Statements kept ready on a connection, besides those of every transaction; each takes memory of its backend."""

# The frontend's half of an extended query: https://www.postgresql.org/docs/current/protocol-message-formats.html
_LENGTH: Final = Struct("!i")
_COUNT: Final = Struct("!h")
_NULL: Final = _LENGTH.pack(-1)
_ALL_AS_TEXT: Final = _COUNT.pack(0)
_EXECUTE: Final = b"E" + _LENGTH.pack(9) + b"\0" + _LENGTH.pack(0)


class Channel(Connection):
    """One conversation with the database; whoever has it speaks alone."""

    __slots__ = ("_ahead", "_always", "_is_open_ended", "_ready")
    _transport: asyncio.WriteTransport

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - what asyncpg makes it from
        super().__init__(*arguments, **named)
        self._ahead: list[bytes] = []
        self._is_open_ended = False
        """Something was said, and its answer has not come, or was an error."""
        self._always: dict[str, Statement] = {}
        self._ready: OrderedDict[str, Statement] = OrderedDict()

    async def get_ready(self) -> None:
        """Prepare what every transaction says; before anything else is said."""
        for sql in _ALWAYS_READY:
            self._always[sql] = await self.prepare(sql)
        # Preparing alone sends no Sync: PostgreSQL would take the time at rest for a statement that never ends.
        await self.ask(_NOTHING, ())

    def begin(self, agency: int, actor: str, *, read_only: bool) -> None:
        """Open a transaction in which `actor` acts within `agency`, ahead of its first statement."""
        self._ahead = [
            _bound(self._always[_BEGIN_READ_ONLY if read_only else _BEGIN], ()),
            _bound(self._always[_ACT], (agency, actor)),
        ]

    async def say(self, sql: str, values: Sequence[object]) -> None:
        """A statement that gives no rows, to go ahead of the next one."""
        statement = await self._statement(sql)
        if statement.get_attributes():
            raise ValueError("rows would be taken for the next statement's")
        self._ahead.append(_bound(statement, values))

    async def ask(self, sql: str, values: Sequence[object], *, most: int = 0) -> tuple[list[asyncpg.Record], str]:
        """The rows of a statement (all of them, or `most` 1), and what PostgreSQL says it did."""
        statement = self._always.get(sql) or await self._statement(sql)
        self._is_open_ended = True
        if self._ahead:
            if self.is_closed():
                raise asyncpg.InterfaceError("the connection is closed")
            self._transport.write(b"".join(self._ahead))
            self._ahead = []
        try:
            rows = await _rows_of(statement, values, most)
        except asyncpg.InvalidCachedStatementError:
            self._ready.clear()  # made ready before the schema changed, this one or what went ahead
            raise
        self._is_open_ended = False
        return rows, statement.get_statusmsg() or ""

    async def ask_together(self, questions: Sequence[tuple[str, Sequence[object]]]) -> list[str]:
        """The answers of statements that give one text each, in order; all of them in one message.

        Their rows are alike, so it does not matter that asyncpg takes the first ones' for the last one's.
        """
        for sql, values in questions[:-1]:
            self._ahead.append(_bound(await self._telling(sql), values))
        sql, values = questions[-1]
        await self._telling(sql)
        rows, _ = await self.ask(sql, values)
        if len(rows) != len(questions):
            raise ValueError("each must give one row")
        return [row[0] for row in rows]

    async def _telling(self, sql: str) -> Statement:
        is_known = sql in self._ready
        statement = await self._statement(sql)
        if not is_known and [each.type.name for each in statement.get_attributes()] != ["text"]:
            raise ValueError("its rows would not be told from those of the others")
        return statement

    async def settle(self) -> None:
        """Have everything done that was said."""
        if self._ahead:
            await self.ask(_NOTHING, ())

    async def commit(self) -> bool:
        """Whether everything is kept. A transaction in which nothing was said is not even opened."""
        is_opened = self._is_open_ended or self.is_in_transaction()
        if not is_opened and len(self._ahead) == _OPENS_WITH:
            self._ahead = []
            return True
        # Of a transaction in which a statement failed PostgreSQL makes a rollback, and calls it no error.
        _, done = await self.ask(COMMIT, ())
        return done == COMMIT

    async def roll_back(self) -> None:
        """Undo what was done, and do not say what was still to be said."""
        self._ahead = []
        if not self.is_at_rest():
            # As an extended query: behind an error PostgreSQL heeds nothing before the next Sync.
            await self.ask(_ROLLBACK, ())

    def is_at_rest(self) -> bool:
        """Whether nothing is under way, and nothing waits to be said."""
        return not (self._ahead or self._is_open_ended or self.is_in_transaction())

    async def _statement(self, sql: str) -> Statement:
        statement = self._ready.get(sql)
        if statement is not None:
            self._ready.move_to_end(sql)
            return statement
        self._is_open_ended = True  # until the next Sync, which comes with what is asked next
        statement = self._ready[sql] = await self.prepare(sql)
        if len(self._ready) > _MOST_READY:
            self._ready.popitem(last=False)
        return statement


async def _rows_of(statement: Statement, values: Sequence[object], most: int) -> list[asyncpg.Record]:
    if not most:
        return await statement.fetch(*values)
    row = await statement.fetchrow(*values)
    return [] if row is None else [row]


def _bound(statement: Statement, values: Sequence[object]) -> bytes:
    """Bind and Execute, without the Sync that would ask for an answer."""
    parts = [b"\0", statement.get_name().encode(), b"\0", _ALL_AS_TEXT, _COUNT.pack(len(values))]
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            text = _as_text(value)
            parts += (_LENGTH.pack(len(text)), text)
    parts.append(_ALL_AS_TEXT)
    bind = b"".join(parts)
    return b"B" + _LENGTH.pack(_LENGTH.size + len(bind)) + bind + _EXECUTE


def _as_text(value: object) -> bytes:
    """A value as PostgreSQL reads it."""
    match value:
        case str():
            return value.encode()
        case bool():
            return b"t" if value else b"f"
        case int():
            return b"%d" % value
        case bytes():
            return b"\\x" + value.hex().encode()
        case date():
            return value.isoformat().encode()
        case list() | tuple():
            return b"{" + b",".join(map(_quoted, value)) + b"}"
        case _:
            raise TypeError(type(value))


def _quoted(element: object) -> bytes:
    if element is None:
        return b"NULL"
    return b'"' + _as_text(element).replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
