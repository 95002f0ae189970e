from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.ground.crypto import Keyring, new_master_key, parse_master_keys
from faelles.ground.ids import AgencyId
from faelles.patrons.identifiers import (
    Cpr,
    IdentifierKind,
    counting_form,
    lookup_keys,
    made_up_cpr,
    normalise,
    read_cpr,
    sealed,
    stored_lookup,
    unseal,
)

AGENCY, OTHER = AgencyId(7), AgencyId(8)
KEYS = Keyring(parse_master_keys(new_master_key()))
DAYS = st.dates(min_value=date(1858, 1, 1), max_value=date(2057, 12, 31))


@given(born=DAYS, serial=st.integers(0, 999))
def test_a_made_up_number_reads_as_its_birth_date_and_belongs_to_nobody(born, serial):
    cpr = read_cpr(made_up_cpr(born, serial))
    assert cpr is not None
    assert cpr.birth_date == born
    assert cpr.is_replacement


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("010203-0000", date(1903, 2, 1)),
        ("0102033999", date(1903, 2, 1)),
        ("0102034000", date(2003, 2, 1)),
        ("0102374000", date(1937, 2, 1)),
        ("0102039000", date(2003, 2, 1)),
        ("0102379000", date(1937, 2, 1)),
        ("0102575000", date(2057, 2, 1)),
        ("0102585000", date(1858, 2, 1)),
        ("010203 8000", date(2003, 2, 1)),
        ("2902004000", date(2000, 2, 29)),
    ],
)
def test_the_century_follows_from_the_seventh_digit(number, born):
    cpr = read_cpr(number)
    assert cpr is not None
    assert cpr.birth_date == born


@pytest.mark.parametrize(
    "text", ["", "3102004000", "2902000000", "0013014000", "010203000", "01020300000", "x102030000"]
)
def test_what_has_no_birth_date_in_it_is_no_cpr_number(text):
    assert read_cpr(text) is None


def test_a_cpr_number_does_not_show_itself():
    assert "0102030000" not in repr(Cpr("0102030000", date(1903, 2, 1), is_replacement=False))


@given(st.text())
def test_no_text_breaks_the_reading(text):
    for kind in IdentifierKind:
        plain = normalise(kind, text)
        assert plain is None or normalise(kind, plain) == plain
    lookup_keys(KEYS, AGENCY, text)


@given(st.integers(10**11, 10**12 - 1), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_of_an_ean_is_noticed(body, place, more):
    digits = [int(digit) for digit in str(body)]
    total = sum(digit * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    ean = str(body) + str(-total % 10)
    assert normalise(IdentifierKind.EAN, ean) == ean
    wrong = ean[:place] + str((int(ean[place]) + more) % 10) + ean[place + 1 :]
    assert normalise(IdentifierKind.EAN, wrong) is None


@pytest.mark.parametrize(
    ("kind", "text", "plain"),
    [
        (IdentifierKind.CARD, " ab-12 34", "AB1234"),
        (IdentifierKind.CARD, "æ123", None),
        (IdentifierKind.CARD, "12\x0034", None),
        (IdentifierKind.UNI_LOGIN, "Anna1234", "anna1234"),
        (IdentifierKind.EMAIL, " Anna@Skole.DK", "anna@skole.dk"),
        (IdentifierKind.EMAIL, "anna@skole", None),
        (IdentifierKind.EMAIL, "a\x00b@skole.dk", None),
        (IdentifierKind.CVR, "DK 29 18 98 46", "29189846"),
        (IdentifierKind.CVR, "29189847", None),
        (IdentifierKind.CVR, "00000000", None),
        (IdentifierKind.EAN, "5798000000002", None),
    ],
)
def test_each_kind_has_one_normal_form(kind, text, plain):
    assert normalise(kind, text) == plain


def test_a_scan_of_ten_digits_is_sought_as_a_card_and_as_a_cpr_number():
    keys = lookup_keys(KEYS, AGENCY, "610203-0000")
    assert keys == ["6102030000", stored_lookup(KEYS, AGENCY, IdentifierKind.CPR, "6102030000")]


def test_a_number_is_found_under_every_key_in_use():
    old = parse_master_keys(new_master_key())
    both = Keyring([*parse_master_keys(new_master_key().replace("1:", "2:", 1)), *old])
    kept = stored_lookup(Keyring(old), AGENCY, IdentifierKind.CPR, "6102030000")
    assert kept in lookup_keys(both, AGENCY, "6102030000")
    assert unseal(both, AGENCY, sealed(Keyring(old), AGENCY, IdentifierKind.CPR, "6102030000") or b"") == "6102030000"


def test_one_number_looks_different_in_every_agency():
    assert stored_lookup(KEYS, AGENCY, IdentifierKind.CPR, "6102030000") != stored_lookup(
        KEYS, OTHER, IdentifierKind.CPR, "6102030000"
    )


def test_spacing_a_card_gives_no_more_tries():
    assert counting_form("ab 12-34") == counting_form("AB1234")
