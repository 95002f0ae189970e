"""What happened is told in words, whatever it was."""

import re

import pytest

from faelles.ground.i18n import Language, knows
from house import SOURCE

_KIND = re.compile(r'"([a-z]+(?:_[a-z]+)*\.[a-z_]+)"')
ROOMS = [file for file in sorted(SOURCE.rglob("events.py")) if "doors" not in file.relative_to(SOURCE).parts]


@pytest.mark.parametrize("language", Language)
def test_every_kind_of_event_has_words_on_the_screen(language: Language):
    kinds = {kind for file in ROOMS for kind in _KIND.findall(file.read_text("utf-8"))}
    assert len(kinds) > 40
    assert {kind for kind in kinds if not knows("event_" + kind.replace(".", "_"), language)} == set()
