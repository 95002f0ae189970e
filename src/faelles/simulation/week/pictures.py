"""A week as two pictures (SVG): how long people waited, and what was on its way when. Pure."""

from faelles.ground.i18n import Language, text
from faelles.simulation.plot import columns, lines
from faelles.simulation.week.model import WeekReport


def waiting_times(report: WeekReport, language: Language) -> str:
    """Of the holds that became ready: how many after how many whole days."""
    bars = [(text("simulate_days", language, {"days": day}), number) for day, number in enumerate(report.waited)]
    return columns(text("simulate_waited", language), bars, text("simulate_holds", language))


def in_transit(report: WeekReport, language: Language) -> str:
    """Copies on their way and holds that are ready, by the hour."""
    moments = [
        text("simulate_moment", language, {"day": each.day + 1, "hour": f"{each.hour:02d}"}) for each in report.samples
    ]
    series = [
        (text("hold_state_in_transit", language), [each.in_transit for each in report.samples]),
        (text("hold_state_ready", language), [each.ready for each in report.samples]),
    ]
    return lines(text("simulate_in_transit", language), moments, series, text("simulate_copies", language))
