from datetime import timedelta

import pytest

from faelles.ground.ids import RuleId
from faelles.policies.knobs import (
    FEE_OVERDUE_ADULT_1_7,
    FIXED_DUE_DATE,
    LENDABLE,
    LOAN_DAYS,
    MAX_LOANS,
    MAX_LOANS_OF_GROUP,
    MAX_RENEWALS,
)
from faelles.policies.model import Ceiling, LoanKind, Rule, Scope, Source, WhyLost
from faelles.policies.rules import differences, explain
from policies.policyland import (
    ADULT,
    ANY,
    BOOK,
    BRANCH,
    CHILD,
    FILM,
    LIBRARY,
    LOANABLE,
    NATION,
    NO,
    NOVEL,
    NOW,
    OURS,
    PERSON,
    PUPIL,
    SHELF,
    YES,
    policy,
    rule,
    subject,
)


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        (rule("loan_days", 1, SHELF), rule("loan_days", 2, BRANCH, patrons=ADULT, materials=NOVEL, kind=LoanKind.LOAN)),
        (rule("loan_days", 1, BRANCH), rule("loan_days", 2, LIBRARY)),
        (rule("loan_days", 1, LIBRARY), rule("loan_days", 2, OURS)),
        (rule("loan_days", 1, OURS), rule("loan_days", 2, NATION, patrons=ADULT)),
        (rule("loan_days", 1, patrons=ADULT), rule("loan_days", 2, patrons=PERSON, materials=NOVEL)),
        (rule("loan_days", 1, patrons=PERSON), rule("loan_days", 2, materials=NOVEL, kind=LoanKind.LOAN)),
        (rule("loan_days", 1, materials=NOVEL), rule("loan_days", 2, materials=BOOK, kind=LoanKind.LOAN)),
        (rule("loan_days", 1, kind=LoanKind.LOAN), rule("loan_days", 2)),
    ],
)
def test_scope_goes_before_patron_group_before_material_group_before_loan_kind(winner: Rule, loser: Rule):
    assert policy(loser, winner).terms(subject(), NOW)[LOAN_DAYS].rule == winner


def test_a_rule_for_another_group_place_or_loan_kind_says_nothing():
    terms = policy(
        rule("loan_days", 1, patrons=CHILD),
        rule("loan_days", 2, materials=FILM),
        rule("loan_days", 3, kind=LoanKind.INTERLIBRARY),
        rule("loan_days", 4, LIBRARY._replace(id=72)),
    ).terms(subject(), NOW)
    assert (terms[LOAN_DAYS].value, terms[LOAN_DAYS].source) == (28, Source.DEFAULT)


def test_each_knob_resolves_by_itself_so_that_partial_rules_complete_each_other():
    terms = policy(rule("loan_days", 14, SHELF), rule("max_renewals", 1, NATION)).terms(subject(), NOW)
    assert (terms[LOAN_DAYS].value, terms[MAX_RENEWALS].value) == (14, 1)


def test_every_value_carries_its_rule_and_scope():
    setting = policy(rule("loan_days", 14, LIBRARY, number=42)).terms(subject(), NOW)[LOAN_DAYS]
    assert (setting.rule_id, setting.scope, setting.source) == (RuleId(42), Scope.DIVISION, Source.RULE)


def test_empty_is_a_value_and_nought_another():
    unlimited = policy(rule("max_loans", None), rule("max_loans", 5, NATION)).terms(subject(), NOW)
    never = policy(rule("max_loans", 0), rule("max_loans", 5, NATION)).terms(subject(), NOW)
    assert (unlimited[MAX_LOANS].value, never[MAX_LOANS].value) == (None, 0)


def test_a_lock_silences_deeper_scopes_for_its_cell_alone():
    compiled = policy(
        rule("loan_days", 31, NATION, materials=BOOK, locked=True),
        rule("loan_days", 7, SHELF, patrons=ADULT),
    )
    assert compiled.terms(subject(), NOW)[LOAN_DAYS].value == 31
    assert compiled.terms(subject(materials=FILM), NOW)[LOAN_DAYS].value == 7


def test_the_highest_lock_counts_and_its_own_scope_may_still_be_more_specific():
    compiled = policy(
        rule("loan_days", 31, OURS, locked=True),
        rule("loan_days", 21, OURS, patrons=ADULT),
        rule("loan_days", 7, LIBRARY, locked=True),
    )
    assert compiled.terms(subject(), NOW)[LOAN_DAYS].value == 21


@pytest.mark.parametrize(
    "silent",
    [
        rule("lendable", YES, NATION, patrons=ADULT, materials=NOVEL),
        rule("lendable", YES, OURS, materials=NOVEL),
        rule("lendable", YES, SHELF, patrons=ADULT),
        rule("lendable", YES, SHELF, patrons=CHILD, materials=NOVEL),
    ],
)
def test_without_an_explicit_yes_of_the_agency_for_both_groups_nothing_is_lent(silent: Rule):
    setting = policy(silent).terms(subject(), NOW)[LENDABLE]
    assert (setting.value, setting.source.value) == (False, "loaning_profile_not_found")


def test_an_explicit_yes_is_inherited_by_the_groups_below():
    assert policy(rule("lendable", YES, patrons=PERSON, materials=LOANABLE)).terms(subject(), NOW)[LENDABLE].value


