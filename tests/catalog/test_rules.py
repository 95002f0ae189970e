import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.catalog import rules
from faelles.catalog.loading import demo_records, language_code, parse_line
from faelles.catalog.model import NewRecord, Record
from faelles.ground.ids import AgencyId, RecordId

STEMS = st.text("0123456789", min_size=7, max_size=8)


@pytest.mark.parametrize("faust", ["29494940", "28511663", "22254901"])
def test_real_faust_numbers_are_recognised(faust):
    assert rules.is_faust(faust)


@pytest.mark.parametrize("number", ["", "2949494", "29494941", "2949494X", "294949400000", "२९४९४९४०", "29494940\n"])
def test_anything_else_is_no_faust_number(number):
    assert not rules.is_faust(number)


def test_every_number_of_the_demo_file_is_a_faust_number():
    with gzip.open(demo_records()) as lines:
        assert all(rules.is_faust(json.loads(line)["faust"]) for line in lines)


@given(STEMS)
def test_exactly_the_check_digit_completes_a_faust_number(stem):
    check = rules.faust_check_digit(stem)
    assert [digit for digit in range(10) if rules.is_faust(f"{stem}{digit}")] == ([] if check is None else [check])


@given(STEMS, st.data())
def test_one_wrong_digit_is_always_noticed(stem, data):
    check = rules.faust_check_digit(stem)
    number = f"{stem}{0 if check is None else check}"
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert check is None or not rules.is_faust(number[:place] + wrong + number[place + 1 :])


@given(STEMS, st.data())
def test_two_neighbouring_digits_exchanged_are_always_noticed(stem, data):
    check = rules.faust_check_digit(stem)
    number = f"{stem}{0 if check is None else check}"
    place = data.draw(st.integers(0, len(number) - 2))
    exchanged = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert check is None or exchanged == number or not rules.is_faust(exchanged)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("87-02-11328-9", None),
        ("0-306-40615-2", "9780306406157"),
        ("097522980X", "9780975229804"),
        ("978-0-306-40615-7", "9780306406157"),
        ("9780306406158", None),
        ("1234567890123", None),
        ("ISBN", None),
    ],
)
def test_an_isbn_is_thirteen_digits_or_none(written, normal):
    assert rules.normal_isbn(written) == normal


def test_a_number_typed_in_groups_is_looked_up_as_faust_number_and_as_it_is():
    assert rules.number_wanted(" 2 949 494 0 ").names == ("29494940", "870970-basis:29494940")


@pytest.mark.parametrize(
    ("subjects", "mark"),
    [
        (("krimi", "sk", "2010-2019"), "sk"),
        (("sk", "86.098"), "86.098"),
        (("78.794:5",), "78.794:5"),
        (("2000-2009", "3.-5. klasse"), None),
    ],
)
def test_the_dk5_mark_is_found_among_the_subjects(subjects, mark):
    assert rules.classification_among(subjects) == mark


def a_record(number: int, *, agency: int = 1, successor: int | None = None) -> Record:
    return Record(
        id=RecordId(number),
        agency=AgencyId(agency),
        identifier=f"1-katalog:{number}",
        title="Titel",
        creators=(),
        material_type="book",
        language=None,
        classification=None,
        subjects=(),
        year=None,
        is_periodical=False,
        is_provisional=False,
        successor=None if successor is None else RecordId(successor),
        version=1,
    )


@pytest.mark.parametrize(
    ("record", "successor", "leads_to", "why"),
    [
        (a_record(1), a_record(2), {2}, None),
        (a_record(1), a_record(2, agency=0), {2}, None),
        (a_record(1, agency=0), a_record(2), {2}, "record_not_yours"),
        (a_record(1, successor=3), a_record(2), {2}, "record_succeeded_already"),
        (a_record(1), a_record(1), {1}, "record_succeeds_itself"),
        (a_record(1), a_record(2), {3, 1, 2}, "record_succession_circular"),
    ],
)
def test_what_may_replace_what(record, successor, leads_to, why):
    assert rules.why_not_succeeded_by(record, successor, leads_to, AgencyId(1)) == why


def test_a_line_becomes_a_record():
    line = {"faust": "29494940", "title": "Fifty shades", "creator": "E. L. James", "type": "book", "language": "Dansk"}
    assert parse_line(json.dumps({**line, "subjects": ["sk"], "isbn": ["0-306-40615-2"]}).encode()) == NewRecord(
        identifier="870970-basis:29494940",
        title="Fifty shades",
        creators=("E. L. James",),
        material_type="book",
        language="dan",
        classification="sk",
        subjects=("sk",),
        isbns=("9780306406157",),
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"not json", "line_not_json"),
        (b'{"faust": "29494940", "title": "\xff", "type": "book"}', "line_not_json"),
        (b'{"faust": "29494940", "title": "\\ud800", "type": "book"}', "line_not_json"),
        (b'{"faust": "29494940", "title": null, "type": "book"}', "line_incomplete"),
        (b'{"faust": 29494940, "title": "x", "type": "book"}', "line_incomplete"),
        (b'["faust"]', "line_incomplete"),
        (b'{"faust": "29494941", "title": "x", "type": "book"}', "faust_wrong"),
        (b'{"faust": "29494940", "title": "  ", "type": "book"}', "line_out_of_bounds"),
        (b'{"faust": "29494940", "title": "x\\u0000", "type": "book"}', "line_out_of_bounds"),
        (b'{"faust": "29494940", "title": "x", "type": "book", "year": 99999}', "line_out_of_bounds"),
        (b'{"faust": "29494940", "title": "x", "type": "book", "isbn": ["12"]}', "isbn_wrong"),
        (b'{"faust": "29494940", "title": "' + b"x" * 1_000_000 + b'", "type": "book"}', "line_too_long"),
    ],
)
def test_a_bad_line_is_told_by_its_code(line, code):
    assert parse_line(line) == code


@given(st.binary(max_size=200))
def test_no_line_whatever_raises(line):
    parse_line(line)


@pytest.mark.parametrize(
    ("name", "code"), [("Dansk", "dan"), ("Flere sprog", "mul"), ("eng", "eng"), ("Klingon", None), (None, None)]
)
def test_languages_are_kept_as_codes(name, code):
    assert language_code(name) == code
