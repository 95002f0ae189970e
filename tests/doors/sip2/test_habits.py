"""What real machines do in spite of the document, and what they break on."""

import hmac
from collections import Counter
from typing import Any

import pytest

from doors.sip2.conftest import Hall
from doors.sip2.machine import BLANK, Machine, sealed, sip_date, told
from faelles.doors.sip2 import codes
from faelles.doors.sip2.checksum import RESEND, checksum
from faelles.doors.sip2.connection import _KEEP_ALIVE
from faelles.ground.database import Transaction


async def test_a_request_to_repeat_is_itself_repeated(machine: Machine):
    assert await machine.exchange("9900802.00AY5AZ0000") == RESEND
    for again in ("97AZFEF5", "97"):
        assert await machine.exchange(again) == RESEND


async def test_a_sequence_number_belongs_before_the_checksum_and_neither_takes_a_delimiter(machine: Machine):
    answer = await machine.exchange(sealed("9900802.00", "4"))
    assert answer[-9:-4] == b"AY4AZ"
    assert not answer.endswith(b"|")
    assert answer[-10:-9] == b"|"


async def test_a_delimiter_right_after_the_fixed_part_does_no_harm(machine: Machine):
    body = b"9900802.00|AY2AZ"
    assert (await machine.exchange(body + checksum(body))).startswith(b"98Y")


async def test_a_checksum_without_its_leading_zeros_is_taken(machine: Machine):
    long = b"~" * 500
    sums = (b"17%sAO%s%d|AB1|AY1AZ" % (b" " * 18, long, number) for number in range(10_000))
    summed = next(each for each in sums if checksum(each).startswith(b"0"))
    assert (await machine.exchange(summed + checksum(summed).lstrip(b"0"))).startswith(b"18")


async def test_a_language_that_does_not_belong_there_hides_no_field(hall: Hall, machine: Machine):
    item = await hall.library.copy()
    shown = await machine.ask(f"17001{sip_date()}AOx|AB{item}|")
    assert (shown.fixed["circulation_status"], shown.get("AB")) == ("03", item)


async def test_the_institution_comes_first_for_clients_that_look_for_it_there(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    answer = await machine.exchange(f"23009{sip_date()}AOx|AA{reader.card}|AC|AD{reader.pin}|")
    assert answer[37:39] == b"AO"


async def test_a_long_answer_is_one_write(hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    for _ in range(30):
        await hall.library.lend(reader, await hall.library.copy())
    sizes: list[int] = []
    protocol: Any = machine.writer.transport.get_protocol()
    received = protocol.data_received

    def noted(data: bytes) -> None:
        sizes.append(len(data))
        received(data)

    protocol.data_received = noted
    answer = await machine.exchange(f"63009{sip_date()}  Y       AOx|AA{reader.card}|AC|AD{reader.pin}|")
    assert (answer.count(b"|AU"), sizes) == (30, [len(answer) + 1])


@pytest.mark.parametrize(("number", "shown"), [(0, "0000"), (9999, "9999"), (10_000, "9999"), (123_456, "9999")])
def test_a_count_has_four_digits_however_many_there_are(number: int, shown: str):
    assert codes.count(number) == shown


@pytest.mark.parametrize("code", ["23", "63", "25"])
async def test_whether_card_and_pin_are_good_is_always_told(code: str, hall: Hall, machine: Machine):
    reader = await hall.library.reader()
    head = {"23": f"009{sip_date()}", "63": f"009{sip_date()}{' ' * 10}", "25": sip_date()}[code]
    for card, pin, good in ((reader.card, reader.pin, "YY"), (reader.card, "", "YN"), ("K0", "1", "NN")):
        answer = await machine.ask(f"{code}{head}AOx|AA{card}|AC|AD{pin}|")
        assert answer.get("BL") + answer.get("CQ") == good


async def test_a_login_that_names_another_place_stands_where_it_stands(hall: Hall, stranger: Machine):
    made = await hall.machine()
    await stranger.ask("9900802.00")
    assert (await stranger.ask(f"9300CN{made.username}|CO{made.secret}|CPDK-999999|")).fixed["ok"] == "1"
    assert (await stranger.ask("9900802.00")).get("AO") == hall.library.town.isil


async def test_secrets_are_in_no_log(hall: Hall, stranger: Machine, caplog: pytest.LogCaptureFixture):
    made, reader = await hall.machine(), await hall.library.reader()
    caplog.set_level("DEBUG")
    await stranger.sign_in(made.username, made.secret)
    await stranger.check_out(reader.card, await hall.library.copy(), pin="987651", AC="klemme")
    await stranger.exchange("63" + "x" * 30 + f"AA{reader.card}|AD987651|")
    for secret in (made.secret, reader.card, "987651", "klemme"):
        assert secret not in caplog.text


async def test_an_idle_machine_is_kept_and_one_without_power_noticed(hall: Hall, machine: Machine):
    assert await machine.exchange("9900802.00")
    assert _KEEP_ALIVE.keys() == {"TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"}
    assert _KEEP_ALIVE["TCP_KEEPIDLE"] + _KEEP_ALIVE["TCP_KEEPINTVL"] * _KEEP_ALIVE["TCP_KEEPCNT"] < 600
    assert hall.heard.connections == 1


class Work:
    """What answering costs that somebody with a watch could tell apart: statements by text, and keyed hashes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: Counter[str] = Counter()
        for name in ("rows", "row", "value", "execute"):
            monkeypatch.setattr(Transaction, name, self._counted(getattr(Transaction, name)))
        digest = hmac.HMAC.digest

        def hashed(made: hmac.HMAC) -> bytes:
            self.done["hash"] += 1
            return digest(made)

        monkeypatch.setattr(hmac.HMAC, "digest", hashed)

    def _counted(self, statement: Any) -> Any:
        async def run(tx: Transaction, sql: str, *values: object) -> Any:
            self.done[" ".join(sql.split())] += 1
            return await statement(tx, sql, *values)

        return run

    def taken(self) -> Counter[str]:
        done, self.done = self.done, Counter()
        return done


@pytest.mark.parametrize("code", ["23", "63", "11", "29", "65", "37", "15"])
async def test_an_unknown_card_takes_the_same_work_as_a_wrong_pin(
    code: str, hall: Hall, machine: Machine, monkeypatch: pytest.MonkeyPatch
):
    reader, item = await hall.library.reader(), await hall.library.copy()
    head = {
        "23": f"009{sip_date()}",
        "63": f"009{sip_date()}{' ' * 10}",
        "11": f"NN{sip_date()}{BLANK}",
        "29": f"NN{sip_date()}{BLANK}",
        "65": sip_date(),
        "37": f"{sip_date()}0400DKKBV1.00|",
        "15": f"+{sip_date()}",
    }[code]
    await machine.exchange("9900802.00")
    work, answers, taken = Work(monkeypatch), [], []
    for card in (reader.card, "K" + reader.card[:0:-1]):
        answers.append(told(await machine.exchange(f"{code}{head}AOx|AA{card}|AB{item}|AC|AD0000|")))
        taken.append(work.taken())
    assert taken[0] == taken[1]
    assert taken[0]["hash"] > 0
    assert answers[0].fields["AF"] == answers[1].fields["AF"]
    assert answers[0].fixed | {"transaction_date": ""} == answers[1].fixed | {"transaction_date": ""}
