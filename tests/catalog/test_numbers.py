"""Which record a number names."""

import pytest

from faelles.catalog.numbers.model import Known
from faelles.catalog.numbers.rules import named_by, sought_by
from faelles.ground.ids import NATION, AgencyId, RecordId

OURS = AgencyId(7)
OWN_BASE = "715100-katalog:"


def known(record: int, identifier: str, agency: AgencyId = NATION) -> Known:
    return Known(agency, identifier, RecordId(record))


NATIONAL, OWN = known(1, "870970-basis:123"), known(2, "715100-katalog:123", OURS)


@pytest.mark.parametrize(
    ("number", "found", "record"),
    [
        ("123", [NATIONAL, OWN], 1),
        ("123", [OWN], 2),
        ("123", [known(3, "870970-basis:123", OURS), NATIONAL], 3),
        ("715100-katalog:123", [OWN], 2),
        ("716300-katalog:123", [known(4, "716300-katalog:123"), OWN], 4),
        ("124", [NATIONAL, OWN], None),
    ],
    ids=["nation_first", "else_our_own", "ours_of_two_alike", "whole", "somebody_elses", "unknown"],
)
def test_a_number_names_one_record(number: str, found: list[Known], record: int | None):
    named = named_by([number], OWN_BASE, found)
    assert [(asked, each.record) for asked, each in named] == ([] if record is None else [(number, record)])


def test_a_plain_number_is_sought_as_the_nations_and_as_our_own():
    assert sought_by(["123", "716300-katalog:5"]) == (["870970-basis:123", "716300-katalog:5"], ["123"])
