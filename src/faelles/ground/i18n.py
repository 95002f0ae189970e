"""Texts for people, Danish first. The message id is the stable code of what is said (`item_on_loan_to_other`), the
catalogues in ground/locales/<language>/<room>.po hold the sentences, with named parameters:
`Materialet skal afleveres {due}`. A sentence with a number in it, `{count}`, has a form for one and one for the rest.

Every door asks here; no other module puts words together. Catalogues are gettext files kept with Babel.
"""

import gettext
import io
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency
from babel.units import format_unit

_ZONE = "Europe/Copenhagen"
"""Of a moment in a sentence, where nobody knows the branch."""


_SEVERAL = 2
"""Of what is not counted in figures, as `10+`."""


class Language(StrEnum):
    DANISH = "da"
    ENGLISH = "en"


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    """All rooms' catalogues of a language, compiled from source at first use: no build step to forget."""
    whole = Catalog(locale=language.value)
    folder = resources.files("faelles.ground") / "locales" / language.value
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        for message in read_po(io.BytesIO(file.read_bytes()), locale=language.value):
            if message.id:
                whole.add(message.id, message.string)
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def text(code: str, language: Language, parameters: Mapping[str, object] | None = None) -> str:
    """The sentence for `code`. An unknown code is shown as it is: better a code than nothing at the desk."""
    known = parameters or {}
    sentence = _sentence(code, language, known.get("count"))
    return sentence.format_map(_Shown(known, language)) if "{" in sentence else sentence


def _sentence(code: str, language: Language, count: object) -> str:
    """The form of the sentence that the number asks for, where it has several."""
    catalogue = _catalogue(language)
    counted = catalogue.ngettext(code, code, count if isinstance(count, int) else _SEVERAL)
    return counted if counted != code else catalogue.gettext(code)


def knows(code: str, language: Language) -> bool:
    return _catalogue(language).gettext(code) != code


@lru_cache(maxsize=1024)
def money_text(ore: int, language: Language, currency: str = "DKK") -> str:
    """Danish: `20,00 kr.`; English: `DKK 20.00`."""
    # Babel alone would write `DKK20.00` in English.
    pattern = None if language is Language.DANISH else "¤\N{NO-BREAK SPACE}#,##0.00"
    return format_currency(ore / 100, currency, pattern, locale=_locale(language))


@lru_cache(maxsize=1024)
def date_text(day: date, language: Language) -> str:
    """Danish: `24. december 2026`; English: `24 December 2026`."""
    return format_date(day, format="long", locale=_locale(language))


@lru_cache(maxsize=512)
def country_text(country: str, language: Language) -> str:
    """The name of a country that is given by its code (ISO 3166-1), as `Sverige`; what is no code stays as it is."""
    return str(Locale(language.value).territories.get(country.strip().upper(), country.strip()))


def moment_text(moment: datetime, language: Language, zone: str) -> str:
    """Date and clock in the zone of the branch (IANA name)."""
    return format_datetime(moment.astimezone(ZoneInfo(zone)), format="medium", locale=_locale(language))


def _locale(language: Language) -> str:
    return "da_DK" if language is Language.DANISH else "en_GB"


class _Shown(dict[str, object]):
    """Parameters as people read them: money (`..._ore`) and days (`..._on`, ISO 8601; empty: no end) written out in the
    language, the rest as they are. A sentence may ask for the name of a code among them, `{code_name}` is what the
    catalogue says to `code_<its value>`, for a number with its unit (`{days_counted}` is `1 dag` or `3 dage`), and for
    when that is (`{in_days}` is `i dag` or `om 3 dage`).
    """

    def __init__(self, parameters: Mapping[str, object], language: Language) -> None:
        super().__init__(parameters)
        self._language = language

    def __getitem__(self, name: str) -> object:
        value = super().__getitem__(name)
        if isinstance(value, datetime):
            return moment_text(value, self._language, _ZONE)
        if name.endswith("_ore") and isinstance(value, int):
            return money_text(value, self._language)
        if name.endswith("_on") and isinstance(value, str):
            return date_text(date.fromisoformat(value), self._language) if value else text("no_end", self._language)
        return date_text(value, self._language) if isinstance(value, date) else value

    def __missing__(self, name: str) -> str:
        if name == "days_counted" and "days" in self:
            return format_unit(int(str(self["days"])), "duration-day", locale=_locale(self._language))
        if name == "in_days" and "days" in self:
            return text("in_days" if self["days"] else "in_days_today", self._language, {"days": self["days"]})
        of = name.removesuffix("_name")
        if of != name and of in self:
            return text(f"{of}_{self[of]}", self._language)
        return "{" + name + "}"
