"""A small world of rules in memory: two divisions, a few groups, and short ways to write rules and subjects."""

from collections.abc import Iterable
from datetime import UTC, datetime

from faelles.ground.ids import (
    AgencyId,
    BranchId,
    DivisionId,
    MaterialGroupId,
    PatronGroupId,
    PlacementId,
    RuleId,
)
from faelles.policies.compiled import CompiledPolicy
from faelles.policies.model import (
    Ceiling,
    Cell,
    GroupTree,
    LoanKind,
    Rule,
    Scope,
    ScopeNode,
    ScopePath,
    Subject,
)
from faelles.policies.rules import Trees

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
AGENCY = AgencyId(7)

YES, NO = True, False
NATION = ScopeNode(Scope.NATION, 0)
OURS = ScopeNode(Scope.AGENCY, 7)
LIBRARY = ScopeNode(Scope.DIVISION, 71)
BRANCH = ScopeNode(Scope.BRANCH, 711)
SHELF = ScopeNode(Scope.PLACEMENT, 7111)
NODES = (NATION, OURS, LIBRARY, BRANCH, SHELF)

ANY, PERSON, ADULT, CHILD, PUPIL = range(1, 6)
PATRON_TREE = GroupTree({ANY: None, PERSON: ANY, ADULT: PERSON, CHILD: PERSON, PUPIL: CHILD})
LOANABLE, BOOK, NOVEL, FILM = range(2, 6)
MATERIAL_TREE = GroupTree({ANY: None, LOANABLE: ANY, BOOK: LOANABLE, NOVEL: BOOK, FILM: LOANABLE})
TREES = Trees(PATRON_TREE, MATERIAL_TREE)


def rule(
    knob: str,
    value: object,
    node: ScopeNode = OURS,
    *,
    patrons: int = ANY,
    materials: int = ANY,
    kind: LoanKind = LoanKind.ANY,
    locked: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    number: int = 1,
) -> Rule:
    cell = Cell(knob, node, PatronGroupId(patrons), MaterialGroupId(materials), kind)
    return Rule(id=RuleId(number), cell=cell, value=value, is_locked=locked, valid_from=since, valid_until=until)


def subject(patrons: int = ADULT, materials: int = NOVEL, kind: LoanKind = LoanKind.LOAN) -> Subject:
    path = ScopePath(AGENCY, DivisionId(71), BranchId(711), PlacementId(7111))
    return Subject(
        item=path,
        patron=ScopePath(AGENCY, DivisionId(71)),
        desk=ScopePath(AGENCY, DivisionId(71), BranchId(711)),
        patron_group=PatronGroupId(patrons),
        material_group=MaterialGroupId(materials),
        loan_kind=kind,
    )


def policy(*rules: Rule, ceilings: Iterable[Ceiling] = ()) -> CompiledPolicy:
    return CompiledPolicy(rules, tuple(ceilings), TREES)
