"""Templates: the one environment that makes pages, with the words, dates and money of the reader's language."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlencode

from babel.dates import format_timedelta
from jinja2 import Environment, PackageLoader, StrictUndefined

from faelles.circulation.desk.issues import IssueNamed, with_issue
from faelles.doors.web.assets import address
from faelles.doors.web.request import WebRequest
from faelles.ground import i18n
from faelles.ground.alphabet import by_name
from faelles.ground.i18n import Language
from faelles.people.model import Caller, Permission

_ZONE: Final = "Europe/Copenhagen"
"""Of moments on a page that no branch stands behind."""


class Pages:
    """Everything under `templates`, compiled once."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("faelles.doors.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters["by_name"] = by_name
        self._environment.globals["static"] = address
        self._environment.globals["Permission"] = Permission

    def shown(self, template: str, request: WebRequest, context: Mapping[str, object]) -> str:
        return self._environment.get_template(template).render({**_common(request), **context})

    def shown_to_all(self, template: str, language: Language) -> str:
        """A page that is the same for everybody who reads the language."""
        return self._environment.get_template(template).render(_spoken(language))


def _common(request: WebRequest) -> dict[str, object]:
    """What every page can say, whoever reads it."""
    return _spoken(request.language) | {
        "caller": request.signed_in,
        "permitted": _permitted(request.signed_in),
        "csrf": request.form_token,
        "here": request.url.path,
        "come_back": _come_back(request),
    }


def _come_back(request: WebRequest) -> str:
    """The page once more, as it was asked for: in another language, or at another desk."""
    asked = [(name, value) for name, value in parse_qsl(request.url.query) if name != "done"]
    return request.url.path + ("?" + urlencode(asked) if asked and request.method == "GET" else "")


def _permitted(caller: Caller | None) -> frozenset[Permission | None]:
    """What the reader may do somewhere; None stands for what everybody may."""
    held = () if caller is None else [grant.permissions for grant in caller.grants]
    return frozenset[Permission | None]({None}).union(*held)


def _spoken(language: Language) -> dict[str, object]:
    return {
        "language": language.value,
        "t": partial(_words, language),
        "money": partial(_money, language),
        "day": partial(_day, language),
        "moment": partial(_moment, language),
        "ago": partial(_ago, language),
        "titled": partial(_titled, language),
    }


def _words(language: Language, code: str, **parameters: object) -> str:
    return i18n.text(code, language, parameters)


def _titled(language: Language, title: str, issue: IssueNamed | None) -> str:
    return with_issue(title, issue, language)


def _money(language: Language, ore: int) -> str:
    return i18n.money_text(ore, language)


def _day(language: Language, day: date | None, *, is_short: bool = False) -> str:
    """`24. december 2026`, or short `24.12.2026` in a table."""
    if day is None:
        return ""
    if not is_short:
        return i18n.date_text(day, language)
    return day.strftime("%d.%m.%Y" if language is Language.DANISH else "%d/%m/%Y")


def _moment(language: Language, at: datetime | None) -> str:
    return "" if at is None else i18n.moment_text(at, language, _ZONE)


def _ago(language: Language, since: datetime, now: datetime) -> str:
    return format_timedelta(now - since, locale=language.value, add_direction=False)
