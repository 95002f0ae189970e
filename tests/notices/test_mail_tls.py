"""Mail over TLS with a real certificate: it goes to a server that is who it says, and to no other."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certificates import self_signed
from faelles.ground.i18n import Language
from faelles.notices.channels.mail import SmtpMail, read_mail_server
from faelles.notices.channels.port import Delivery, Envelope, Verdict
from notices.mail_server import MailServer

LETTER = Envelope(
    key="7.4711.1",
    recipient="laaner@example.invalid",
    sender="Biblioteket",
    subject="Husk at aflevere",
    body="Kære Søren",
    language=Language.DANISH,
    composed_at=datetime(2027, 3, 1, 11, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that vouches for itself and for 127.0.0.1, with its key in the same file."""
    certificate, key = self_signed()
    file = tmp_path_factory.mktemp("tls") / "post.pem"
    file.write_bytes(key + certificate)
    return file


@pytest.fixture
def servers_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


async def hand_over(url: str, trusted: Path | None) -> Delivery:
    tls = ssl.create_default_context(cafile=trusted)
    mail = SmtpMail(read_mail_server(url), "bibliotek@library.invalid", seconds=5.0, tls=tls)
    try:
        return await mail.deliver(LETTER)
    finally:
        await mail.close()


async def test_mail_goes_over_tls_from_the_first_byte(certificate, servers_side):
    server = MailServer()
    async with server.running(tls=servers_side) as port:
        said = await hand_over(f"smtps://127.0.0.1:{port}", certificate)
    assert (said.verdict, len(server.kept)) == (Verdict.ACCEPTED, 1)


async def test_mail_goes_over_tls_once_the_server_is_asked(certificate, servers_side):
    server = MailServer()
    async with server.running(starttls=servers_side) as port:
        said = await hand_over(f"smtp://127.0.0.1:{port}", certificate)
    assert (said.verdict, len(server.kept)) == (Verdict.ACCEPTED, 1)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_that_nobody_vouches_for_gets_nothing_and_no_message_is_blamed(scheme, servers_side):
    server = MailServer()
    given = {"tls": servers_side} if scheme == "smtps" else {"starttls": servers_side}
    async with server.running(**given) as port:
        said = await hand_over(f"{scheme}://127.0.0.1:{port}", trusted=None)
    assert said.is_down
    assert server.kept == []


async def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(certificate):
    server = MailServer()
    async with server.running() as port:
        said = await hand_over(f"smtp://127.0.0.1:{port}", certificate)
    assert (said.verdict, server.kept) == (Verdict.UNAVAILABLE, [])
