"""Mail to a real server: one that refuses, hangs, drops, or is not there. Nothing is lost, nothing comes twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP

import pytest

from faelles.ground.errors import MisconfiguredError
from faelles.ground.i18n import Language
from faelles.notices.channels.mail import SmtpMail, as_mail, read_mail_server
from faelles.notices.channels.port import Envelope, Verdict
from faelles.notices.model import ChannelName
from faelles.notices.sending.sender import Sender
from notices.mail_server import MailServer, Mood, unused_port

LETTER = Envelope(
    key="7.4711.1",
    recipient="laaner@example.invalid",
    sender='Ærø "By" Bibliotek',
    subject="Frøken Smilla er klar",
    body="Kære Søren\n\n.en linje med et punktum\nÆØÅ",
    language=Language.DANISH,
    composed_at=datetime(2027, 3, 1, 11, tzinfo=UTC),
)


@asynccontextmanager
async def mail_to(port: int, seconds: float = 5.0) -> AsyncIterator[SmtpMail]:
    mail = SmtpMail(read_mail_server(f"smtp+plain://127.0.0.1:{port}"), "bibliotek@library.invalid", seconds=seconds)
    try:
        yield mail
    finally:
        await mail.close()


async def test_a_message_arrives_as_it_was_written():
    server = MailServer()
    async with server.running() as port, mail_to(port) as mail:
        said = await mail.deliver(LETTER)
    assert said.verdict is Verdict.ACCEPTED
    [kept] = server.kept
    assert kept["Message-ID"] == "<7.4711.1@library.invalid>"
    assert kept.get_payload(decode=True).decode().replace("\r\n", "\n").strip() == LETTER.body
    assert kept["Content-Language"] == "da"


async def test_a_connection_is_used_again():
    server = MailServer()
    async with server.running() as port, mail_to(port) as mail:
        for _ in range(5):
            await mail.deliver(LETTER)
    assert (len(server.kept), server.connections) == (5, 1)


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("", (None, None)),
        ("https://bib.example/u/x", ("<https://bib.example/u/x>", "List-Unsubscribe=One-Click")),
        ("http://127.0.0.1/u/x", ("<http://127.0.0.1/u/x>", None)),
    ],
)
def test_a_mail_program_is_told_how_to_turn_it_off_and_by_one_click_over_https_alone(address, headers):
    mail = message_from_bytes(as_mail(replace(LETTER, unsubscribe=address), "b@x.invalid"), policy=SMTP)
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == headers


def test_the_same_envelope_is_the_same_bytes():
    assert as_mail(LETTER, "b@x.invalid") == as_mail(LETTER, "b@x.invalid")


@pytest.mark.parametrize(
    ("mood", "verdict", "is_down"),
    [
        (Mood.REFUSES_RECIPIENT, Verdict.REJECTED, False),
        (Mood.REFUSES_MESSAGE, Verdict.REJECTED, False),
        (Mood.REFUSES_FOR_NOW, Verdict.TRY_AGAIN, False),
        (Mood.DROPS_BEFORE, Verdict.TRY_AGAIN, False),
        (Mood.DROPS_AFTER, Verdict.TRY_AGAIN, False),
        (Mood.HANGS, Verdict.TRY_AGAIN, True),
        (Mood.REFUSES_SENDER, Verdict.UNAVAILABLE, True),
    ],
)
async def test_what_a_servers_answer_means(mood, verdict, is_down):
    server = MailServer()
    server.mood = mood
    async with server.running() as port, mail_to(port, seconds=0.5) as mail:
        said = await mail.deliver(LETTER)
    assert (said.verdict, said.is_down) == (verdict, is_down)


async def test_a_server_that_is_not_there_is_nobodys_fault():
    async with mail_to(unused_port()) as mail:
        said = await mail.deliver(LETTER)
    assert (said.verdict, said.is_down) == (Verdict.UNAVAILABLE, True)


@pytest.mark.parametrize("address", ["a@b.invalid\r\nBcc: c@d.invalid", "ikke en adresse\n"])
async def test_an_address_that_can_be_none_is_rejected_before_it_is_sent(address):
    server = MailServer()
    async with server.running() as port, mail_to(port) as mail:
        said = await mail.deliver(replace(LETTER, recipient=address))
    assert (said.verdict, server.kept) == (Verdict.REJECTED, [])


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://host:port", "smtp://host:99999", ""])
def test_an_address_of_no_mail_server_is_refused(url):
    with pytest.raises(MisconfiguredError, match="smtp_url_malformed"):
        read_mail_server(url)


def test_ports_and_passwords_are_read_from_the_address():
    server = read_mail_server("smtps://b%40x:hemmeligt@mail.invalid")
    assert (server.port, server.username, server.password, server.is_tls) == (465, "b@x", "hemmeligt", True)
    assert "hemmeligt" not in repr(server)


@pytest.mark.parametrize("mood", [Mood.REFUSES_FOR_NOW, Mood.DROPS_BEFORE, Mood.DROPS_AFTER, Mood.HANGS])
async def test_whatever_goes_wrong_each_patron_gets_one_message(post, mood):
    for _ in range(3):
        await post.late(3, await post.reader())
        post.library.clock.pass_days(-3)
    post.library.clock.pass_days(3)
    await post.night()
    planned = len(await post.states())
    server = MailServer()
    server.mood = mood
    library = post.library
    async with server.running() as port, mail_to(port, seconds=0.5) as mail:
        sender = Sender(database=library.database, keyring=library.keyring, channels={ChannelName.EMAIL: mail})
        await sender.send_due(library.town.agency)
        server.mood = Mood.KIND
        server.released.set()
        for _ in range(3):
            library.clock.now += timedelta(minutes=20)
            sender.resting.clear()
            await sender.send_due(library.town.agency)
    assert await post.states() == ["sent"] * planned
    assert len(server.different) == planned
