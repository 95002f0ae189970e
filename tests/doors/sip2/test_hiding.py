"""Nothing that says who somebody is, and no secret, is left in a message that is kept or shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.doors.sip2.hiding import hidden
from faelles.doors.sip2.messages import DEFINITIONS, FIELD_NAMES

DATE = "20261122    120000"
PRIVATE = {"AA", "AC", "AD", "AE", "AL", "AS", "AT", "AU", "AV", "BD", "BE", "BF", "BU", "CD", "CO", "CY", "DA", "PB"}
MARK = "Åse17Østergård"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("9300CNdk-710100.hall-2|COhemmelig|CPHB|", "9300CNdk-710100.hall-2|CO***|CPHB|"),
        (f"11YN{DATE}{DATE}AOx|AA0102031234|AB0000000017|AC|AD4711|BON|AY1AZF3D2",
         f"11YN{DATE}{DATE}AOx|AA**********|AB0000000017|AC|AD***|BON|AY1AZF3D2"),
        ("9900802.00AY1AZFCA0", "9900802.00AY1AZFCA0"),
        (f"17001{DATE}AOx|AB0000000017|", None),
        ("2300120261122AOx|AA0102031234|", None),
        ("64AA0102031234", "64AA**********"),
        ("ZZ0102031234", "ZZ**********"),
        ("55nothing|XY0102031234", "55*******|************"),
        ("", ""),
        (f"09N{DATE}{DATE}APHB|AOx|AB1|QQhvem|", f"09N{DATE}{DATE}APHB|AOx|AB1|******|"),
        ("98YYYYYN30000320261122    1200002.00AODK|AF0102031234 er glemt\x00|", None),
    ],
)  # fmt: skip
def test_what_must_be_hidden_is_and_the_rest_is_there(message, shown):
    if shown is not None:
        assert hidden(message) == shown
    assert "0102031234" not in hidden(message)
    assert hidden(message).isprintable()


@pytest.mark.parametrize("code", DEFINITIONS)
def test_no_message_shows_a_private_field(code):
    fixed = "0" * DEFINITIONS[code].length
    fields = "".join(f"{name}{MARK}|" for name in sorted(PRIVATE))
    for message in (f"{code}{fixed}{fields}", f"{code}{fixed}AOx|{fields}", f"{code}{fixed}||{fields}AY0AZ0000"):
        assert MARK not in hidden(message)
        assert "AO" not in message or "AOx" in hidden(message)


def test_fields_nobody_thought_of_are_hidden():
    assert all(MARK not in hidden(f"99{'0' * 8}{name}{MARK}|") for name in ("ZZ", "PT", "PI", "zz", "A", ""))


@given(st.text(max_size=200))
def test_any_text_can_be_hidden(text):
    assert hidden(text).count("|") == text.count("|")


@given(st.sampled_from(sorted(DEFINITIONS)), st.text("0123456789YN |A", max_size=40), st.sampled_from(sorted(PRIVATE)))
def test_a_broken_message_hides_its_private_fields_too(code, junk, name):
    assert MARK not in hidden(f"{code}{junk}|{name}{MARK}|")


def test_every_field_that_is_private_is_one_of_the_documents_or_an_extension():
    assert FIELD_NAMES.keys() >= PRIVATE