def test_a_no_needs_no_groups():
    setting = policy(
        rule("lendable", YES, patrons=PERSON, materials=LOANABLE), rule("lendable", NO, SHELF, number=2)
    ).terms(subject(), NOW)[LENDABLE]
    assert (setting.value, setting.rule_id) == (False, 2)


def test_a_rule_holds_from_its_first_moment_to_before_its_last():
    summer = rule("loan_days", 60, since=NOW, until=NOW + timedelta(days=1))
    compiled = policy(summer)
    moments = (NOW - timedelta(seconds=1), NOW, NOW + timedelta(hours=23), NOW + timedelta(days=1))
    assert [compiled.terms(subject(), moment)[LOAN_DAYS].value for moment in moments] == [28, 60, 60, 28]


def test_a_lowered_ceiling_caps_rules_that_stand():
    ceiling = Ceiling(knob="fee_overdue_adult_1_7", highest_ore=1500, source="bekendtgørelse", valid_from=NOW)
    compiled = policy(rule("fee_overdue_adult_1_7", 2000), ceilings=[ceiling])
    before = compiled.terms(subject(), NOW - timedelta(days=1))[FEE_OVERDUE_ADULT_1_7]
    after = compiled.terms(subject(), NOW)[FEE_OVERDUE_ADULT_1_7]
    assert (before.value, before.is_capped) == (2000, False)
    assert (after.value, after.is_capped, after.rule_id) == (1500, True, 1)


def test_a_limit_counts_the_loans_of_its_cell_less_those_of_a_more_specific_one():
    terms = policy(
        rule("max_loans_of_group", 20, materials=LOANABLE), rule("max_loans_of_group", 3, materials=BOOK, number=2)
    )
    assert terms.terms(subject(materials=NOVEL), NOW).counted_material_groups(MAX_LOANS_OF_GROUP) == {BOOK, NOVEL}
    assert terms.terms(subject(materials=FILM), NOW).counted_material_groups(MAX_LOANS_OF_GROUP) == {LOANABLE, FILM}


def test_without_a_limit_of_its_own_a_group_is_counted_with_all_the_others():
    terms = policy().terms(subject(), NOW)
    assert terms.counted_material_groups(MAX_LOANS_OF_GROUP) == {ANY, LOANABLE, BOOK, NOVEL, FILM}


def test_a_group_nobody_knows_is_below_the_root_alone():
    assert policy(rule("loan_days", 9)).terms(subject(patrons=999, materials=999), NOW)[LOAN_DAYS].value == 9


def test_the_explanation_names_the_winner_and_why_each_other_rule_lost():
    compiled = policy(
        rule("loan_days", 1, LIBRARY, patrons=ADULT, number=1),
        rule("loan_days", 2, LIBRARY, patrons=PERSON, materials=NOVEL, number=2),
        rule("loan_days", 3, LIBRARY, patrons=PERSON, number=3),
        rule("loan_days", 4, OURS, patrons=ADULT, materials=NOVEL, number=4),
        rule("loan_days", 5, NATION, number=5),
        rule("loan_days", 6, LIBRARY, patrons=PUPIL, number=6),
    )
    explanation = explain(compiled.table(NOW), subject(), LOAN_DAYS)
    assert explanation.setting == compiled.terms(subject(), NOW)[LOAN_DAYS]
    assert [(beaten.rule.id, beaten.why) for beaten in explanation.runners_up] == [
        (2, WhyLost.LESS_SPECIFIC_PATRON_GROUP),
        (3, WhyLost.LESS_SPECIFIC_PATRON_GROUP),
        (4, WhyLost.SHALLOWER_SCOPE),
        (5, WhyLost.SHALLOWER_SCOPE),
    ]


def test_the_explanation_names_the_lock_and_whom_it_silenced():
    compiled = policy(rule("loan_days", 1, OURS, locked=True, number=1), rule("loan_days", 2, SHELF, number=2))
    explanation = explain(compiled.table(NOW), subject(), LOAN_DAYS)
    assert explanation.lock is not None
    assert explanation.lock.id == 1
    assert [(beaten.rule.id, beaten.why) for beaten in explanation.runners_up] == [(2, WhyLost.LOCKED_ABOVE)]


def test_the_explanation_shows_a_yes_that_is_not_explicit_enough():
    explanation = explain(policy(rule("lendable", YES, OURS, materials=BOOK)).table(NOW), subject(), LENDABLE)
    assert explanation.setting.source is Source.NOT_FOUND
    assert [beaten.why for beaten in explanation.runners_up] == [WhyLost.YES_NEEDS_EXPLICIT_CELL]


def test_the_difference_of_two_policies_is_the_knobs_they_answer_differently():
    before = policy(rule("loan_days", 28), rule("max_loans", 5))
    after = policy(rule("loan_days", 31), rule("max_loans", 5))
    [difference] = differences(before.table(NOW), after.table(NOW), subject())
    assert (difference.knob, difference.before.value, difference.after.value) == ("loan_days", 28, 31)


def test_subjects_of_equal_reach_share_their_terms():
    compiled = policy(rule("loan_days", 14))
    assert compiled.terms(subject(), NOW) is compiled.terms(subject(), NOW + timedelta(days=3))


def test_a_knob_without_rules_answers_its_default():
    setting = policy().terms(subject(), NOW)[FIXED_DUE_DATE]
    assert (setting.value, setting.rule_id, setting.source) == (None, None, Source.DEFAULT)
