"""The conversation itself: signing in, status, repeating, error detection, what is cut and what is ended how."""

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest

from doors.sip2.conftest import Hall
from doors.sip2.machine import BLANK, Machine, connected, sealed, sip_date, told
from faelles.doors.sip2 import session
from faelles.doors.sip2.checksum import RESEND, unseal
from faelles.doors.sip2.messages import DEFINITIONS
from faelles.doors.sip2.server import listening
from faelles.ground.errors import MisconfiguredError, UnavailableError
from faelles.people.machines.model import MachineChange
from faelles.people.machines.operations import change_machine, replace_machine_secret
from faelles.people.model import MachineKind

STATUS = "9900802.00"


async def test_the_status_says_what_the_machine_may_do(machine: Machine, hall: Hall):
    status = await machine.ask(STATUS)
    assert [status.fixed[name] for name in ("on_line_status", "checkin_ok", "checkout_ok")] == ["Y", "Y", "Y"]
    assert status.fixed["protocol_version"] == "2.00"
    assert status.get("BX") == "YYYYYYYYYYYYYYYY"
    assert (status.get("AO"), status.get("AM")) == (hall.library.town.isil, "Hovedbiblioteket")


async def test_a_sorter_says_that_it_lends_nothing(stranger: Machine, hall: Hall):
    sorter = await hall.machine(MachineKind.SORTER)
    await stranger.sign_in(sorter.username, sorter.secret)
    status = await stranger.ask(STATUS)
    assert (status.fixed["checkin_ok"], status.fixed["checkout_ok"]) == ("Y", "N")
    assert status.get("BX") == "NNYNYYYNYNYYNNNN"
    refused = await stranger.check_out((await hall.library.reader()).card, await hall.library.copy())
    assert refused.fixed["ok"] == "0"
    assert refused.get("AF")


async def test_a_wrong_secret_is_answered_940_and_the_connection_closed(hall: Hall, stranger: Machine):
    made = await hall.machine()
    assert (await stranger.exchange(f"9300CN{made.username}|COwrong|CP|")) == b"940"
    assert await stranger.is_closed()
    assert "login" in hall.heard.refusals


async def test_an_encryption_that_does_not_exist_is_a_failed_login(hall: Hall, stranger: Machine):
    made = await hall.machine()
    assert await stranger.exchange(f"9311CN{made.username}|CO{made.secret}|CP|") == b"940"


async def test_status_may_be_asked_before_signing_in_and_tells_nothing_of_anybody(stranger: Machine):
    status = await stranger.ask(STATUS)
    assert (status.fixed["on_line_status"], status.get("AO"), status.get("AM")) == ("Y", "", "")


