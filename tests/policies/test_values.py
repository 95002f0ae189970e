"""A value as people read it."""

import pytest

from faelles.ground.i18n import Language, knows
from faelles.policies.knob import Unit
from faelles.policies.knobs import KNOBS
from faelles.policies.values import value_text


@pytest.mark.parametrize(
    ("unit", "value", "danish", "english"),
    [
        (Unit.YES_NO, True, "Ja", "Yes"),
        (Unit.COUNT, 3, "3", "3"),
        (Unit.DAYS, 28, "28 dage", "28 days"),
        (Unit.DAYS, 1, "1 dag", "1 day"),
        (Unit.ORE, 2000, "20,00 kr.", "DKK 20.00"),
        (Unit.DATE, "2026-12-24", "24. december 2026", "24 December 2026"),
        (Unit.DATE, None, "Ingen dato", "No date"),
        (Unit.COUNT, None, "Ingen grænse", "No limit"),
        (Unit.CHOICE, "next_open_day", "Næste åbne dag", "Next open day"),
    ],
)
def test_a_value_is_told_in_its_unit(unit, value, danish, english):
    told = [value_text(unit, value, language).replace("\xa0", " ") for language in (Language.DANISH, Language.ENGLISH)]
    assert told == [danish, english]


@pytest.mark.parametrize("language", list(Language))
def test_every_choice_has_words(language):
    silent = {value for knob in KNOBS.values() for value in knob.choices if not knows(f"knob_choice_{value}", language)}
    assert not silent
