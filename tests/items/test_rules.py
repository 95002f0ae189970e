from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.ground.ids import AgencyId, BranchId, DivisionId, ItemId, MaterialGroupId, RecordId
from faelles.items import rules
from faelles.items.model import HeldItem, ItemKind, NewItem, Part, RfidFacts, RfidStandard, RfidTag
from faelles.people.model import Place

UIDS = ("E0040100000000A1", "E0040100000000A2", "E0040100000000A3")


def held(number: int, **given) -> HeldItem:
    standing = {
        "id": ItemId(number),
        "kind": ItemKind.ITEM,
        "place": Place(DivisionId(1), BranchId(1)),
        "material_group": MaterialGroupId(2),
        "record": RecordId(3),
        "material_type": "book",
        "language": None,
        "classification": None,
        "price_ore": None,
        "is_withdrawn": False,
        "is_received": False,
        "is_sent_home": False,
    }
    return HeldItem(**standing | given)


@given(st.integers(1, 100_000))
def test_an_agencys_own_series_holds_a_million_numbers_that_are_no_cpr_numbers(agency):
    series = rules.default_series(AgencyId(agency))
    assert len(series.next) == len(series.last) == 10
    assert int(series.last) - int(series.next) == 999_998
    for number in (series.next, series.last):
        assert not 1 <= int(number[:2]) <= 31
        assert not 61 <= int(number[:2]) <= 91


def test_no_two_municipalities_share_a_series():
    assert len({rules.default_series(AgencyId(agency)).next for agency in range(1, 1000)}) == 999


@pytest.mark.parametrize(
    ("tags", "parts", "codes"),
    [
        ([(UIDS[0], 1), (UIDS[1], 2)], 2, []),
        ([(UIDS[0], 1)], 3, []),
        ([], 1, []),
        ([(UIDS[0], 3)], 2, ["rfid_part_beyond_last"]),
        ([(UIDS[0], 1), (UIDS[0], 2)], 2, ["rfid_tag_twice"]),
        ([(UIDS[0], 1), (UIDS[1], 1)], 2, ["rfid_tag_twice"]),
    ],
)
def test_each_part_has_at_most_one_tag_of_its_own(tags, parts, codes):
    facts = RfidFacts(
        standard=RfidStandard.ISO_28560_3,
        owner_isil="DK-710100",
        parts=parts,
        tags=tuple(RfidTag(uid=uid, part=part) for uid, part in tags),
    )
    assert [problem.code for problem in rules.rfid_problems(facts)] == codes


@pytest.mark.parametrize("day", [date(9999, 12, 31), date(1066, 10, 14)])
def test_a_day_that_cannot_be_is_noticed(day):
    new = NewItem(record=1, owner_branch=1, default_placement=1, material_group=1, acquired_on=day)
    assert [problem.field for problem in rules.new_item_problems(new)] == ["acquired_on"]


def test_two_parts_cannot_have_one_number():
    parts = (Part(number=1, description="Cd"), Part(number=1, description="Hæfte"))
    assert [problem.code for problem in rules.parts_problems(parts)] == ["part_number_twice"]


def test_what_is_out_unknown_or_withdrawn_is_not_withdrawn_and_the_rest_is():
    known = {ItemId(1): held(1), ItemId(2): held(2), ItemId(3): held(3, is_withdrawn=True)}
    asked = [ItemId(number) for number in (3, 1, 4, 2, 1)]
    outcomes = rules.withdrawals(asked, known, {ItemId(2)})
    assert [(outcome.item, outcome.refused) for outcome in outcomes] == [
        (3, "item_withdrawn_already"),
        (1, None),
        (4, "item_unknown"),
        (2, "item_is_out"),
    ]


def test_only_what_was_withdrawn_is_restored():
    known = {ItemId(1): held(1), ItemId(2): held(2, is_withdrawn=True)}
    outcomes = rules.restorations([ItemId(1), ItemId(2), ItemId(3)], known)
    assert [outcome.refused for outcome in outcomes] == ["item_not_withdrawn", None, "item_unknown"]


@pytest.mark.parametrize(
    ("given", "is_out", "received", "sent_home"),
    [
        ({"kind": ItemKind.ITEM}, False, "item_is_no_placeholder", "item_is_no_placeholder"),
        ({}, False, None, "placeholder_not_received"),
        ({"is_received": True}, False, "placeholder_received_already", None),
        ({"is_received": True}, True, "placeholder_received_already", "item_is_out"),
        (
            {"is_received": True, "is_sent_home": True},
            False,
            "placeholder_sent_home_already",
            "placeholder_sent_home_already",
        ),
    ],
)
def test_a_placeholder_comes_once_and_goes_once(given, is_out, received, sent_home):
    item = held(1, **{"kind": ItemKind.PLACEHOLDER} | given)
    assert rules.why_not_received(item) == received
    assert rules.why_not_sent_home(item, is_out=is_out) == sent_home


@pytest.mark.parametrize("uid", ["e0040100000000a1", "E004", "E0040100000000A1\n"])
def test_a_tags_uid_is_sixteen_hexadecimal_digits(uid):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"uid": uid, "part": 1}, RfidTag)


def test_the_time_a_tag_was_written_has_a_zone():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"uid": UIDS[0], "part": 1, "written_at": datetime(2024, 1, 1)}, RfidTag)  # noqa: DTZ001
    written = datetime(2024, 1, 1, tzinfo=UTC)
    assert msgspec.convert({"uid": UIDS[0], "part": 1, "written_at": written}, RfidTag).written_at == written
