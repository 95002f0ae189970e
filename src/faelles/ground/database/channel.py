"""A connection on which what needs no answer travels with what does.

PostgreSQL reads one statement after the other and answers them at the next Sync. asyncpg ends each statement with one
and waits for the answer: a message there and back, for which both sides fall asleep and wake up. Here a statement whose
answer nobody needs is kept until the next one is sent, and goes ahead of it. If it fails, that next one fails with its
error.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

if TYPE_CHECKING:
    from asyncpg.protocol.protocol import BaseProtocol, PreparedStatementState

    Connection = asyncpg.Connection[asyncpg.Record]
    Statement = PreparedStatement[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Statement = PreparedStatement

COMMIT: Final = "COMMIT"
_ROLLBACK: Final = "ROLLBACK"
_BEGIN: Final = "BEGIN"
# Each sets what it names and finds nothing: a row would be taken for one of the next statement's.
_ACT: Final = "SELECT WHERE set_config('faelles.agency', $1, true) || set_config('faelles.actor', $2, true) = ''"
_ACT_READING: Final = (
    "SELECT WHERE set_config('faelles.agency', $1, true) || set_config('faelles.actor', $2, true)"
    " || set_config('transaction_read_only', 'on', true) = ''"
)
_NOTHING: Final = "SELECT"
_ALWAYS_READY: Final = (_BEGIN, _ACT, _ACT_READING, COMMIT, _ROLLBACK, _NOTHING)
_OPENS_WITH: Final = 1
"""What stands ahead where nothing was said: the opening."""
_MOST_OPENINGS: Final = 1000
"""Kept as they go over the line, by agency, actor and what may be done."""
_MOST_READY: Final = 200
"""Statements kept ready on a connection, besides those of every transaction; each takes memory of its backend."""

# The frontend's half of an extended query: https://www.postgresql.org/docs/current/protocol-message-formats.html
_LENGTH: Final = Struct("!i")
_COUNT: Final = Struct("!h")
_NULL: Final = _LENGTH.pack(-1)
_ALL_AS_TEXT: Final = _COUNT.pack(0)
_EXECUTE: Final = b"E" + _LENGTH.pack(9) + b"\0" + _LENGTH.pack(0)


class Bounds(Enum):
    """How much of what is said is one transaction. Whatever is sent up to a Sync is one by itself, so nothing has to
    begin or end what is no more than a message.
    """

    ALL = auto()
    """From the opening to COMMIT."""
    READ = auto()
    """Each message, and none may write."""
    LOOK = auto()
    """Each message, with what is noted in it: kept as soon as it is answered."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement that the connection knows by a name, for as long as this is kept."""

    statement: Statement
    state: "PreparedStatementState[asyncpg.Record]"
    bind: bytes
    """A Bind message up to the values."""
    gives: tuple[str, ...]
    """The types of its columns."""

    @classmethod
    def of(cls, statement: Statement) -> "_Prepared":
        bind = b"\0" + statement.get_name().encode() + b"\0" + _ALL_AS_TEXT
        gives = tuple(each.type.name for each in statement.get_attributes())
        state = statement._state  # type: ignore[attr-defined]  # noqa: SLF001 - what `Channel.ask` executes
        return cls(statement, state, bind, gives)


