"""One connection's conversation: from a message's bytes to its answer's, whatever carries them.

What can be answered at once is; what asks the database comes back as something to wait for. Nothing is kept of a
message but the last frame and its answer, for a machine that did not hear us; both are this connection's alone.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from faelles.doors.sip2 import dates
from faelles.doors.sip2.answers import refuse, refuse_error, say
from faelles.doors.sip2.before_sign_in import answer_stranger, sign_in, stranger_refused
from faelles.doors.sip2.checksum import RESEND, Sealed, seal, unseal
from faelles.doors.sip2.exchange import Answer, Exchange, Proven, Whereabouts, whereabouts
from faelles.doors.sip2.handlers import fees, holds, items, lending, patrons, returning, sessions
from faelles.doors.sip2.messages import MalformedMessageError, Message, UnknownCommandError, parse, write
from faelles.doors.sip2.repeats import Heard
from faelles.doors.sip2.services import Services
from faelles.doors.sip2.text import all_fitting, decode, encode, fitting
from faelles.ground.clock import utc_now
from faelles.ground.errors import FaellesError, UnavailableError
from faelles.ground.log import logger
from faelles.people.machines.terminal import Encoding, Terminal
from faelles.people.terminals.model import Whence
from faelles.people.terminals.sign_in import load_terminal

Reply = bytes | None
"""What to send; None where nothing is answered."""

_log = logger("doors.sip2")

_AT_ONCE: dict[str, Callable[[Exchange], Answer]] = {
    "99": sessions.status,
    "35": sessions.end_session,
}
_ASKING: dict[str, Callable[[Exchange], Awaitable[Answer]]] = {
    "23": patrons.status,
    "63": patrons.information,
    "01": patrons.block,
    "25": patrons.enable,
    "17": items.information,
    "19": items.status_update,
    "11": lending.check_out,
    "29": lending.renew,
    "65": lending.renew_all,
    "09": returning.check_in,
    "15": holds.hold,
    "37": fees.pay,
}
_LOGIN, _STATUS, _REPEAT = "93", "99", b"97"
_TIME_BEGINS = 14
_TIME_ENDS = _TIME_BEGINS + 18
"""Where in 98 the time stands, in whatever encoding."""
_UNSEALED = Sealed(b"")
_NEEDED = frozenset({"AA", "AB", "BV", "CH"})
"""Required fields without which nothing can be done. The others (AO, AC, AP ...) many machines leave out."""
_READ_AGAIN_AFTER = timedelta(minutes=1)
"""How long a change to a machine, or its end, may go unnoticed."""
_COPENHAGEN = ZoneInfo("Europe/Copenhagen")


class Session:
    """`receive` takes one message at a time; the next is given when the answer to the last is there."""

    __slots__ = (
        "_frame", "_heard", "_print_width", "_proven", "_read_at", "_reply", "_sent", "_services", "_standing",
        "_where", "is_over", "terminal", "whence",
    )  # fmt: skip

    def __init__(self, services: Services) -> None:
        self._services = services
        self.terminal: Terminal | None = None
        self.whence: Whence | None = None
        self.is_over = False
        """The answer just given is the last: the connection is to be closed behind it."""
        self._where: Whereabouts | None = None
        self._proven, self._heard = Proven(), Heard()
        self._read_at = utc_now()
        self._frame = b""
        """The latest message that was taken up, and what it was answered."""
        self._reply: Reply = None
        self._sent: Reply = None
        """What was said last, be it a request to repeat."""
        self._print_width: int | None = None
        """How many characters the machine prints in a line, as it said in its latest 99."""
        self._standing: tuple[Terminal, tuple[str, int | None], bytes] | None = None
        """For which machine, called what and of which width, 98 was worded how."""

    @property
    def _encoding(self) -> Encoding:
        return self.terminal.profile.encoding if self.terminal else Encoding.UTF_8

    def receive(self, frame: bytes) -> Reply | Awaitable[Reply]:
        """The answer to a message, or the promise of one."""
        sealed = unseal(frame)
        if frame == self._frame and sealed.detects_errors and self._is_up_to_date:
            return self._say(self._reply)
        if not sealed.is_sound:
            self._services.witness.refused("checksum")
            return self._say(RESEND)
        if sealed.body[:2] == _REPEAT:
            return self._say(self._sent or RESEND)
        message = self._read(sealed)
        if message is None or message.definition.answer is None:
            return None
        return self._take_up(frame, sealed, message)

    def _read(self, sealed: Sealed) -> Message | None:
        """The message; None for what is none, and for commands that nobody knows: they are passed over."""
        try:
            return parse(decode(sealed.body, self._encoding))
        except UnknownCommandError:
            self._services.witness.refused("unknown_command")
        except MalformedMessageError:
            self._services.witness.refused("malformed")
        return None

    def _take_up(self, frame: bytes, sealed: Sealed, message: Message) -> Reply | Awaitable[Reply]:
        self._heard.message(sealed.sequence)
        if message.code == _STATUS:
            self._print_width = sessions.print_width(message)
        if self._services.maintenance.is_on:
            return self._say(self._off_line(sealed))
        if message.code == _LOGIN or self._is_stale:
            return self._wait_for(frame, sealed, message)
        if self.terminal is None:
            return self._keep(frame, self._worded(sealed, message, answer_stranger(message)))
        if self.terminal.profile.in_maintenance:
            return self._say(self._off_line(sealed))
        at_once = _AT_ONCE.get(message.code)
        if at_once is None:
            return self._wait_for(frame, sealed, message)
        return self._keep(frame, self._at_once(at_once, sealed, message))

    def _at_once(self, handler: Callable[[Exchange], Answer], sealed: Sealed, message: Message) -> bytes:
        try:
            if message.code == _STATUS:
                return self._status(sealed, message)
            return self._worded(sealed, message, handler(self._exchange(message)))
        except Exception:  # noqa: BLE001 - as in `_wait_for`
            _log.exception("message failed", message=message.code)
            return self._worded(sealed, message, self._failed(message))

    def _status(self, sealed: Sealed, message: Message) -> bytes:
        """What machines ask for more often than for anything else: but for the time the answer is what it was before,
        as long as the machine is set up as it is.
        """
        asked, standing = (message.get("AO"), self._print_width), self._standing
        if standing is None or standing[0] is not self.terminal or standing[1] != asked:
            exchange = self._exchange(message)
            standing = (exchange.terminal, asked, self._worded(_UNSEALED, message, sessions.status(exchange)))
            self._standing = standing
        worded, zone = standing[2], self._where.zone if self._where else _COPENHAGEN
        now = dates.show(utc_now(), zone).encode("ascii")
        return seal(worded[:_TIME_BEGINS] + now + worded[_TIME_ENDS:], sealed)

    @property
    def _is_up_to_date(self) -> bool:
        """Whether an answer from before still says how things are: a machine that always asks the same would otherwise
        never hear of maintenance.
        """
        in_maintenance = self.terminal is not None and self.terminal.profile.in_maintenance
        return not (self._services.maintenance.is_on or in_maintenance or self._is_stale)

    @property
    def _is_stale(self) -> bool:
        return self.terminal is not None and utc_now() - self._read_at > _READ_AGAIN_AFTER

    async def _wait_for(self, frame: bytes, sealed: Sealed, message: Message) -> Reply:
        try:
            answer = await self._ask(message)
        # A machine that is told to try again, now or later, must not be given that answer again when it does.
        except UnavailableError:
            return self._say(self._off_line(sealed))
        except Exception:  # noqa: BLE001 - a mistake of ours in one message must not silence the machine
            _log.exception("message failed", message=message.code)
            return self._say(self._worded(sealed, message, self._failed(message)))
        if answer is None:
            return None
        return self._keep(frame, self._worded(sealed, message, answer))

    async def _ask(self, message: Message) -> Answer | None:
        if message.code == _LOGIN:
            return await self._sign_in(message)
        if self._is_stale and not await self._read_again():
            self.is_over = True
            return None
        if self.terminal is not None and self.terminal.profile.in_maintenance:
            raise UnavailableError("database_unavailable")
        exchange = self._exchange(message)
        at_once = _AT_ONCE.get(message.code)
        if at_once is not None:
            return at_once(exchange)
        if lacking := [each for each in message.missing if each in _NEEDED]:
            return refuse(exchange, say(exchange, "sip2_incomplete", fields=", ".join(lacking)))
        try:
            return await _ASKING[message.code](exchange)
        except UnavailableError:
            raise
        except FaellesError as problem:
            return refuse_error(exchange, problem)

    async def _sign_in(self, message: Message) -> Answer:
        """A machine that signs in again is from then on the other one."""
        self._sign_out()
        signed_in = await sign_in(self._services, message)
        if signed_in is None:
            self.is_over = True
            self._services.witness.refused("login")
            return stranger_refused(message)
        await self.enter(signed_in)
        self._services.witness.signed_in(signed_in, self.whence)
        return Answer({"ok": "1"}, {})

    async def enter(self, terminal: Terminal) -> Whereabouts:
        """Speak as a machine that has proven who it is."""
        self._where = await whereabouts(self._services, terminal)
        self.terminal, self._read_at = terminal, utc_now()
        return self._where

    def has_proven(self, card: str) -> bool:
        """Whether the PIN of whoever holds the card was right in this conversation, not long ago."""
        return self._proven.is_proven(card, utc_now())

    def _sign_out(self) -> None:
        """For the witness one machine's connection ends, and nobody's begins."""
        if self.terminal is not None:
            self._services.witness.disconnected(self.terminal)
            self._services.witness.connected()
        self.terminal = self._where = None
        self._proven.forget()

    async def _read_again(self) -> bool:
        """The machine as it is set up now; whether it may still be here."""
        known = self.terminal
        if known is None:
            return True
        found = await load_terminal(self._services.database, known.caller.agency, known.machine)
        if found is None or found.secret_hash != known.secret_hash:
            return False
        self._where = await whereabouts(self._services, found)
        self.terminal, self._read_at = found, utc_now()
        return True

    def _exchange(self, message: Message) -> Exchange:
        if self.terminal is None or self._where is None:
            raise RuntimeError("asked before signing in")
        return Exchange(
            services=self._services,
            terminal=self.terminal,
            where=self._where,
            message=message,
            proven=self._proven,
            heard=self._heard,
            now=utc_now(),
            print_width=self._print_width,
        )

    def _failed(self, message: Message) -> Answer:
        if self.terminal is None:
            return stranger_refused(message)
        exchange = self._exchange(message)
        return refuse(exchange, say(exchange, "sip2_try_again"))

    def _off_line(self, sealed: Sealed) -> bytes:
        zone = self._where.zone if self._where else _COPENHAGEN
        answer = sessions.off_line(dates.show(utc_now(), zone), self._where.isil if self._where else "")
        return seal(write("98", answer.fixed, answer.values).encode("ascii", "replace"), sealed)

    def _worded(self, sealed: Sealed, message: Message, answer: Answer) -> bytes:
        """The answer as it goes over the line."""
        encoding = self._encoding
        values = {
            name: fitting(value, encoding) if isinstance(value, str) else all_fitting(value, encoding)
            for name, value in answer.values.items()
        }
        return seal(encode(write(message.definition.answer or "", answer.fixed, values), encoding), sealed)

    def _keep(self, frame: bytes, reply: bytes) -> bytes:
        self._frame, self._reply, self._sent = frame, reply, reply
        return reply

    def _say(self, reply: Reply) -> Reply:
        self._sent = reply
        return reply
