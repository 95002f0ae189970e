"""Public holidays of a country or its subdivision, and the further days its libraries close by custom.

Public holidays come from the `holidays` library, which follows the law of each year (Great Prayer Day is one in
Denmark until 2023). Custom is no law: it stands in data/customary_closing_days.csv.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

import holidays

from faelles.agencies.tables import table


def is_known(code: str) -> bool:
    """Whether there is a calendar for `code`: `DK`, `GL`, `DE-SH` ... (ISO 3166)."""
    country, dash, subdivision = code.partition("-")
    subdivisions = holidays.list_supported_countries().get(country)
    return subdivisions is not None and (not dash or subdivision in subdivisions)


@cache
def public_holidays(code: str, year: int) -> Mapping[date, str]:
    """The days of `year` that are holidays by law, with their names in the country's own language."""
    country, _, subdivision = code.partition("-")
    own_language = holidays.country_holidays(country).default_language
    found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language=own_language)
    return MappingProxyType(dict(sorted(found.items())))


@cache
def customary_closing_days(code: str, year: int) -> Mapping[date, str]:
    """The further days of `year` on which libraries close their desks by custom."""
    return MappingProxyType(
        {
            date(year, int(row["month"]), int(row["day"])): row["name"]
            for row in table("customary_closing_days")
            if row["holiday_calendar"] == code
        }
    )
