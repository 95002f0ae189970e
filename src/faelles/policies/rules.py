"""How one rule is chosen. The order is the same for every knob: the deepest scope, then the most specific patron
group, then the most specific material group, then the loan kind. Decision: docs/decisions/policy-order.md.

A decision and its explanation walk through the same candidates.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from faelles.ground.ids import MaterialGroupId
from faelles.policies.knob import Knob
from faelles.policies.knobs import KNOBS
from faelles.policies.model import (
    DEPTH,
    Cell,
    Difference,
    Explanation,
    GroupTree,
    LoanKind,
    Rule,
    RunnerUp,
    ScopeNode,
    Setting,
    Source,
    Subject,
    Whose,
    WhyLost,
)

Value = TypeVar("Value")
Nodes = tuple[ScopeNode, ...]


@dataclass(frozen=True, slots=True)
class Trees:
    patron_groups: GroupTree
    material_groups: GroupTree


@dataclass(frozen=True, slots=True)
class Reach:
    """A subject as the table sees it: the places that have rules (deepest first) and the groups with all above them.
    Two subjects of equal reach get equal answers.
    """

    item: Nodes
    patron: Nodes
    desk: Nodes
    patron_groups: tuple[int, ...]
    material_groups: tuple[int, ...]
    loan_kind: LoanKind

    def nodes(self, whose: Whose) -> Nodes:
        if whose is Whose.ITEM_DIVISION:
            return self.item
        return self.patron if whose is Whose.PATRON_DIVISION else self.desk

    def fits(self, rule: Rule) -> bool:
        """Whether the rule's groups and loan kind cover the subject; its place is the caller's to know."""
        cell = rule.cell
        return (
            cell.patron_group in self.patron_groups
            and cell.material_group in self.material_groups
            and (cell.loan_kind is LoanKind.ANY or cell.loan_kind is self.loan_kind)
        )


@dataclass(frozen=True, slots=True)
class RulesOfKnob:
    by_node: Mapping[ScopeNode, tuple[Rule, ...]]
    """The rules of each place, the most specific first."""
    has_locks: bool


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The rules in force at one moment, in order."""

    trees: Trees
    rules: Mapping[str, RulesOfKnob]
    nodes: frozenset[ScopeNode]
    """Every place that has a rule."""
    ceilings: Mapping[str, int]
    """Øre, by knob."""

    def reach(self, subject: Subject) -> Reach:
        return Reach(
            item=self._with_rules(subject.item.nodes()),
            patron=self._with_rules(subject.patron.nodes()),
            desk=self._with_rules(subject.desk.nodes()),
            patron_groups=self.trees.patron_groups.chain(subject.patron_group),
            material_groups=self.trees.material_groups.chain(subject.material_group),
            loan_kind=subject.loan_kind,
        )

    def _with_rules(self, nodes: Nodes) -> Nodes:
        return tuple([node for node in nodes if node in self.nodes])


def build_table(rules: Iterable[Rule], ceilings: Mapping[str, int], trees: Trees) -> RuleTable:
    """The table of `rules`, which must all be in force at one moment: no two of them share a cell."""
    placed: defaultdict[str, defaultdict[ScopeNode, list[Rule]]] = defaultdict(lambda: defaultdict(list))
    for rule in rules:
        placed[rule.cell.knob][rule.cell.node].append(rule)
    by_knob = {
        knob: RulesOfKnob(
            by_node={node: _in_order(there, trees) for node, there in places.items()},
            has_locks=any(rule.is_locked for there in places.values() for rule in there),
        )
        for knob, places in placed.items()
    }
    nodes = frozenset(node for of_knob in by_knob.values() for node in of_knob.by_node)
    return RuleTable(trees=trees, rules=by_knob, nodes=nodes, ceilings=dict(ceilings))


def resolve(table: RuleTable, reach: Reach, knob: Knob[Value]) -> Setting[Value]:
    """The knob's value for a subject of this reach, with the rule that gave it."""
    for rule in _candidates(table, reach, knob):
        return _by_rule(table, knob, rule)
    return _unruled(table, knob)


def explain(table: RuleTable, subject: Subject, knob: Knob[object]) -> Explanation:
    """What `resolve` answers, and every other rule that fits the subject with the reason why it lost."""
    reach = table.reach(subject)
    in_order = list(_candidates(table, reach, knob))
    lock = _lock(table, reach, knob)
    fitting = [rule for node in reach.nodes(knob.whose) for rule in _at(table, knob, node) if reach.fits(rule)]
    beaten = [RunnerUp(rule, _why_beaten(in_order[0], rule)) for rule in in_order[1:]]
    shut_out = [RunnerUp(rule, _why_shut_out(rule, lock)) for rule in fitting if rule not in in_order]
    setting = _by_rule(table, knob, in_order[0]) if in_order else _unruled(table, knob)
    return Explanation(knob=knob.name, setting=setting, runners_up=(*beaten, *shut_out), lock=lock)


def differences(before: RuleTable, after: RuleTable, subject: Subject) -> list[Difference]:
    """The knobs that two tables answer differently for one subject, by value or by rule."""
    reach_before, reach_after = before.reach(subject), after.reach(subject)
    answers = (
        Difference(name, resolve(before, reach_before, knob), resolve(after, reach_after, knob))
        for name, knob in KNOBS.items()
    )
    return [answer for answer in answers if answer.before != answer.after]


