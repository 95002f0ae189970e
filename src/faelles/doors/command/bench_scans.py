"""What `faelles bench` says of the scan field."""

from faelles.bench.scans.model import DESKS, P99_MS, ScanFigures
from faelles.doors.command.output import tell
from faelles.doors.command.words import words


def show_scans(figures: ScanFigures) -> None:
    tell(
        "bench_scans_told",
        scans=figures.scans,
        desks=DESKS,
        a_second=f"{figures.scans_a_second:.0f}",
        p50=f"{figures.p50_ms:.1f}",
        p95=f"{figures.p95_ms:.1f}",
        p99=f"{figures.p99_ms:.1f}",
        program=f"{figures.program_cpu_ms:.2f}",
        database=f"{figures.database_cpu_ms:.2f}",
        verdict=words("bench_bar_met" if figures.is_met else "bench_bar_missed", bar=f"{P99_MS:g}"),
    )
