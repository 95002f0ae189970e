"""Rules, settings and explanations with names instead of numbers. Pure."""

from dataclasses import dataclass

import msgspec

from faelles.ground.i18n import Language, text
from faelles.ground.ids import BranchId, DivisionId, MaterialGroupId, PatronGroupId, PlacementId
from faelles.policies.compiled import Settings
from faelles.policies.knob import Knob
from faelles.policies.knobs import KNOBS
from faelles.policies.model import Difference, Explanation, Rule, Scope, ScopeNode, Setting
from faelles.policies.requests import (
    DifferenceShown,
    ExplanationShown,
    KnobShown,
    KnobValue,
    RuleShown,
    RunnerUpShown,
    SettingShown,
)
from faelles.policies.values import value_text


@dataclass(frozen=True, slots=True)
class Names:
    """What places and groups are called in one language."""

    settings: Settings
    language: Language

    def place(self, node: ScopeNode) -> str:
        directory = self.settings.directory
        if node.scope is Scope.NATION:
            return text("policy_scope_nation", self.language)
        if node.scope is Scope.AGENCY:
            return directory.agency.name
        if node.scope is Scope.DIVISION:
            return directory.divisions[DivisionId(node.id)].name
        if node.scope is Scope.BRANCH:
            return directory.branches[BranchId(node.id)].name
        placement = directory.placements[PlacementId(node.id)]
        parts = (placement.department, placement.location, placement.sublocation, placement.section)
        return " > ".join((directory.branches[placement.branch].name, *(part for part in parts if part)))

    def patron_group(self, group: PatronGroupId) -> str:
        return self.settings.patron_groups[group].name(self.language)

    def material_group(self, group: MaterialGroupId) -> str:
        return self.settings.material_groups[group].name(self.language)


def knob_shown(knob: Knob[object], ceiling_ore: int | None, language: Language) -> KnobShown:
    return KnobShown(
        name=knob.name,
        title=text(f"knob_{knob.name}", language),
        help=text(f"knob_{knob.name}_help", language),
        unit=knob.unit.value,
        choices={value: text(f"knob_choice_{value}", language) for value in knob.choices},
        lowest=knob.lowest,
        highest=knob.highest,
        may_be_empty=knob.may_be_empty,
        default=_as_json(knob.default),
        whose=knob.whose.value,
        scopes=[scope for scope in Scope if scope in knob.scopes],
        lockable_at=[scope for scope in Scope if scope in knob.lockable_at],
        needs_explicit_yes=knob.needs_explicit_yes,
        ceiling_ore=ceiling_ore,
    )


def explanation_shown(explanation: Explanation, names: Names) -> ExplanationShown:
    return ExplanationShown(
        knob=explanation.knob,
        title=text(f"knob_{explanation.knob}", names.language),
        setting=setting_shown(explanation.knob, explanation.setting, names),
        runners_up=[
            RunnerUpShown(
                rule=rule_shown(beaten.rule, names),
                why=beaten.why,
                why_text=text(f"policy_{beaten.why.value}", names.language),
            )
            for beaten in explanation.runners_up
        ],
        lock=rule_shown(explanation.lock, names) if explanation.lock else None,
    )


def difference_shown(difference: Difference, names: Names) -> DifferenceShown:
    return DifferenceShown(
        knob=difference.knob,
        title=text(f"knob_{difference.knob}", names.language),
        before=setting_shown(difference.knob, difference.before, names),
        after=setting_shown(difference.knob, difference.after, names),
    )


def setting_shown(knob: str, setting: Setting[object], names: Names) -> SettingShown:
    value = _as_json(setting.value)
    return SettingShown(
        value=value,
        value_text=value_text(KNOBS[knob].unit, value, names.language),
        source=setting.source,
        source_text=text(f"policy_source_{setting.source.value}", names.language),
        is_capped=setting.is_capped,
        rule=rule_shown(setting.rule, names) if setting.rule else None,
    )


def rule_shown(rule: Rule, names: Names) -> RuleShown:
    cell = rule.cell
    value = _as_json(rule.value)
    return RuleShown(
        id=rule.id,
        value=value,
        value_text=value_text(KNOBS[cell.knob].unit, value, names.language),
        scope=cell.node.scope,
        scope_id=cell.node.id,
        place=names.place(cell.node),
        patron_group=cell.patron_group,
        patron_group_name=names.patron_group(cell.patron_group),
        material_group=cell.material_group,
        material_group_name=names.material_group(cell.material_group),
        loan_kind=cell.loan_kind,
        is_locked=rule.is_locked,
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
    )


def _as_json(value: object) -> KnobValue:
    plain: KnobValue = msgspec.to_builtins(value)
    return plain
