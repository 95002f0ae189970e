"""What the rules tell. `subject` is the rule, or the place whose cells were decided about."""

import msgspec

from faelles.ground.events import Dimension, Event
from faelles.ground.ids import RuleId
from faelles.policies.model import Rule, ScopeNode
from faelles.policies.requests import RuleRecord


def rule_set(rule: RuleId, draft: Rule) -> Event:
    return Event(
        kind="policy_rule_set",
        subject=rule,
        dimensions={
            "knob": draft.cell.knob,
            "scope": draft.cell.node.scope.value,
            "scope_id": draft.cell.node.id,
            "patron_group": draft.cell.patron_group,
            "material_group": draft.cell.material_group,
            "loan_kind": draft.cell.loan_kind.value,
            "value": msgspec.convert(msgspec.to_builtins(draft.value), type=Dimension),
            "is_locked": draft.is_locked,
        },
    )


def rule_ended(rule: RuleRecord) -> Event:
    return Event(kind="policy_rule_ended", subject=rule.id, dimensions={"knob": rule.knob})


def cells_allowed(node: ScopeNode, changed: int) -> Event:
    return Event(
        kind="policy_cells_allowed",
        subject=node.id,
        dimensions={"scope": node.scope.value, "changed": changed},
    )
