"""A knob's values as people read and type them: `20,00 kr.` for 2000 øre, `28 dage`, `Ja`."""

import re
from typing import Final

from faelles.doors.web.money.amounts import kroner_text, ore_of
from faelles.ground.errors import InvalidRequestError
from faelles.ground.i18n import Language
from faelles.policies.knob import Unit
from faelles.policies.requests import KnobShown, KnobValue
from faelles.policies.values import value_text

NO_LIMIT: Final = "none"
"""What a form sends for null."""
_WHOLE: Final = re.compile(r"^-?\d{1,9}$")


def shown(knob: KnobShown, value: KnobValue, language: Language) -> str:
    return value_text(Unit(knob.unit), value, language)


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
