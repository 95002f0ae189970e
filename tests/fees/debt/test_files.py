from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.fees.debt import files, rules
from faelles.fees.debt.model import Answer, AnswerKind
from faelles.ground.errors import InvalidRequestError

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEAD = files.Head(content="answers", agency="DK-710100", number=7, made_at=NOW)
PAID = Answer(id="p-1", kind=AnswerKind.PAYMENT, claim=17, amount_ore=5_000)

answers = st.lists(
    st.builds(
        Answer,
        id=st.text("abc-1", min_size=1, max_size=8),
        kind=st.sampled_from(AnswerKind),
        message=st.none() | st.integers(1, 9),
        claim=st.none() | st.integers(1, 9),
        amount_ore=st.none() | st.integers(1, 900),
        on=st.none() | st.dates(),
        reason=st.none() | st.text("æøå x", min_size=1, max_size=8).filter(str.strip),
    )
)


def decode(content: bytes, expected: str = "answers", agency: str = "DK-710100"):
    return files.decode(content, Answer, expected=expected, agency=agency)


@given(answers)
def test_what_was_written_is_read_again(lines):
    assert decode(files.encode(HEAD, lines)) == (HEAD, lines)


@given(answers, st.data())
def test_no_cut_and_no_changed_byte_goes_unnoticed(lines, data):
    content = files.encode(HEAD, lines)
    place = data.draw(st.integers(0, len(content) - 2))
    for harmed in (content[:place], content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]):
        try:
            assert decode(harmed) == (HEAD, lines)
        except InvalidRequestError:
            continue


@pytest.mark.parametrize(
    ("expected", "agency"), [("messages", "DK-710100"), ("balances", "DK-710100"), ("answers", "DK-720100")]
)
def test_a_file_of_another_kind_or_for_somebody_else_is_refused(expected, agency):
    with pytest.raises(InvalidRequestError, match="debt_file_not_ours"):
        decode(files.encode(HEAD, [PAID]), expected, agency)


@pytest.mark.parametrize("line", [b"{}\n", b"not json\n", b'{"id":"x","kind":"gift","claim":1}\n', b"\xff\xfe\n"])
def test_a_line_that_cannot_be_read_is_named(line):
    rows = files.encode(HEAD, [PAID]).splitlines(keepends=True)
    body = rows[0] + rows[1] + line
    end = b'{"end":true,"lines":2,"sha256":"' + files.digest(body).hex().encode() + b'"}\n'
    with pytest.raises(InvalidRequestError, match="debt_file_line_malformed") as problem:
        decode(body + end)
    assert problem.value.parameters == {"line": 3}


balances = st.dictionaries(st.integers(1, 8), st.integers(-5, 5))


@given(balances, balances)
def test_two_sides_agree_exactly_when_nothing_is_found(told, theirs):
    found = rules.differences(told, theirs)
    everything = told.keys() | theirs.keys()
    assert (found == []) == all(told.get(claim, 0) == theirs.get(claim, 0) for claim in everything)
