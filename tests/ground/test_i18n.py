import io
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from faelles.ground import i18n
from faelles.ground.i18n import Language, date_text, knows, moment_text, money_text, text

LOCALES = Path(i18n.__file__).parent / "locales"
DANISH, ENGLISH = Language.DANISH, Language.ENGLISH


@pytest.fixture
def sentence(monkeypatch: pytest.MonkeyPatch):
    """A code that says what the test wants."""

    class OneSentence:
        said = ""

        def gettext(self, _: str) -> str:
            return self.said

        def ngettext(self, code: str, *_: object) -> str:
            return code

    def say(words: str) -> str:
        OneSentence.said = words
        return "a_code"

    monkeypatch.setattr(i18n, "_catalogue", lambda _: OneSentence())
    return say


def plain(words: str) -> str:
    """With ordinary spaces."""
    return words.replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (DANISH, "Databasen svarer ikke lige nu. Prøv igen om et øjeblik."),
        (ENGLISH, "The database does not answer just now. Try again in a moment."),
    ],
)
def test_a_code_is_said_in_the_language_asked_for(language, said):
    assert text("database_unavailable", language) == said


def test_parameters_are_put_in_by_name():
    said = text("setting_not_a_number", ENGLISH, {"setting": "FAELLES_HTTP_PORT", "highest": 65535})
    assert said == "FAELLES_HTTP_PORT must be a whole number from 1 to 65535."


@pytest.mark.parametrize("language", list(Language))
def test_an_unknown_code_is_shown_as_it_is(language):
    assert text("no_such_code", language, {"due": 1}) == "no_such_code"
    assert not knows("no_such_code", language)


@pytest.mark.parametrize(("language", "said"), [(DANISH, "Gebyr: 1.234,50 kr."), (ENGLISH, "Gebyr: DKK 1,234.50")])
def test_money_is_written_out_in_the_language(sentence, language, said):
    assert plain(text(sentence("Gebyr: {fee_ore}"), language, {"fee_ore": 123450})) == said


@pytest.mark.parametrize(("language", "said"), [(DANISH, "Senest 5. maj 2026"), (ENGLISH, "Senest 5 May 2026")])
def test_a_day_is_written_out_in_the_language(sentence, language, said):
    assert text(sentence("Senest {due}"), language, {"due": date(2026, 5, 5)}) == said


@pytest.mark.parametrize(
    ("language", "days", "said"),
    [(DANISH, 1, "Om 1 dag."), (DANISH, 3, "Om 3 dage."), (ENGLISH, 1, "Om 1 day."), (ENGLISH, 3, "Om 3 days.")],
)
def test_a_number_of_days_takes_its_unit_with_it(sentence, language, days, said):
    assert text(sentence("Om {days_counted}."), language, {"days": days}) == said


@pytest.mark.parametrize(
    ("language", "days", "said"),
    [(DANISH, 0, "der i dag."), (DANISH, 1, "der om 1 dag."), (ENGLISH, 0, "there today."), (ENGLISH, 3, "in 3 days.")],
)
def test_what_comes_in_no_days_comes_today(language, days, said):
    assert text("why_this_van", language, {"days": days}).endswith(said)


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        (DANISH, 0, "Låneren har 0 reserveringer; grænsen er 1."),
        (DANISH, 1, "Låneren har 1 reservering; grænsen er 1."),
        (ENGLISH, 1, "The patron has 1 hold; the limit is 1."),
        (ENGLISH, 20, "The patron has 20 holds; the limit is 1."),
        (ENGLISH, "20+", "The patron has 20+ holds; the limit is 1."),
    ],
)
def test_one_is_not_said_as_several(language, count, said):
    assert text("exceeds_max_reservations", language, {"count": count, "limit": 1}) == said


def test_a_moment_in_a_sentence_is_danish_time(sentence):
    said = text(sentence("Kl. {at}"), DANISH, {"at": datetime(2026, 7, 1, 22, 30, tzinfo=UTC)})
    assert said == "Kl. 2. jul. 2026 00.30.00"


def test_a_missing_parameter_is_left_to_be_seen(sentence):
    assert text(sentence("Senest {due} til {fee_ore}"), DANISH, {"other": 1}) == "Senest {due} til {fee_ore}"


def test_braces_in_a_value_are_only_braces(sentence):
    assert text(sentence("{title}"), DANISH, {"title": "{due} {0} {"}) == "{due} {0} {"


def test_a_sentence_without_parameters_is_said_word_by_word(sentence):
    assert text(sentence("100 % færdig"), DANISH, {"title": "x"}) == "100 % færdig"


@pytest.mark.parametrize(
    ("ore", "danish", "english"),
    [(0, "0,00 kr.", "DKK 0.00"), (5, "0,05 kr.", "DKK 0.05"), (-2000, "-20,00 kr.", "-DKK 20.00")],
)
def test_money_of_all_sizes(ore, danish, english):
    assert (plain(money_text(ore, DANISH)), plain(money_text(ore, ENGLISH))) == (danish, english)


def test_no_oere_is_lost_in_large_sums():
    assert plain(money_text(9_007_199_254_740_9, DANISH)) == "900.719.925.474,09 kr."


def test_a_moment_is_told_in_the_zone_of_the_branch():
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert date_text(moment.date(), DANISH) == "31. december 2026"
    assert moment_text(moment, DANISH, "Europe/Copenhagen") == "1. jan. 2027 00.30.00"
    assert moment_text(moment, ENGLISH, "America/Nuuk") == "31 Dec 2026, 21:30:00"


@pytest.mark.parametrize("file", sorted(LOCALES.glob("*/*.po")), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_catalogue_is_read(file):
    language = Language(file.parent.name)
    messages = [message for message in read_po(io.BytesIO(file.read_bytes()), abort_invalid=True) if message.id]
    codes = [message.id if isinstance(message.id, str) else message.id[0] for message in messages]
    assert codes
    assert [code for code in codes if not knows(code, language)] == []


@pytest.mark.parametrize("file", sorted(LOCALES.glob("*/*.po")), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_money_brings_its_own_unit_and_in_danish_its_own_full_stop(file):
    messages = [message for message in read_po(io.BytesIO(file.read_bytes())) if message.id]
    unit_twice = [message.id for message in messages if re.search(r"_ore\} (øre|kr)", str(message.string))]
    stop_twice = [message.id for message in messages if re.search(r"_ore\}\.", str(message.string))]
    assert unit_twice == []
    assert stop_twice == [] or file.parent.name != DANISH
