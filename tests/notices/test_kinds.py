"""Every kind has its wording, its name and a rule for when it is true."""

from dataclasses import replace

import pytest

from faelles.ground.i18n import Language, knows
from faelles.notices.model import About, ChannelName, Form, MessageState, kinds
from faelles.notices.sending import rules
from faelles.notices.templates.engine import problems
from faelles.notices.templates.model import FRAME, Entry, made_up
from faelles.notices.templates.store import own_wording
from faelles.notices.templates.wording import Addressed, Section, Wording, sample_values


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("kind", [*kinds(), FRAME])
def test_every_kind_is_worded_for_paper_and_telephone_in_both_languages(kind, form, language):
    wording = own_wording()[kind, form, language]
    values = sample_values([made_up(kind, language)] * 2)
    assert [*problems("subject", wording.subject, values), *problems("body", wording.body, values)] == []
    assert wording.subject or form is Form.SHORT


LONG = Entry(
    title="Kineserne syr med lang tråd og meget mere end det : på togt med Nordkaperen op ad Yangtze",
    due="24. december 2027",
    days_overdue="9",
    branch="Hovedbiblioteket",
    copies="24",
    deadline="31. december 2027",
    shelf="117",
    amount="120,00\N{NO-BREAK SPACE}kr.",
    what="Gebyr",
    day="1. december 2027",
    text="Ring til os.",
)


def said_to(kind: str, form: Form, language: Language, *entries: Entry) -> str:
    to = Addressed(name="Karla Kofoed", library="København", form=form, language=language)
    return Wording({}).message(to, [Section(kind, entries)])[1]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", kinds())
def test_what_goes_to_a_telephone_is_one_short_message_and_in_its_alphabet(kind, language):
    said = said_to(kind, Form.SHORT, language, LONG)
    assert len(said) <= 160
    assert not set(said) & {"\N{NO-BREAK SPACE}", "\N{HORIZONTAL ELLIPSIS}"}


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("kind", kinds())
def test_no_sentence_ends_with_two_stops(kind, form):
    assert ".." not in said_to(kind, form, Language.DANISH, LONG).replace("...", "")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("form", list(Form))
def test_two_words_by_hand_on_one_day_are_both_said(form, language):
    said = said_to("library_message", form, language, LONG, replace(LONG, text="Eller kom forbi."))
    assert "Ring til os." in said
    assert "Eller kom forbi." in said


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("kind", ["fee_raised", "replacement_bill", "payment_receipt", "exclusion_warning"])
def test_every_amount_is_named(kind, form, language):
    said = said_to(kind, form, language, LONG, replace(LONG, amount="20,00 kr."))
    assert "120,00" in said
    assert "20,00" in said.replace("120,00", "")


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
