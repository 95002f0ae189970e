"""The bench's machines: messages for the right patrons, enough errands of their own agency, bars where they belong."""

from datetime import UTC, datetime

import pytest

from faelles.bench.country import BLOCK, FREE_COPIES, LENT_COPIES, Country
from faelles.bench.model import Spread
from faelles.bench.terminals.frames import YES, frame, held, with_twenty_loans
from faelles.bench.terminals.lines import Account
from faelles.bench.terminals.measuring import Ration, largest
from faelles.bench.terminals.model import Message, MessageFigures

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COUNTRY = Country(patrons=60, agencies=[7, 9], first_patrons=[1, 41], branches={7: [1, 2], 9: [3]})


def test_twenty_of_a_blocks_loans_are_the_last_patrons():
    loans = [held(COUNTRY, number) for number in range(60 * LENT_COPIES)]
    assert len({errand.item for errand in loans}) == 60 * LENT_COPIES
    held_by = [int(errand.card[1:]) for errand in loans]
    assert {patron: held_by.count(patron) for patron in (20, 40, 60)} == {20: 20, 40: 20, 60: 20}
    for errand in loans:
        standing = (int(errand.item) - 1) // (FREE_COPIES + LENT_COPIES) + 1
        assert (int(errand.card[1:]) - 1) // BLOCK == (standing - 1) // BLOCK


def test_who_has_twenty_loans_is_asked_for_in_the_right_agency():
    for number in range(60):
        errand = with_twenty_loans(COUNTRY, number)
        assert int(errand.card[1:]) % BLOCK == 0
        assert errand.agency == COUNTRY.agency_of(int(errand.card[1:]))


def test_a_line_gets_errands_of_its_own_agency_and_none_twice():
    ration = Ration(COUNTRY.free, 0)
    taken = [*ration.take(9, 5), *ration.take(7, 5), *ration.take(9, 5)]
    assert [errand.agency for errand in taken] == [9] * 5 + [7] * 5 + [9] * 5
    assert len({errand.number for errand in taken}) == 15


def test_the_largest_agencies_come_first():
    accounts = [Account(9, "b", "x"), Account(7, "a", "x")]
    assert [account.agency for account in largest(accounts, COUNTRY)] == [7, 9]


@pytest.mark.parametrize("message", list(Message))
def test_every_message_begins_with_its_code_and_ends_with_a_return(message: Message):
    sent = frame(message, COUNTRY.free(3), NOW)
    assert (sent[:2].decode(), sent[-1:], sent.count(b"\r")) == (message, b"\r", 1)
    assert message in YES


@pytest.mark.parametrize(("cpu", "bar", "is_met"), [(0.9, 1.0, True), (1.1, 1.0, False), (9.0, None, None)])
def test_a_bar_is_for_both_processes_together(cpu, bar, is_met):
    one = Spread(cpu, cpu, cpu)
    figures = MessageFigures(
        message=Message.CHECKOUT,
        connections=8,
        calls=1,
        calls_a_second=one,
        p50_ms=1,
        p95_ms=1,
        p99_ms=1,
        program_cpu_ms=one,
        database_cpu_ms=one,
        cpu_ms=one,
        bar=bar,
    )
    assert figures.is_met is is_met
