"""Drafts of rules, made from requests and checked against what stands."""

from datetime import datetime

from faelles.ground.errors import (
    FieldProblem,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RefusedError,
    invalid_field,
)
from faelles.ground.ids import NATION, AgencyId, MaterialGroupId, PatronGroupId
from faelles.policies import changes, places, rules
from faelles.policies.compiled import Settings
from faelles.policies.knob import Knob
from faelles.policies.knobs import KNOBS, LENDABLE, RENEWABLE, RESERVABLE
from faelles.policies.model import Cell, Rule, Scope, ScopeNode
from faelles.policies.requests import AllowCells, SetRule

MOST_CELLS = 1000
"""How many pairs of groups one request may decide about."""


def draft(agency: AgencyId, request: SetRule, now: datetime) -> Rule:
    """The rule that `request` asks for. Raises InvalidRequestError for a value the knob cannot have."""
    value = changes.read_value(knob(request.knob), request.value)
    if isinstance(value, FieldProblem):
        raise InvalidRequestError(problems=[value])
    return Rule(
        id=None,
        cell=Cell(
            request.knob,
            node(agency, request.scope, request.scope_id),
            PatronGroupId(request.patron_group),
            MaterialGroupId(request.material_group),
            request.loan_kind,
        ),
        value=value,
        is_locked=request.is_locked,
        valid_from=request.valid_from or now,
        valid_until=request.valid_until,
    )


def cell_drafts(request: AllowCells, node: ScopeNode, now: datetime) -> list[Rule]:
    """One draft for each pair of groups and each of the three knobs. Raises InvalidRequestError for too many."""
    wanted = ((LENDABLE, request.lendable), (RESERVABLE, request.reservable), (RENEWABLE, request.renewable))
    if len(request.patron_groups) * len(request.material_groups) > MOST_CELLS:
        raise invalid_field("material_groups", "too_many_cells", most=MOST_CELLS)
    return [
        Rule(
            id=None,
            cell=Cell(knob.name, node, PatronGroupId(patron_group), MaterialGroupId(material_group), request.loan_kind),
            value=value,
            valid_from=now,
        )
        for patron_group in dict.fromkeys(request.patron_groups)
        for material_group in dict.fromkeys(request.material_groups)
        for knob, value in wanted
        if value is not None
    ]


def checked(draft: Rule, settings: Settings, now: datetime) -> Rule:
    """The draft, if it may stand. Raises NotFoundError for a group the agency does not have, InvalidRequestError, or
    RefusedError with what says no in its parameters.
    """
    policy = settings.policy
    places.require_groups(settings, draft.cell.patron_group, draft.cell.material_group)
    wrong = changes.problems(KNOBS[draft.cell.knob], draft, now)
    if wrong:
        raise InvalidRequestError(problems=wrong)
    ceiling = changes.exceeded_ceiling(draft, policy.ceilings)
    if ceiling is not None:
        raise RefusedError(
            "above_national_ceiling",
            knob=draft.cell.knob,
            ceiling_ore=ceiling.highest_ore,
            source=ceiling.source,
        )
    above = places.path_to(settings.directory, draft.cell.node).nodes()[1:]
    locks = [rule for rule in policy.rules if rule.is_locked and rule.overlaps(draft)]
    lock = rules.covering_lock(locks, draft.cell, above, policy.trees)
    if lock is not None:
        raise RefusedError("rule_locked_above", rule=lock.id or 0, scope=lock.cell.node.scope.value)
    return draft


def node(agency: AgencyId, scope: Scope, scope_id: int | None) -> ScopeNode:
    if scope is Scope.NATION:
        require_nation(agency)
        return ScopeNode(scope, NATION)
    if scope is Scope.AGENCY and agency != NATION:
        if scope_id not in {None, agency}:
            raise NotFoundError("scope_unknown", scope=scope.value)
        return ScopeNode(scope, agency)
    if scope_id is None or agency == NATION:
        raise invalid_field("scope_id", "scope_id_missing", scope=scope.value)
    return ScopeNode(scope, scope_id)


def require_nation(agency: AgencyId) -> None:
    if agency != NATION:
        raise ForbiddenError("rule_is_the_nations")


def knob(name: str) -> Knob[object]:
    knob = KNOBS.get(name)
    if knob is None:
        raise invalid_field("knob", "knob_unknown", knob=name)
    return knob
