"""A real mail server on the loopback that can be told to misbehave."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from enum import StrEnum

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mood(StrEnum):
    KIND = "kind"
    REFUSES_RECIPIENT = "refuses_recipient"
    REFUSES_FOR_NOW = "refuses_for_now"
    REFUSES_MESSAGE = "refuses_message"
    REFUSES_SENDER = "refuses_sender"
    HANGS = "hangs"
    DROPS_BEFORE = "drops_before"
    """Closes the connection in the middle of the message, and keeps nothing."""
    DROPS_AFTER = "drops_after"
    """Keeps the message and closes the connection without saying so."""


class MailServer:
    def __init__(self) -> None:
        self.mood = Mood.KIND
        self.kept: list[Message] = []
        self.connections = 0
        self.released = asyncio.Event()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names and arguments
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.mood is Mood.REFUSES_SENDER:
            return "530 5.7.0 who are you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.mood is Mood.REFUSES_RECIPIENT:
            return "550 5.1.1 no such mailbox"
        if self.mood is Mood.REFUSES_FOR_NOW:
            return "451 4.2.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.mood is Mood.HANGS:
            await self.released.wait()
        if self.mood is Mood.REFUSES_MESSAGE:
            return "554 5.7.1 not wanted"
        if self.mood is not Mood.DROPS_BEFORE:
            assert isinstance(envelope.content, bytes)
            self.kept.append(message_from_bytes(envelope.content))
        if self.mood in (Mood.DROPS_BEFORE, Mood.DROPS_AFTER):
            server.transport.abort()
        return "250 2.0.0 queued as 4711"

    @property
    def different(self) -> set[str]:
        """What a mailbox shows that knows a message by its Message-ID."""
        return {str(mail["Message-ID"]) for mail in self.kept}

    @asynccontextmanager
    async def running(
        self, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
    ) -> AsyncIterator[int]:
        """Listen, with TLS from the first byte or asked for by STARTTLS where it is given; the port."""
        loop = asyncio.get_running_loop()

        def connected() -> SMTP:
            self.connections += 1
            asks = starttls is not None
            return SMTP(
                self, hostname="mail.test", loop=loop, enable_SMTPUTF8=True, tls_context=starttls, require_starttls=asks
            )

        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = await loop.create_server(connected, sock=listening, ssl=tls)
            async with server:
                yield int(server.sockets[0].getsockname()[1])
                self.released.set()


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
