"""What `faelles bench` says of SIP2."""

from collections.abc import Iterator

from faelles.bench.terminals.model import (
    CHECKOUT_P99_MS,
    CHECKOUTS_A_SECOND,
    JUDGED_AT,
    KIB_A_CONNECTION,
    RIVALS,
    Message,
    MessageFigures,
    TerminalReport,
)
from faelles.doors.command.output import show_table, tell
from faelles.doors.command.words import words


def show_terminals(report: TerminalReport) -> None:
    show_table(
        [
            "bench_message", "bench_connections", "bench_calls_a_second", "bench_p50", "bench_p95", "bench_p99",
            "bench_program", "bench_in_database", "bench_both", "bench_bar",
        ],
        [_line(each) for each in report.messages],
        title=words("bench_title_terminals"),
    )  # fmt: skip
    for each in report.messages:
        if (each.message, each.connections) == (Message.CHECKOUT, JUDGED_AT):
            _tell_checkouts(each)
    idle, race = report.idle, report.race
    tell(
        "bench_idle",
        connections=idle.connections,
        kib=f"{idle.kib_each:.0f}",
        verdict=_verdict(f"{KIB_A_CONNECTION:g}", is_met=idle.kib_each < KIB_A_CONNECTION),
    )
    verdict = _verdict(str(race.rounds), is_met=race.won_once == race.rounds)
    tell("bench_race", rivals=RIVALS, rounds=race.rounds, won_once=race.won_once, verdict=verdict)


def _tell_checkouts(each: MessageFigures) -> None:
    tell(
        "bench_checkouts",
        a_second=f"{each.calls_a_second.median:.0f}",
        speed=_verdict(f"{CHECKOUTS_A_SECOND:g}", is_met=each.calls_a_second.median >= CHECKOUTS_A_SECOND),
        p99=f"{each.p99_ms:.1f}",
        patience=_verdict(f"{CHECKOUT_P99_MS:g}", is_met=each.p99_ms < CHECKOUT_P99_MS),
    )


def _line(each: MessageFigures) -> Iterator[object]:
    yield f"{each.message} {words(f'bench_message_{each.message.name.lower()}')}"
    yield each.connections
    yield f"{each.calls_a_second.median:.0f}"
    yield from (f"{value:.2f}" for value in (each.p50_ms, each.p95_ms, each.p99_ms))
    yield from (f"{cpu.median:.3f}" for cpu in (each.program_cpu_ms, each.database_cpu_ms, each.cpu_ms))
    yield None if each.bar is None or each.is_met is None else _verdict(f"{each.bar:g}", is_met=each.is_met)


def _verdict(bar: str, *, is_met: bool) -> str:
    return words("bench_bar_met" if is_met else "bench_bar_missed", bar=bar)
