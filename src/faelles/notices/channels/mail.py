"""Electronic mail by SMTP (RFC 5321), over connections that are kept.

A message that was handed over whole and never acknowledged is in doubt: it is sent again under the same Message-ID and
with the same bytes, which mail servers and readers know for the same message. That is all that SMTP can promise.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from faelles.ground.errors import MisconfiguredError
from faelles.ground.log import logger
from faelles.notices.channels.port import Delivery, Envelope, Verdict
from faelles.notices.model import ChannelName

_log = logger("notices.mail")

CONNECTIONS: Final = 4
SECONDS: Final = 20.0
"""For each answer of the server."""
MESSAGES_A_CONNECTION: Final = 100
"""Servers close connections that never end (a common limit)."""
_FIRST_PERMANENT: Final = 500
_NO_SUCH_RECIPIENT: Final = frozenset({550, 551, 553, 554, 555})
"""Of the answers to RCPT, those that say something about the recipient and not about us (RFC 5321, 4.2.3)."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over: over TLS from the start (`is_tls`), else by STARTTLS if `is_private`."""

    host: str
    port: int
    is_tls: bool
    is_private: bool
    username: str | None
    password: str | None

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"


def read_mail_server(url: str) -> MailServer:
    """`smtp://user:password@host:587` or `smtps://...:465`; `smtp+plain://` for a server on this machine.

    Raises MisconfiguredError.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("smtp", "smtps", "smtp+plain") or not parts.hostname or port == 0:
        raise MisconfiguredError("smtp_url_malformed")
    is_tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=port or (465 if is_tls else 587),
        is_tls=is_tls,
        is_private=parts.scheme != "smtp+plain",
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class SmtpMail:
    """Mail by a real server."""

    name = ChannelName.EMAIL
    is_built_in = False

    def __init__(
        self, server: MailServer, sender: str, *, seconds: float = SECONDS, tls: ssl.SSLContext | None = None
    ) -> None:
        self.at_once = CONNECTIONS
        self._server = server
        self._sender = sender
        self._seconds = seconds
        self._tls = tls
        self._idle: list[_Connection] = []
        self._slots = asyncio.Semaphore(CONNECTIONS)

    async def deliver(self, envelope: Envelope) -> Delivery:
        try:
            message = as_mail(envelope, self._sender)
            async with self._connection() as connection:
                _, answer = await connection.client.sendmail(self._sender, [envelope.recipient], message)
        except (aiosmtplib.SMTPException, OSError, ValueError) as problem:
            return _told(problem)
        return Delivery(Verdict.ACCEPTED, reference=answer[:200] or None)

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await _leave(connection.client)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator["_Connection"]:
        """A connection that works as far as we know; one that something went wrong on is not used again."""
        async with self._slots:
            connection = await self._fetch()
            try:
                yield connection
            except aiosmtplib.SMTPResponseException:
                # The server answered in good order: the connection is fine.
                self._put_back(connection)
                raise
            except aiosmtplib.SMTPRecipientsRefused:
                self._put_back(connection)
                raise
            except BaseException:
                connection.client.close()
                raise
            self._put_back(connection)

    async def _fetch(self) -> "_Connection":
        while self._idle:
            connection = self._idle.pop()
            if connection.client.is_connected and await _answers(connection.client):
                return connection
            connection.client.close()
        client = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=self._server.is_tls,
            start_tls=self._server.is_private and not self._server.is_tls,
            username=self._server.username,
            password=self._server.password,
            timeout=self._seconds,
            tls_context=self._tls,
        )
        await client.connect()
        return _Connection(client)

    def _put_back(self, connection: "_Connection") -> None:
        connection.messages += 1
        if connection.client.is_connected and connection.messages < MESSAGES_A_CONNECTION:
            self._idle.append(connection)
        else:
            connection.client.close()


@dataclass(slots=True)
class _Connection:
    client: aiosmtplib.SMTP
    messages: int = 0


def as_mail(envelope: Envelope, sender: str) -> bytes:
    """The bytes on the wire: the same for the same envelope. Raises ValueError for what no header can hold."""
    mail = EmailMessage(policy=WIRE.clone(cte_type="7bit"))
    mail["Message-ID"] = f"<{envelope.key}@{sender.rpartition('@')[2]}>"
    mail["Date"] = format_datetime(envelope.composed_at)
    mail["From"] = f"{_quoted(envelope.sender)} <{sender}>"
    mail["To"] = envelope.recipient
    mail["Subject"] = envelope.subject
    # RFC 3834: nobody's holiday notice is to answer it.
    mail["Auto-Submitted"] = "auto-generated"
    if envelope.unsubscribe:
        mail["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
    if envelope.unsubscribe.startswith("https:"):
        # RFC 8058, 3.1: one click, for readers that can post; by https alone.
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(envelope.body + "\n", cte="quoted-printable")
    mail["Content-Language"] = envelope.language.value
    return mail.as_bytes()


def _quoted(name: str) -> str:
    plain = name.replace("\\", "").replace('"', "")
    return f'"{plain}"'


def _told(problem: Exception) -> Delivery:
    """What a failure means for this message and for the others."""
    name = type(problem).__name__
    match problem:
        case aiosmtplib.SMTPRecipientsRefused() if _is_about_recipient(problem.recipients[0].code):
            told = _answered(problem.recipients[0].code)
        case aiosmtplib.SMTPDataError():
            told = _answered(problem.code)
        case aiosmtplib.SMTPTimeoutError() if not isinstance(problem, aiosmtplib.SMTPConnectError):
            # Silent in the middle of it: perhaps this one went; the others need not wait for silence too.
            told = Delivery(Verdict.TRY_AGAIN, detail=name, is_down=True)
        case aiosmtplib.SMTPServerDisconnected():
            told = Delivery(Verdict.TRY_AGAIN, detail=name)
        case aiosmtplib.SMTPException() | OSError():
            # A connection, a greeting, a login, MAIL FROM: it is about us and not about this message.
            _log.warning("mail server away", reason=name)
            told = Delivery(Verdict.UNAVAILABLE, detail=name, is_down=True)
        case _:
            told = Delivery(Verdict.REJECTED, detail="address_malformed")
    return told


def _is_about_recipient(code: int) -> bool:
    return code in _NO_SUCH_RECIPIENT or code < _FIRST_PERMANENT


def _answered(code: int) -> Delivery:
    verdict = Verdict.REJECTED if code >= _FIRST_PERMANENT else Verdict.TRY_AGAIN
    return Delivery(verdict, detail=f"smtp_{code}")


async def _answers(client: aiosmtplib.SMTP) -> bool:
    """Whether the server is still there: it may have closed a connection that was idle."""
    try:
        await client.noop()
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True


async def _leave(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        client.close()
