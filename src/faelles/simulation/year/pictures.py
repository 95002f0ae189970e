"""A year as two pictures (SVG): the money, and what was said when. Pure."""

from faelles.ground.i18n import Language, text
from faelles.simulation.plot import columns, lines
from faelles.simulation.year.model import YearReport

_KRONE = 100


def money(report: YearReport, language: Language) -> str:
    """What was claimed since the year began, and what of it is owed, in kroner."""
    series = [
        (text("simulate_year_claimed", language), [each.claimed_ore / _KRONE for each in report.books]),
        (text("simulate_year_outstanding", language), [each.outstanding_ore / _KRONE for each in report.books]),
    ]
    days = [each.day.isoformat() for each in report.books]
    return lines(text("simulate_year_books", language), days, series, text("simulate_year_kroner", language))


def notices(report: YearReport, language: Language) -> str:
    """How many were sent in each month."""
    title, unit = text("simulate_year_told", language), text("simulate_year_notices", language)
    return columns(title, list(report.told_by_month.items()), unit)
