import pytest

from faelles.agencies import rules
from faelles.agencies.model import FoundAgency, NewPlacement


@pytest.mark.parametrize("calendar", ["DK", "GL", "FO", "IS", "DE-SH"])
def test_the_calendars_of_our_neighbours_are_known(calendar: str):
    assert rules.agency_problems(FoundAgency(isil="DK-1", name="By", holiday_calendar=calendar)) == []


@pytest.mark.parametrize("calendar", ["XX", "DE-XX", "DE-", "-"])
def test_an_unknown_holiday_calendar_is_named(calendar: str):
    problems = rules.agency_problems(FoundAgency(isil="DK-1", name="By", holiday_calendar=calendar))
    assert [problem.code for problem in problems] == ["holiday_calendar_unknown"]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "../etc/passwd", "/etc/passwd", "x" * 200])
def test_an_unknown_time_zone_is_named(zone: str):
    problems = rules.agency_problems(FoundAgency(isil="DK-1", name="By", time_zone=zone))
    assert [problem.code for problem in problems] == ["time_zone_unknown"]


@pytest.mark.parametrize(
    ("placement", "is_whole"),
    [
        (NewPlacement(department="Voksen"), True),
        (NewPlacement(department="Voksen", location="Musik", sublocation="Jazz", section="A"), True),
        (NewPlacement(), False),
        (NewPlacement(location="Musik"), False),
        (NewPlacement(department="Voksen", sublocation="Jazz"), False),
        (NewPlacement(department="Voksen", location="Musik", section="A"), False),
    ],
)
def test_no_level_of_a_placement_stands_in_the_air(placement: NewPlacement, is_whole: bool):  # noqa: FBT001 - a table's column
    assert (rules.placement_problems([placement]) == []) is is_whole