@pytest.mark.parametrize("code", ["23", "63", "17", "11", "29", "65", "09", "15", "37", "35", "01", "25", "19"])
async def test_before_signing_in_nothing_is_told_of_patrons_and_items(code: str, hall: Hall, stranger: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    fixed = "".join(" " * width for _, width in DEFINITIONS[code].fixed)
    refused = await stranger.exchange(f"{code}{fixed}AOx|AA{reader.card}|AB{item}|AC|AD{reader.pin}|BV1.00|")
    assert refused[:2].decode() == DEFINITIONS[code].answer
    assert "Søren" not in refused.decode()
    assert "Smilla" not in refused.decode()
    assert "logget ind" in refused.decode()
    if told(refused).get("BL"):
        assert (told(refused).get("BL"), told(refused).get("CQ")) == ("N", "N")


async def test_ao_and_cp_pick_no_other_library(hall: Hall, machine: Machine, neighbour):
    reader = await hall.library.reader()
    told_of = await machine.ask(f"23009{sip_date()}AO{neighbour.isil}|AA{reader.card}|AC|AD{reader.pin}|")
    assert (told_of.get("BL"), told_of.get("AO")) == ("Y", hall.library.town.isil)


async def test_a_machine_that_compares_gets_its_own_ao_back(hall: Hall, stranger: Machine):
    made = await hall.machine(echoes_institution=True)
    await stranger.sign_in(made.username, made.secret)
    assert (await stranger.copy(await hall.library.copy())).get("BG") == hall.library.town.isil
    assert (await stranger.check_in(await hall.library.copy())).get("AO") == "DK"


async def test_an_answer_has_error_detection_when_its_request_had(machine: Machine):
    assert unseal(await machine.exchange(STATUS)).detects_errors is False
    answer = unseal(await machine.exchange(sealed(STATUS, "7")))
    assert (answer.sequence, answer.is_sound) == (b"7", True)


async def test_numbers_beyond_nine_come_back_whole(machine: Machine):
    assert unseal(await machine.exchange(sealed(STATUS, "12"))).sequence == b"12"


async def test_a_wrong_checksum_is_asked_for_again(machine: Machine):
    assert await machine.exchange("9900802.00AY1AZ0000") == RESEND
    assert await machine.exchange("97AZFEF5") == RESEND


async def test_a_lost_answer_is_repeated_byte_for_byte(machine: Machine):
    answer = await machine.exchange(sealed(STATUS, "3"))
    assert await machine.exchange("97AZFEF5") == answer
    assert await machine.exchange("97") == answer


async def test_where_nothing_was_said_there_is_nothing_to_repeat(stranger: Machine):
    assert await stranger.exchange("97AZFEF5") == RESEND


async def test_the_last_answer_is_never_another_connections(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    assert (await machine.patron(reader.card)).get("AE") == "Søren Låner"
    async with connected(hall.address) as other:
        assert await other.exchange("97AZFEF5") == RESEND


async def test_the_same_frame_again_is_the_same_answer(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    frame = sealed(f"11YN{sip_date()}{BLANK}AOx|AA{reader.card}|AB{item}|AC|AD{reader.pin}|", "4")
    first = await machine.exchange(frame)
    assert await machine.exchange(frame) == first
    assert await hall.library.events() != []
    lent = [kind for kind in await hall.library.events() if kind == "loan.opened"]
    assert lent == ["loan.opened"]


async def test_a_garbled_message_in_between_does_not_make_a_repeat_a_new_deed(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    frame = sealed(f"11YN{sip_date()}{BLANK}AOx|AA{reader.card}|AB{item}|AC|AD{reader.pin}|", "4")
    first = await machine.exchange(frame)
    assert await machine.exchange("9900802.00AY5AZ0000") == RESEND
    assert await machine.exchange(frame) == first


async def test_two_requests_with_one_checksum_are_two(hall: Hall, machine: Machine):
    one = sealed(f"17{sip_date()}AOx|AB0000000012|AC|", "1")
    other = sealed(f"17{sip_date()}AOx|AB0000000021|AC|", "1")
    assert one[-4:] == other[-4:]
    assert told(await machine.exchange(one)).get("AB") == "0000000012"
    assert told(await machine.exchange(other)).get("AB") == "0000000021"


@pytest.mark.parametrize("ending", [b"\r", b"\n", b"\r\n"])
async def test_the_answer_ends_as_the_request_did(ending: bytes, machine: Machine):
    for _ in range(2):
        await machine.send(STATUS.encode() + ending)
        assert (await machine.hear(ending)).startswith(b"98Y")


async def test_messages_sent_at_once_are_answered_in_order(machine: Machine):
    await machine.send(b"".join(sealed(STATUS, str(number)) + b"\r" for number in range(50)))
    heard = [unseal(await machine.hear()).sequence for _ in range(50)]
    assert heard == [str(number).encode() for number in range(50)]


async def test_questions_to_the_database_keep_their_order_too(hall: Hall, machine: Machine):
    item = await hall.library.copy()
    bodies = [f"17{sip_date()}AOx|AB{item}|", STATUS] * 10
    await machine.send(b"".join(sealed(body, str(number)) + b"\r" for number, body in enumerate(bodies)))
    heard = [unseal(await machine.hear()) for _ in bodies]
    assert [answer.sequence for answer in heard] == [str(number).encode() for number in range(20)]
    assert [answer.body[:2] for answer in heard] == [b"18", b"98"] * 10


async def test_a_message_may_come_a_byte_at_a_time(machine: Machine):
    await machine.send(*(bytes([byte]) for byte in STATUS.encode() + b"\r"))
    assert (await machine.hear()).startswith(b"98Y")


async def test_unknown_commands_are_passed_over(hall: Hall, machine: Machine):
    await machine.send(b"55whatever|\r", b"XYZ\r", b"98YYYYYY\r", STATUS.encode() + b"\r")
    assert (await machine.hear()).startswith(b"98Y")
    assert hall.heard.refusals == ["unknown_command", "malformed"]


async def test_an_incomplete_message_is_refused_whole(machine: Machine):
    refused = await machine.ask(f"11YN{sip_date()}{BLANK}AOx|AA1234|")
    assert (refused.code, refused.fixed["ok"], refused.get("AJ"), refused.get("AH")) == ("12", "0", "", "")
    assert "AB" in refused.get("AF")


async def test_a_line_without_end_closes_the_connection(hall: Hall, machine: Machine):
    machine.writer.write(b"9" * 4 * 1024 * 1024)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await machine.hear()
    assert "too_long" in hall.heard.refusals


async def test_a_half_closed_connection_gets_its_answers_first(machine: Machine):
    await machine.send((STATUS + "\r").encode() * 3)
    machine.writer.write_eof()
    assert (await machine.reader.read()).count(b"98Y") == 3


async def test_maintenance_answers_on_line_no_to_everything(hall: Hall, machine: Machine):
    reader, item = await hall.library.reader(), await hall.library.copy()
    hall.services.maintenance.is_on = True
    frame = sealed(f"11YN{sip_date()}{BLANK}AOx|AA{reader.card}|AB{item}|AC|AD{reader.pin}|", "4")
    assert (await machine.exchange(frame))[:3] == b"98N"
    hall.services.maintenance.is_on = False
    assert (await machine.exchange(frame))[:3] == b"121"


async def test_a_machine_that_always_asks_the_same_hears_of_maintenance(hall: Hall, machine: Machine):
    poll = sealed(STATUS, "0")
    assert (await machine.exchange(poll))[:3] == b"98Y"
    hall.services.maintenance.is_on = True
    assert (await machine.exchange(poll))[:3] == b"98N"
    hall.services.maintenance.is_on = False
    assert (await machine.exchange(poll))[:3] == b"98Y"


async def test_a_database_that_is_away_is_on_line_no_and_the_repeat_counts(hall: Hall, machine: Machine, monkeypatch):
    reader, item = await hall.library.reader(), await hall.library.copy()
    frame = sealed(f"11YN{sip_date()}{BLANK}AOx|AA{reader.card}|AB{item}|AC|AD{reader.pin}|", "4")

    async def away(*_: object, **__: object) -> None:
        raise UnavailableError("database_unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(hall.services.database, "run", away)
        assert (await machine.exchange(frame))[:3] == b"98N"
    assert (await machine.exchange(frame))[:3] == b"121"


async def test_a_mistake_of_ours_is_a_whole_refusal_and_the_connection_stays(machine: Machine, monkeypatch):
    async def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(session._ASKING, "17", broken)
    refused = await machine.copy("0000000012")
    assert (refused.code, refused.fixed["circulation_status"], refused.get("AB")) == ("18", "01", "0000000012")
    assert (await machine.ask(STATUS)).fixed["on_line_status"] == "Y"


async def test_a_repeat_after_a_mistake_of_ours_is_tried_again(hall: Hall, machine: Machine, monkeypatch):
    async def broken(_: object) -> None:
        raise ZeroDivisionError

    reader, item = await hall.library.reader(), await hall.library.copy()
    frame = sealed(f"11YN{sip_date()}{BLANK}AOx|AA{reader.card}|AB{item}|AC|AD{reader.pin}|", "4")
    with monkeypatch.context() as patch:
        patch.setitem(session._ASKING, "11", broken)
        assert (await machine.exchange(frame))[:3] == b"120"
    assert (await machine.exchange(frame))[:3] == b"121"


@pytest.fixture
def hasty(monkeypatch) -> None:
    """Every message reads the machine again."""
    from datetime import timedelta  # noqa: PLC0415

    monkeypatch.setattr("faelles.doors.sip2.session._READ_AGAIN_AFTER", timedelta(seconds=-1))


async def test_a_machine_that_was_disabled_is_hung_up_on(hall: Hall, stranger: Machine, hasty: None):
    made = await hall.machine()
    await stranger.sign_in(made.username, made.secret)
    assert (await stranger.ask(STATUS)).fixed["on_line_status"] == "Y"
    librarian = hall.library.librarian
    await hall.library.run(lambda tx: change_machine(tx, librarian, made.id, MachineChange(is_disabled=True)))
    await stranger.send(STATUS.encode() + b"\r")
    assert await stranger.is_closed()


async def test_a_replaced_secret_ends_the_connection(hall: Hall, stranger: Machine, hasty: None):
    made = await hall.machine()
    await stranger.sign_in(made.username, made.secret)
    await hall.library.run(lambda tx: replace_machine_secret(tx, hall.library.librarian, made.id))
    await stranger.send(STATUS.encode() + b"\r")
    assert await stranger.is_closed()


async def test_a_session_ends(hall: Hall, machine: Machine):
    ended = await machine.ask(f"35{sip_date()}AOx|AAK1|AC|AD|")
    assert (ended.fixed["end_session"], ended.get("AA")) == ("Y", "K1")


async def test_the_encoding_is_the_machines(hall: Hall, stranger: Machine):
    made = await hall.machine(encoding="cp850")
    await stranger.sign_in(made.username, made.secret)
    reader = await hall.library.reader()
    body = f"63009{sip_date()}{' ' * 10}AOx|AA{reader.card}|AC|AD{reader.pin}|"
    answer = await stranger.exchange(sealed(body, encoding="cp850"))
    assert "AESøren Låner|".encode("cp850") in answer
    assert unseal(answer).is_sound


async def test_too_many_messages_wait_and_none_is_lost(hall: Hall, stranger: Machine):
    made = await hall.machine(messages_per_second=20)
    await stranger.sign_in(made.username, made.secret)
    started = asyncio.get_running_loop().time()
    await stranger.send((STATUS + "\r").encode() * 26)
    for _ in range(26):
        assert (await stranger.hear()).startswith(b"98Y")
    assert asyncio.get_running_loop().time() - started > 0.2


async def test_plain_text_listens_to_nobody_elses_network(hall: Hall):
    for host in ("0.0.0.0", "8.8.8.8", "::", "example.org"):
        with pytest.raises(MisconfiguredError, match="sip2_address_not_private"):
            async with listening(hall.services, host, 0):
                pass


@pytest.fixture
async def tls_address(hall: Hall, tmp_path) -> AsyncIterator[tuple[str, int]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    async with listening(hall.services, "127.0.0.1", 0, tls=context) as address:
        yield address


async def test_tls_is_spoken_on_a_port_of_its_own(hall: Hall, tls_address: tuple[str, int]):
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(*tls_address, ssl=trusting)
    made = await hall.machine()
    machine = Machine(reader, writer)
    assert (await machine.sign_in(made.username, made.secret)).fixed["ok"] == "1"
    writer.close()


def certificate(folder) -> str:
    """A key and a certificate that it has signed itself, in one file."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    signed = builder.sign(key, hashes.SHA256())
    file = folder / "tls.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return str(file)