def counted_material_groups(table: RuleTable, reach: Reach, knob: Knob[Value]) -> frozenset[MaterialGroupId]:
    """The material groups whose loans count to a limit: those for which the same rule speaks. A more specific limit
    takes its loans out of the wider one's count.
    """
    rule = resolve(table, reach, knob).rule
    tree = table.trees.material_groups
    return frozenset(
        MaterialGroupId(group)
        for group in tree.members(rule.cell.material_group if rule else tree.root)
        if resolve(table, _with_material(reach, tree.chain(group)), knob).rule is rule
    )


def covering_lock(rules: Iterable[Rule], cell: Cell, above: Sequence[ScopeNode], trees: Trees) -> Rule | None:
    """A rule at a place above the cell's that keeps the whole cell from being set."""
    return next(
        (
            rule
            for rule in rules
            if rule.is_locked
            and rule.cell.knob == cell.knob
            and rule.cell.node in above
            and trees.patron_groups.is_within(cell.patron_group, rule.cell.patron_group)
            and trees.material_groups.is_within(cell.material_group, rule.cell.material_group)
            and rule.cell.loan_kind in {LoanKind.ANY, cell.loan_kind}
        ),
        None,
    )


def has_a_say(knob: Knob[object], rule: Rule) -> bool:
    """A no to lending counts from anywhere; a yes only from a cell that names both groups, in an agency or below."""
    return not knob.needs_explicit_yes or rule.value is False or rule.cell.is_explicit


def _candidates(table: RuleTable, reach: Reach, knob: Knob[Value]) -> Iterator[Rule]:
    """The rules that may decide, the winner first."""
    of_knob = table.rules.get(knob.name)
    if of_knob is None:
        return
    nodes = reach.nodes(knob.whose)
    if of_knob.has_locks:
        nodes = _from_lock_up(nodes, _lock(table, reach, knob))
    for node in nodes:
        for rule in of_knob.by_node.get(node, ()):
            if reach.fits(rule) and has_a_say(knob, rule):
                yield rule


def _lock(table: RuleTable, reach: Reach, knob: Knob[Value]) -> Rule | None:
    """The highest lock that covers the subject."""
    for node in reversed(reach.nodes(knob.whose)):
        for rule in _at(table, knob, node):
            if rule.is_locked and reach.fits(rule):
                return rule
    return None


def _from_lock_up(nodes: Nodes, lock: Rule | None) -> Nodes:
    return nodes if lock is None else nodes[nodes.index(lock.cell.node) :]


def _at(table: RuleTable, knob: Knob[Value], node: ScopeNode) -> tuple[Rule, ...]:
    of_knob = table.rules.get(knob.name)
    return of_knob.by_node.get(node, ()) if of_knob else ()


def _by_rule(table: RuleTable, knob: Knob[Value], rule: Rule) -> Setting[Value]:
    value: Value = rule.value  # type: ignore[assignment]  # decoded by this very knob when the rule was read
    capped = _capped(table, knob, value)
    return Setting(capped, rule, Source.RULE, is_capped=capped != value)


def _unruled(table: RuleTable, knob: Knob[Value]) -> Setting[Value]:
    source = Source.NOT_FOUND if knob.needs_explicit_yes else Source.DEFAULT
    return Setting(_capped(table, knob, knob.default), None, source)


def _capped(table: RuleTable, knob: Knob[Value], value: Value) -> Value:
    ceiling = table.ceilings.get(knob.name)
    if ceiling is None or not isinstance(value, int) or value <= ceiling:
        return value
    return knob.decode(ceiling)


def _in_order(rules: Iterable[Rule], trees: Trees) -> tuple[Rule, ...]:
    return tuple(sorted(rules, key=lambda rule: _group_order(rule, trees)))


def _group_order(rule: Rule, trees: Trees) -> tuple[int, int, bool]:
    """Smaller is more specific. Groups that cover one subject lie on one path, so depth alone decides."""
    return (
        -trees.patron_groups.depth(rule.cell.patron_group),
        -trees.material_groups.depth(rule.cell.material_group),
        rule.cell.loan_kind is LoanKind.ANY,
    )


def _why_beaten(winner: Rule, rule: Rule) -> WhyLost:
    if DEPTH[rule.cell.node.scope] < DEPTH[winner.cell.node.scope]:
        return WhyLost.SHALLOWER_SCOPE
    if rule.cell.patron_group != winner.cell.patron_group:
        return WhyLost.LESS_SPECIFIC_PATRON_GROUP
    if rule.cell.material_group != winner.cell.material_group:
        return WhyLost.LESS_SPECIFIC_MATERIAL_GROUP
    return WhyLost.LESS_SPECIFIC_LOAN_KIND


def _why_shut_out(rule: Rule, lock: Rule | None) -> WhyLost:
    if lock is not None and DEPTH[rule.cell.node.scope] > DEPTH[lock.cell.node.scope]:
        return WhyLost.LOCKED_ABOVE
    return WhyLost.YES_NEEDS_EXPLICIT_CELL


def _with_material(reach: Reach, chain: tuple[int, ...]) -> Reach:
    return Reach(reach.item, reach.patron, reach.desk, reach.patron_groups, chain, reach.loan_kind)
