from datetime import UTC, date, datetime

import msgspec
import pytest

from faelles.ground import fields

FITS = [
    (fields.ShortText, "x"),
    (fields.ShortText, "æ" * 200),
    (fields.ShortText, " til regning 12 "),
    (fields.ShortText, "Åse Ørsted-Müller 李 👩‍🏫"),
    (fields.LongText, ""),
    (fields.LongText, "to\nlinjer\tmed tabulator"),
    (fields.LongText, "x" * 4000),
    (fields.Code, "a"),
    (fields.Code, "DK-710100:voksen_1.2"),
    (fields.ItemNumberText, "0123456789"),
    (fields.Scan, "0101701234"),
    (fields.Id, 1),
    (fields.Id, 2**53 - 1),
    (fields.AmountOre, 1),
    (fields.AmountOre, 100_000_000),
    (fields.PageSize, 200),
]
DOES_NOT_FIT = [
    (fields.ShortText, ""),
    (fields.ShortText, "x" * 201),
    (fields.ShortText, "   "),
    (fields.ShortText, "\u00a0 "),
    (fields.ShortText, "a\x00b"),
    (fields.ShortText, "a\x1fb"),
    (fields.ShortText, "a\x7fb"),
    (fields.ShortText, "two\nlines"),
    (fields.ShortText, "name\n"),
    (fields.LongText, "x" * 4001),
    (fields.LongText, "a\x00b"),
    (fields.LongText, "a\x0cb"),
    (fields.LongText, "a\r\nb"),
    (fields.Code, ""),
    (fields.Code, "x" * 65),
    (fields.Code, "-a"),
    (fields.Code, "with space"),
    (fields.Code, "bøger"),
    (fields.Code, "code\n"),
    (fields.ItemNumberText, "012345678"),
    (fields.ItemNumberText, "01234567890"),
    (fields.ItemNumberText, "0123456789\n"),
    (fields.ItemNumberText, "٠١٢٣٤٥٦٧٨٩"),
    (fields.Scan, ""),
    (fields.Scan, "x" * 101),
    (fields.Scan, "12\r"),
    (fields.Id, 0),
    (fields.Id, -1),
    (fields.Id, 2**53),
    (fields.Id, 1.5),
    (fields.Id, "1"),
    (fields.AmountOre, 0),
    (fields.AmountOre, 100_000_001),
    (fields.PageSize, 0),
    (fields.PageSize, 201),
]


@pytest.mark.parametrize(("kind", "value"), FITS)
def test_what_fits_is_taken_as_it_is(kind, value):
    assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value


@pytest.mark.parametrize(("kind", "value"), DOES_NOT_FIT)
def test_what_does_not_fit_is_refused(kind, value):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(value), type=kind)


@pytest.mark.parametrize("half", [b'"\\ud83d"', b'"\\udc69x"'])
def test_half_a_character_never_reaches_the_database(half):
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(half, type=fields.ShortText)


@pytest.mark.parametrize(
    ("day", "plausible"),
    [
        (date(1879, 12, 31), False),
        (date(1880, 1, 1), True),
        (date(2200, 12, 31), True),
        (date(2201, 1, 1), False),
        (date(9999, 12, 31), False),
    ],
)
def test_days_outside_a_living_library_are_implausible(day, plausible):
    assert fields.is_plausible(day) is plausible


class _Stay(msgspec.Struct):
    first_day: date
    last_day: date | None
    others: tuple[dict[str, datetime], ...] = ()


def test_implausible_days_are_found_wherever_they_stand() -> None:
    far = datetime(9999, 12, 31, tzinfo=UTC)
    stay = _Stay(first_day=date(2026, 1, 1), last_day=date.max, others=({}, {"until": far, "from": datetime.now(UTC)}))
    assert list(fields.implausible_days(stay)) == ["last_day", "others.1.until"]
    assert list(fields.implausible_days([date(1879, 12, 31)])) == ["0"]
    assert list(fields.implausible_days({"name": "9999-12-31", "none": None})) == []
