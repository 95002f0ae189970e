"""A knob's value in words: `20,00 kr.` for 2000 øre, `28 dage`, `Ja`, `Næste åbne dag`. Pure."""

from datetime import date

from faelles.ground.i18n import Language, date_text, money_text, text
from faelles.policies.knob import Unit
from faelles.policies.requests import KnobValue


def value_text(unit: Unit, value: KnobValue, language: Language) -> str:
    if value is None:
        return text("knob_value_no_date" if unit is Unit.DATE else "knob_value_no_limit", language)
    if isinstance(value, bool):
        return text("knob_value_yes" if value else "knob_value_no", language)
    if isinstance(value, int):
        return _number_text(unit, value, language)
    if unit is Unit.DATE:
        return date_text(date.fromisoformat(value), language)
    return text(f"knob_choice_{value}", language)


def _number_text(unit: Unit, value: int, language: Language) -> str:
    if unit is Unit.ORE:
        return money_text(value, language)
    if unit is Unit.COUNT:
        return str(value)
    return text(f"knob_value_{unit}", language, {"count": value})
