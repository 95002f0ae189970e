"""Whether a change of the rules may be made, and what it does to those that stand there. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec

from faelles.ground.errors import FieldProblem
from faelles.ground.fields import is_plausible
from faelles.ground.ids import RuleId
from faelles.policies.knob import Knob
from faelles.policies.model import Ceiling, Cell, Rule
from faelles.policies.requests import KnobValue
from faelles.policies.rules import has_a_say


@dataclass(frozen=True, slots=True)
class Overlay:
    """What becomes of the rules of one cell when a draft is laid over them."""

    ended: tuple[RuleId, ...]
    """To end where the draft begins."""
    resumed: tuple[Rule, ...]
    """To take up again where the draft ends."""
    in_the_way: Rule | None
    """A rule that begins while the draft would hold. It was planned by somebody and is not ended silently."""


def overlay(standing: Iterable[Rule], draft: Rule) -> Overlay:
    """Lay `draft` over the rules of its own cell."""
    met = [rule for rule in standing if rule.overlaps(draft)]
    later = [rule for rule in met if _begins_later(rule, draft.valid_from)]
    earlier = [rule for rule in met if rule not in later]
    return Overlay(
        ended=tuple(rule.id for rule in earlier if rule.id is not None),
        resumed=tuple(
            replace(rule, id=None, valid_from=draft.valid_until) for rule in earlier if _outlives(rule, draft)
        ),
        in_the_way=later[0] if later else None,
    )


def with_drafts(standing: Sequence[Rule], drafts: Sequence[Rule]) -> list[Rule]:
    """The rules as they would be after the drafts were set, one after the other."""
    rules = list(standing)
    for draft in drafts:
        same_cell = [rule for rule in rules if rule.cell == draft.cell and rule.overlaps(draft)]
        kept = [rule for rule in rules if rule not in same_cell]
        before = [
            replace(rule, valid_until=draft.valid_from)
            for rule in same_cell
            if draft.valid_from is not None and not _begins_at_or_after(rule, draft.valid_from)
        ]
        rules = [*kept, *before, *overlay(same_cell, draft).resumed, draft]
    return rules


def read_value(knob: Knob[object], raw: KnobValue) -> object | FieldProblem:
    """The knob's typed value, or what is wrong with what was given."""
    try:
        value = knob.decode(raw)
    except msgspec.ValidationError:
        return FieldProblem("value", f"knob_needs_{knob.unit.value}", _bounds(knob))
    if isinstance(value, date) and not is_plausible(value):
        return FieldProblem("value", "day_out_of_range", {"knob": knob.name})
    return value


def problems(knob: Knob[object], draft: Rule, now: datetime) -> list[FieldProblem]:
    """Everything that makes the draft meaningless, wherever it stands."""
    cell = draft.cell
    found = [
        (cell.node.scope not in knob.scopes, "scope", "knob_not_at_scope"),
        (draft.is_locked and cell.node.scope not in knob.lockable_at, "is_locked", "knob_not_lockable_at_scope"),
        (not has_a_say(knob, draft), "value", "explicit_yes_needs_both_groups"),
        (draft.valid_from is None or draft.valid_from < now, "valid_from", "rule_starts_in_the_past"),
        (_ends_early(draft), "valid_until", "rule_ends_before_it_starts"),
        (_is_far_off(draft.valid_from), "valid_from", "day_out_of_range"),
        (_is_far_off(draft.valid_until), "valid_until", "day_out_of_range"),
    ]
    parameters = {"knob": knob.name, "scope": cell.node.scope.value}
    return [FieldProblem(field, code, parameters) for is_wrong, field, code in found if is_wrong]


def exceeded_ceiling(draft: Rule, ceilings: Iterable[Ceiling]) -> Ceiling | None:
    """The lowest national ceiling that the draft would pass while it holds."""
    passed = [
        ceiling
        for ceiling in ceilings
        if ceiling.knob == draft.cell.knob
        and isinstance(draft.value, int)
        and draft.value > ceiling.highest_ore
        and (ceiling.valid_from is None or draft.valid_until is None or ceiling.valid_from < draft.valid_until)
        and (draft.valid_from is None or ceiling.valid_until is None or draft.valid_from < ceiling.valid_until)
    ]
    return min(passed, key=lambda ceiling: ceiling.highest_ore, default=None)


def by_cell(rules: Iterable[Rule]) -> Mapping[Cell, list[Rule]]:
    cells: dict[Cell, list[Rule]] = {}
    for rule in rules:
        cells.setdefault(rule.cell, []).append(rule)
    return cells


def says_already(standing: Iterable[Rule], draft: Rule) -> Rule | None:
    """The rule that makes the draft superfluous: same value, same lock, all the while."""
    return next(
        (
            rule
            for rule in standing
            if (rule.value, rule.is_locked) == (draft.value, draft.is_locked)
            and not _begins_later(rule, draft.valid_from)
            and _holds_as_long(rule, draft)
        ),
        None,
    )


def _begins_later(rule: Rule, moment: datetime | None) -> bool:
    return rule.valid_from is not None and (moment is None or rule.valid_from > moment)


def _begins_at_or_after(rule: Rule, moment: datetime) -> bool:
    return rule.valid_from is not None and rule.valid_from >= moment


def _holds_as_long(rule: Rule, draft: Rule) -> bool:
    return rule.valid_until is None or (draft.valid_until is not None and rule.valid_until >= draft.valid_until)


def _outlives(rule: Rule, draft: Rule) -> bool:
    return draft.valid_until is not None and (rule.valid_until is None or rule.valid_until > draft.valid_until)


def _ends_early(draft: Rule) -> bool:
    return draft.valid_from is not None and draft.valid_until is not None and draft.valid_until <= draft.valid_from


def _is_far_off(moment: datetime | None) -> bool:
    return moment is not None and not is_plausible(moment.date())


def _bounds(knob: Knob[object]) -> dict[str, str | int]:
    bounds: dict[str, str | int] = {"knob": knob.name, "choices": ", ".join(knob.choices)}
    if knob.lowest is not None and knob.highest is not None:
        bounds |= {"lowest": knob.lowest, "highest": knob.highest}
    return bounds
