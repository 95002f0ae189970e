"""Every kind has its wording, its name and a rule for when it is true."""

import pytest

from faelles.ground.i18n import Language, knows
from faelles.notices.model import About, ChannelName, Form, MessageState, kinds
from faelles.notices.sending import rules
from faelles.notices.templates.engine import problems
from faelles.notices.templates.model import FRAME, MADE_UP
from faelles.notices.templates.store import own_wording
from faelles.notices.templates.wording import sample_values


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("kind", [*kinds(), FRAME])
def test_every_kind_is_worded_for_paper_and_telephone_in_both_languages(kind, form, language):
    wording = own_wording()[kind, form, language]
    values = sample_values([MADE_UP, MADE_UP])
    assert [*problems("subject", wording.subject, values), *problems("body", wording.body, values)] == []
    assert wording.subject or form is Form.SHORT


def test_wording_is_for_kinds_that_there_are():
    assert {kind for kind, _, _ in own_wording()} == {*kinds(), FRAME}


@pytest.mark.parametrize("language", list(Language))
def test_kinds_ways_and_states_have_names(language):
    said = [f"notice_{kind}" for kind in kinds()]
    said += [f"channel_{channel}" for channel in ChannelName] + [f"message_{state}" for state in MessageState]
    assert [code for code in said if not knows(code, language)] == []


def test_what_is_about_the_patron_alone_needs_no_facts():
    alone = {name for name, kind in kinds().items() if kind.about is About.PATRON}
    assert alone == rules._WITHOUT_FACTS


def test_there_are_the_kinds_that_a_library_needs():
    assert len(kinds()) >= 23