class Channel(Connection):
    """One conversation with the database; whoever has it speaks alone."""

    __slots__ = ("_ahead", "_always", "_asked_at", "_before_each", "_is_open_ended", "_openings", "_ready")
    _protocol: "BaseProtocol[asyncpg.Record]"
    _transport: asyncio.WriteTransport
    _loop: asyncio.AbstractEventLoop

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - what asyncpg makes it from
        super().__init__(*arguments, **named)
        self._ahead: list[bytes] = []
        self._before_each = b""
        """What goes ahead of every statement, where each message is a transaction."""
        self._is_open_ended = False
        """Something was said, and its answer has not come, or was an error."""
        self._asked_at: float | None = None
        """When what waits for its answer was asked, by the loop's clock."""
        self._always: dict[str, _Prepared] = {}
        self._openings: dict[tuple[int, str, Bounds], bytes] = {}
        self._ready: OrderedDict[str, _Prepared] = OrderedDict()

    async def get_ready(self) -> None:
        """Prepare what every transaction says; before anything else is said."""
        for sql in _ALWAYS_READY:
            self._always[sql] = _Prepared.of(await self.prepare(sql))
        # Preparing alone sends no Sync: PostgreSQL would take the time at rest for a statement that never ends.
        await self.ask(_NOTHING, ())

    def begin(self, agency: int, actor: str, bounds: Bounds) -> None:
        """Let `actor` act within `agency` from the next statement on.

        Where each message is a transaction, none needs a COMMIT, and under READ COMMITTED every statement sees what is
        committed by then anyway.
        """
        opening = self._opening(agency, actor, bounds)
        self._before_each, self._ahead = (b"", [opening]) if bounds is Bounds.ALL else (opening, [])

    def _opening(self, agency: int, actor: str, bounds: Bounds) -> bytes:
        key = (agency, actor, bounds)
        opening = self._openings.get(key)
        if opening is None:
            if len(self._openings) >= _MOST_OPENINGS:
                self._openings.clear()
            act = _bound(self._always[_ACT_READING if bounds is Bounds.READ else _ACT], (agency, actor))
            opening = self._openings[key] = _bound(self._always[_BEGIN], ()) + act if bounds is Bounds.ALL else act
        return opening

    async def say(self, sql: str, values: Sequence[object]) -> None:
        """A statement that gives no rows, to go ahead of the next one."""
        prepared = await self._prepared(sql)
        if prepared.gives:
            raise ValueError("rows would be taken for the next statement's")
        self._ahead.append(_bound(prepared, values))

    async def ask(self, sql: str, values: Sequence[object], *, most: int = 0) -> tuple[list[asyncpg.Record], str]:
        """The rows of a statement (all of them, or `most` 1), and what PostgreSQL says it did."""
        prepared = self._always.get(sql) or await self._prepared(sql)
        if self.is_closed():
            raise asyncpg.InterfaceError("the connection is closed")
        self._is_open_ended = True
        if self._ahead or self._before_each:
            self._transport.write(b"".join((self._before_each, *self._ahead)))
            self._ahead = []
        self._asked_at = self._loop.time()
        try:
            # What a statement's own methods come to, behind six calls that check what is checked here.
            rows, done, _ = await self._protocol.bind_execute(prepared.state, values, "", most, True, None)  # noqa: FBT003 - theirs
        except asyncpg.InvalidCachedStatementError:
            self._ready.clear()  # made ready before the schema changed, this one or what went ahead
            raise
        finally:
            self._asked_at = None
        self._is_open_ended = False
        return rows, done.decode() if done else ""

    async def ask_together(self, questions: Sequence[tuple[str, Sequence[object]]]) -> list[str]:
        """The answers of statements that give one text each, in order; all of them in one message.

        Their rows are alike, so it does not matter that asyncpg takes the first ones' for the last one's.
        """
        first = [_bound(await self._telling(sql), values) for sql, values in questions[:-1]]
        sql, values = questions[-1]
        await self._telling(sql)
        # All of them or none: the rows of one that is left over would be taken for the next statement's.
        self._ahead += first
        rows, _ = await self.ask(sql, values)
        if len(rows) != len(questions):
            raise ValueError("each must give one row")
        return [row[0] for row in rows]

    async def _telling(self, sql: str) -> _Prepared:
        prepared = await self._prepared(sql)
        if prepared.gives != ("text",):
            raise ValueError("its rows would not be told from those of the others")
        return prepared

    async def settle(self) -> None:
        """Have everything done that was said."""
        if self._ahead:
            await self.ask(_NOTHING, ())

    async def commit(self) -> bool:
        """Whether everything is kept. A transaction in which nothing was said is not even opened."""
        if self._before_each:
            await self.settle()
            self._before_each = b""
            return not self._is_open_ended
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
        self._before_each = b""
        if not self.is_at_rest():
            # As an extended query: behind an error PostgreSQL heeds nothing before the next Sync. Where each message is
            # a transaction there may be a half of one to undo: what went ahead of a value that could not be sent.
            await self.ask(_ROLLBACK, ())

    def is_at_rest(self) -> bool:
        """Whether nothing is under way, and nothing waits to be said."""
        return not (self._ahead or self._is_open_ended or self.is_in_transaction())

    def seconds_waited(self) -> float:
        """For how long what was asked has not been answered; 0 where nothing waits."""
        return 0.0 if self._asked_at is None else self._loop.time() - self._asked_at

    async def _prepared(self, sql: str) -> _Prepared:
        prepared = self._ready.get(sql)
        if prepared is not None:
            self._ready.move_to_end(sql)
            return prepared
        self._is_open_ended = True  # until the next Sync, which comes with what is asked next
        self._asked_at = self._loop.time()
        try:
            prepared = self._ready[sql] = _Prepared.of(await self.prepare(sql))
        finally:
            self._asked_at = None
        if len(self._ready) > _MOST_READY:
            self._ready.popitem(last=False)
        return prepared


def _bound(prepared: _Prepared, values: Sequence[object]) -> bytes:
    """Bind and Execute, without the Sync that would ask for an answer."""
    parts = [prepared.bind, _COUNT.pack(len(values))]
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
