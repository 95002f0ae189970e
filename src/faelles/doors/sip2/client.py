"""A small SIP2 client, for trying a machine's set-up: one connection, one message at a time, nothing retried.

It blocks: whoever sits at it waits for the answer anyway.
"""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from faelles.doors.sip2 import messages
from faelles.doors.sip2.checksum import Sealed, checksum, unseal
from faelles.doors.sip2.framing import CR, CRLF, LONGEST_LINE
from faelles.doors.sip2.messages import DEFINITIONS, FIELD_NAMES, Message
from faelles.doors.sip2.outcome import outcome_of
from faelles.doors.sip2.text import decode, encode
from faelles.ground.errors import UnavailableError
from faelles.people.machines.terminal import Encoding
from faelles.people.terminals.model import TerminalOutcome

_NO_DATE: Final = " " * 18
_USUAL: Final = {
    "uid_algorithm": "0",
    "pwd_algorithm": "0",
    "status_code": "0",
    "max_print_width": "080",
    "protocol_version": "2.00",
    "language": "009",
    "summary": " " * 10,
    "sc_renewal_policy": "Y",
    "no_block": "N",
    "nb_due_date": _NO_DATE,
    "third_party_allowed": "N",
    "hold_mode": "+",
    "fee_type": "01",
    "payment_type": "00",
    "currency_type": "DKK",
    "card_retained": "N",
}
"""The fixed parts of requests, where nobody says otherwise."""
_ITEM: Final = "18"
_DATES: Final = {"transaction_date", "return_date"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect, and how. `tls` None: plain text."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A request and its answer as they were on the line, without line ends. `message` is None for what is none."""

    request: bytes
    answer: bytes
    seconds: float
    sealed: Sealed
    message: Message | None

    @property
    def is_yes(self) -> bool:
        """Whether it was answered well: soundly, by the message that answers the request, and not with a no, be it that
        nobody has the card, or that no copy has the number.
        """
        told = self.message
        if told is None or not self.sealed.is_sound or outcome_of(self.answer) is not TerminalOutcome.ANSWERED:
            return False
        asked = DEFINITIONS.get(self.request[:2].decode("latin-1"))
        is_due = asked is None or asked.answer in {None, told.code}
        return is_due and told.get("BL") != "N" and not (told.code == _ITEM and not told.get("AJ"))


def request(code: str, given: Mapping[str, str], now: datetime) -> str:
    """A request with the usual fixed part. `given`: parts of it by name and fields by identifier; a required field that
    is not given is sent empty. Moments are in UTC: this machine need not stand in the library's zone.
    """
    definition = DEFINITIONS[code]
    fixed = {name: given.get(name, _usual(name, now)) for name, _ in definition.fixed}
    return messages.write(code, fixed, messages.required(code) | {k: v for k, v in given.items() if k in FIELD_NAMES})


def _usual(name: str, now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y%m%d   Z%H%M%S") if name in _DATES else _USUAL.get(name, "")


@dataclass(slots=True)
class Client:
    """An open connection. `sums`: whether requests carry a sequence number and a checksum."""

    line: socket.socket
    encoding: Encoding = Encoding.UTF_8
    sums: bool = True
    ending: bytes = CR
    _sequence: int = 0
    _left: bytes = field(default=b"", repr=False)

    def ask(self, text: str) -> Answered:
        """Send a message without its trailer and wait for the answer. Raises UnavailableError."""
        return self.ask_raw(self._sealed(encode(text, self.encoding)))

    def ask_raw(self, frame: bytes) -> Answered:
        """Send a message as it is, line end apart."""
        began = time.perf_counter()
        try:
            self.line.sendall(frame + self.ending)
            answer = self._read()
        except (OSError, ssl.SSLError) as problem:
            raise UnavailableError("sip2_no_answer") from problem
        seconds, sealed = time.perf_counter() - began, unseal(answer)
        return Answered(frame, answer, seconds, sealed, self._understood(sealed))

    def _sealed(self, body: bytes) -> bytes:
        if not self.sums:
            return body
        if body[:2] == b"97":
            return body + b"AZ" + checksum(body + b"AZ")
        summed = body + b"AY%dAZ" % self._sequence
        self._sequence = (self._sequence + 1) % 10
        return summed + checksum(summed)

    def _read(self) -> bytes:
        data = self._left.lstrip(CRLF)
        while CR not in data and len(data) <= LONGEST_LINE * 8:
            more = self.line.recv(LONGEST_LINE)
            if not more:
                raise UnavailableError("sip2_hung_up")
            data = (data + more).lstrip(CRLF)
        answer, _, self._left = data.partition(CR)
        return answer

    def _understood(self, sealed: Sealed) -> Message | None:
        try:
            return messages.parse(decode(sealed.body, self.encoding))
        except (messages.MalformedMessageError, messages.UnknownCommandError):
            return None


@contextmanager
def connected(address: Address, encoding: Encoding, *, sums: bool = True, ending: bytes = CR) -> Iterator[Client]:
    """A client on a new connection. Raises UnavailableError."""
    place = f"{address.host}:{address.port}"
    try:
        plain = socket.create_connection((address.host, address.port), timeout=address.seconds)
    except OSError as problem:
        raise UnavailableError("sip2_unreachable", address=place, reason=problem.strerror or str(problem)) from problem
    with plain:
        try:
            line = address.tls.wrap_socket(plain, server_hostname=address.host) if address.tls else plain
        except (OSError, ssl.SSLError) as problem:
            raise UnavailableError("sip2_tls_failed", address=place, reason=str(problem)) from problem
        with line:
            yield Client(line, encoding, sums, ending)
