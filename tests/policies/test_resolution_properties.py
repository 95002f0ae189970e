"""The compiled table against the rule of the decision written out: sort every rule that fits, take the first."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from faelles.policies.knob import Knob
from faelles.policies.knobs import LENDABLE, LOAN_DAYS, MAX_LOANS
from faelles.policies.model import DEPTH, LoanKind, Rule, Subject, WhyLost
from faelles.policies.rules import explain
from policies.policyland import ANY, MATERIAL_TREE, NATION, NODES, NOW, PATRON_TREE, policy, rule, subject

KNOBS: tuple[Knob[object], ...] = (LENDABLE, LOAN_DAYS, MAX_LOANS)
_VALUES = {
    "lendable": st.booleans(),
    "loan_days": st.integers(1, 60),
    "max_loans": st.one_of(st.none(), st.integers(0, 9)),
}
_moments = st.integers(-2, 2).map(lambda days: NOW + timedelta(days=days))


@st.composite
def _rules(draw: st.DrawFn) -> list[Rule]:
    drawn: list[Rule] = []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        knob = draw(st.sampled_from(list(_VALUES)))
        since, until = draw(st.one_of(st.none(), _moments)), draw(st.one_of(st.none(), _moments))
        if since is not None and until is not None and since >= until:
            until = None
        candidate = rule(
            knob,
            draw(_VALUES[knob]),
            draw(st.sampled_from(NODES)),
            patrons=draw(st.integers(1, 5)),
            materials=draw(st.integers(1, 5)),
            kind=draw(st.sampled_from(LoanKind)),
            locked=draw(st.integers(0, 5)) == 0,
            since=since,
            until=until,
            number=number,
        )
        if not any(other.cell == candidate.cell and other.overlaps(candidate) for other in drawn):
            drawn.append(candidate)
    return drawn


_subjects = st.builds(
    subject, st.integers(1, 5), st.integers(1, 5), st.sampled_from([LoanKind.LOAN, LoanKind.INTERLIBRARY])
)


@given(_rules(), _subjects, _moments)
def test_the_table_answers_as_sorting_all_rules_would(rules: list[Rule], who: Subject, moment: datetime):
    terms = policy(*rules).terms(who, moment)
    for knob in KNOBS:
        expected = _naive(rules, who, moment, knob)
        assert terms[knob].rule == expected
        if expected is not None:
            assert terms[knob].value == expected.value


@given(_rules(), _subjects, _moments)
def test_the_explanation_and_the_decision_are_one(rules: list[Rule], who: Subject, moment: datetime):
    compiled = policy(*rules)
    for knob in KNOBS:
        explanation = explain(compiled.table(moment), who, knob)
        assert explanation.setting == compiled.terms(who, moment)[knob]
        named = [beaten.rule.id for beaten in explanation.runners_up]
        winner = [explanation.setting.rule_id] if explanation.setting.rule_id else []
        fitting = [rule.id for rule in rules if rule.cell.knob == knob.name and _fits(rule, who, moment, knob)]
        assert set(named) | set(winner) == set(fitting)
        assert len(named) + len(winner) == len(fitting)


@given(_rules(), _subjects, _moments)
def test_the_first_runner_up_takes_over_when_an_unlocked_winner_falls_away(
    rules: list[Rule], who: Subject, moment: datetime
):
    explanation = explain(policy(*rules).table(moment), who, LOAN_DAYS)
    winner = explanation.setting.rule
    if winner is None or winner.is_locked:
        return
    eligible = [beaten.rule for beaten in explanation.runners_up if beaten.why is not WhyLost.LOCKED_ABOVE]
    left = policy(*[rule for rule in rules if rule != winner]).terms(who, moment)[LOAN_DAYS]
    assert left.rule == (eligible[0] if eligible else None)


@given(_rules(), _subjects, _moments)
def test_nothing_is_lendable_without_an_agencys_yes_for_both_groups(rules: list[Rule], who: Subject, moment: datetime):
    if policy(*rules).terms(who, moment)[LENDABLE].value:
        assert any(
            rule.value is True
            and rule.cell.node != NATION
            and ANY not in {rule.cell.patron_group, rule.cell.material_group}
            for rule in rules
            if rule.cell.knob == "lendable" and _fits(rule, who, moment, LENDABLE)
        )


def _naive(rules: list[Rule], who: Subject, moment: datetime, knob: Knob[object]) -> Rule | None:
    fitting = [rule for rule in rules if rule.cell.knob == knob.name and _fits(rule, who, moment, knob)]
    highest_lock = min((DEPTH[rule.cell.node.scope] for rule in fitting if rule.is_locked), default=99)
    heard = [
        rule
        for rule in fitting
        if DEPTH[rule.cell.node.scope] <= highest_lock
        and (knob is not LENDABLE or rule.value is False or rule.cell.is_explicit)
    ]
    return max(heard, key=_precedence, default=None)


def _fits(rule: Rule, who: Subject, moment: datetime, knob: Knob[object]) -> bool:
    return (
        rule.cell.node in who.path(knob.whose).nodes()
        and PATRON_TREE.is_within(who.patron_group, rule.cell.patron_group)
        and MATERIAL_TREE.is_within(who.material_group, rule.cell.material_group)
        and rule.cell.loan_kind in {LoanKind.ANY, who.loan_kind}
        and rule.is_in_force(moment)
    )


def _precedence(rule: Rule) -> tuple[int, int, int, bool]:
    cell = rule.cell
    return (
        DEPTH[cell.node.scope],
        PATRON_TREE.depth(cell.patron_group),
        MATERIAL_TREE.depth(cell.material_group),
        cell.loan_kind is not LoanKind.ANY,
    )
