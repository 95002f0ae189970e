import pytest

from faelles.ground.i18n import Language, knows
from faelles.policies.knob import Knob, Unit
from faelles.policies.knobs import KNOBS, OVERDUE_STEPS
from faelles.policies.model import Source, WhyLost


@pytest.mark.parametrize("knob", KNOBS.values(), ids=list(KNOBS))
def test_every_knob_has_a_title_a_help_and_named_choices_in_both_languages(knob: Knob[object]):
    said = [f"knob_{knob.name}", f"knob_{knob.name}_help", *(f"knob_choice_{choice}" for choice in knob.choices)]
    assert [code for code in said for language in Language if not knows(code, language)] == []


@pytest.mark.parametrize("knob", KNOBS.values(), ids=list(KNOBS))
def test_every_default_is_a_value_of_its_knob(knob: Knob[object]):
    assert knob.decode(knob.default) == knob.default


def test_every_outcome_has_a_text_in_both_languages():
    said = [
        *(f"policy_{why.value}" for why in WhyLost),
        *(f"policy_source_{source.value}" for source in Source),
        *(f"knob_needs_{unit.value}" for unit in Unit),
    ]
    assert [code for code in said for language in Language if not knows(code, language)] == []


def test_the_steps_of_the_overdue_fee_begin_on_days_1_8_and_31():
    assert [first_day for first_day, _, _ in OVERDUE_STEPS] == [1, 8, 31]
