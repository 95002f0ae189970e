"""Whatever the match log notes of a hold can be read in both languages."""

import pytest

from faelles.ground.i18n import Language, knows


@pytest.mark.parametrize("outcome", ["matched", "released", "captured", "moved", "not_on_shelf"])
@pytest.mark.parametrize("language", list(Language))
def test_every_outcome_has_a_sentence(outcome: str, language: Language):
    assert knows(f"hold_log_{outcome}", language)
