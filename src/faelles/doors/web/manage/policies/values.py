"""A knob's values as people read and type them: `20,00 kr.` for 2000 øre, `28 dage`, `Ja`."""

import re
from datetime import date
from typing import Final

from babel.dates import format_date

from faelles.doors.web.money.amounts import kroner_text, ore_of
from faelles.ground.errors import InvalidRequestError
from faelles.ground.i18n import Language, money_text, text
from faelles.policies.knob import Unit
from faelles.policies.requests import KnobShown, KnobValue

NO_LIMIT: Final = "none"
"""What a form sends for null."""
_WHOLE: Final = re.compile(r"^-?\d{1,9}$")


def shown(knob: KnobShown, value: KnobValue, language: Language) -> str:
    if value is None:
        return text("web_knob_no_date" if knob.unit == Unit.DATE else "web_knob_no_limit", language)
    if isinstance(value, bool):
        return text("web_yes" if value else "web_no", language)
    if isinstance(value, int):
        return _number(knob, value, language)
    if knob.unit == Unit.DATE:
        return format_date(date.fromisoformat(value), format="long", locale=language.value)
    return knob.choices.get(value, value)


def _number(knob: KnobShown, value: int, language: Language) -> str:
    if knob.unit == Unit.ORE:
        return money_text(value, language)
    if knob.unit == Unit.COUNT:
        return str(value)
    return text(f"web_unit_{knob.unit}_one" if value == 1 else f"web_unit_{knob.unit}", language, {"count": value})


def typed(knob: KnobShown, value: KnobValue) -> str:
    """As the field of a form holds it."""
    if value is None:
        return NO_LIMIT if knob.may_be_empty else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if knob.unit == Unit.ORE and isinstance(value, int):
        return kroner_text(value)
    return str(value)


def read(knob: KnobShown, sent: str) -> KnobValue:
    """What the field means; what means nothing is handed on as it is, for the rules' own problem with it."""
    sent = sent.strip()
    if sent == NO_LIMIT and knob.may_be_empty:
        return None
    if knob.unit == Unit.YES_NO:
        return {"true": True, "false": False}.get(sent, sent)
    if knob.unit == Unit.ORE:
        return _ore(sent)
    if knob.unit in {Unit.DATE, Unit.CHOICE}:
        return sent
    return int(sent) if _WHOLE.match(sent) else sent


def _ore(sent: str) -> KnobValue:
    try:
        return ore_of(sent, "value")
    except InvalidRequestError:
        return sent
