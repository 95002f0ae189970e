"""Which bin a copy goes into: the first rule that fits, in the machine's own order."""

import pytest

from faelles.circulation.sorting.rules import Sorted, bin_for
from faelles.people.machines.terminal import Alert, SortRule

HERE, SUBURB = 1, 2
FILM, LOANABLE = 40, 7
RULES = (
    SortRule(bin="1", alert=Alert.OTHER),
    SortRule(bin="2", hold=True, destination=HERE),
    SortRule(bin="3", foreign=True),
    SortRule(bin="4", destination=SUBURB),
    SortRule(bin="5", material_group=FILM, destination=HERE),
    SortRule(bin="6", material_type="bog", placement=9),
    SortRule(bin="7", hold=False, material_group=LOANABLE),
)


@pytest.mark.parametrize(
    ("copy", "bin_"),
    [
        (Sorted(alert=Alert.OTHER, is_for_hold=True, destination=HERE), "1"),
        (Sorted(alert=Alert.HOLD_HERE, is_for_hold=True, destination=HERE), "2"),
        (Sorted(alert=Alert.INTERLIBRARY, is_foreign=True), "3"),
        (Sorted(alert=Alert.HOLD_ELSEWHERE, is_for_hold=True, destination=SUBURB), "4"),
        (Sorted(destination=HERE, material_groups=frozenset({FILM, LOANABLE})), "5"),
        (Sorted(destination=HERE, material_type="bog", placement=9), "6"),
        (Sorted(destination=HERE, material_groups=frozenset({LOANABLE})), "7"),
        (Sorted(destination=HERE), "99"),
    ],
)
def test_the_first_rule_that_fits_counts(copy, bin_):
    assert bin_for(RULES, copy, "99") == bin_


def test_a_machine_without_rules_sorts_into_its_reject_bin_or_not_at_all():
    assert bin_for((), Sorted(), "9") == "9"
    assert bin_for((), Sorted(), None) is None


def test_a_rule_without_conditions_takes_everything():
    assert bin_for((SortRule(bin="1"), *RULES), Sorted(is_foreign=True), None) == "1"
