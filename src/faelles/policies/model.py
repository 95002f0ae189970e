"""What a rule is, where it holds, whom it is asked for, and what the answer carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

import msgspec

from faelles.ground.ids import (
    NATION,
    AgencyId,
    BranchId,
    DivisionId,
    MaterialGroupId,
    PatronGroupId,
    PlacementId,
    RuleId,
)

Value_co = TypeVar("Value_co", covariant=True)

ANY_PATRON = PatronGroupId(1)
ANY_MATERIAL = MaterialGroupId(1)
"""The roots of the two trees: every patron, every material."""


class Scope(StrEnum):
    """The tree of places, from the top."""

    NATION = "nation"
    AGENCY = "agency"
    DIVISION = "division"
    BRANCH = "branch"
    PLACEMENT = "placement"


DEPTH: Mapping[Scope, int] = {scope: depth for depth, scope in enumerate(Scope)}


class ScopeNode(NamedTuple):
    """One place a rule can hold in; `id` is 0 for the nation."""

    scope: Scope
    id: int


NATION_NODE = ScopeNode(Scope.NATION, NATION)


class SettingsRevision(msgspec.Struct, frozen=True):
    """The number under which an agency's settings are compiled: the nation's and its own. Read it in the transaction
    that decides (most often inside its one load).
    """

    nation: int
    agency: int


class LoanKind(StrEnum):
    ANY = "any"
    LOAN = "loan"
    INTERLIBRARY = "interlibrary"


class Whose(StrEnum):
    """Whose place a knob is asked for: the item's owner, the patron's home, or the branch where it happens."""

    ITEM_DIVISION = "item_division"
    PATRON_DIVISION = "patron_division"
    DESK_BRANCH = "desk_branch"


class ScopePath(msgspec.Struct, frozen=True):
    """A place with everything above it; what is not known is left out."""

    agency: AgencyId
    division: DivisionId | None = None
    branch: BranchId | None = None
    placement: PlacementId | None = None

    def nodes(self) -> tuple[ScopeNode, ...]:
        """Deepest first, ending with the nation."""
        below = (
            (Scope.PLACEMENT, self.placement),
            (Scope.BRANCH, self.branch),
            (Scope.DIVISION, self.division),
            (Scope.AGENCY, self.agency if self.agency != NATION else None),
        )
        return (*(ScopeNode(scope, id_) for scope, id_ in below if id_ is not None), NATION_NODE)


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What knobs are asked for. The three places are the owners of the three kinds of knob (`Whose`)."""

    item: ScopePath
    """The item's owning branch and its placement."""
    patron: ScopePath
    """The patron's home division."""
    desk: ScopePath
    """The branch where it happens, or where the item is picked up."""
    patron_group: PatronGroupId = ANY_PATRON
    material_group: MaterialGroupId = ANY_MATERIAL
    loan_kind: LoanKind = LoanKind.LOAN

    def path(self, whose: Whose) -> ScopePath:
        if whose is Whose.ITEM_DIVISION:
            return self.item
        return self.patron if whose is Whose.PATRON_DIVISION else self.desk


class Cell(NamedTuple):
    """What two rules may not both say something about at one time."""

    knob: str
    node: ScopeNode
    patron_group: PatronGroupId
    material_group: MaterialGroupId
    loan_kind: LoanKind

    @property
    def is_explicit(self) -> bool:
        """Whether the cell names groups of both kinds and an agency: only such a cell can say yes to lending."""
        return (
            self.node.scope is not Scope.NATION
            and self.patron_group != ANY_PATRON
            and self.material_group != ANY_MATERIAL
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One value of one knob in one cell, in force from `valid_from` on and before `valid_until`; None is open."""

    id: RuleId | None
    """None for a draft."""
    cell: Cell
    value: object
    """As the knob's type says, decoded."""
    is_locked: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def is_in_force(self, moment: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= moment) and (
            self.valid_until is None or moment < self.valid_until
        )

    def overlaps(self, other: "Rule") -> bool:
        return _begins_before_end(self, other) and _begins_before_end(other, self)


def _begins_before_end(one: Rule, other: Rule) -> bool:
    return one.valid_from is None or other.valid_until is None or one.valid_from < other.valid_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The most the nation lets anybody ask, in øre, for one knob, over a period."""

    knob: str
    highest_ore: int
    source: str
    """Where the figure stands: a law, a circular, a collection of tariffs."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def is_in_force(self, moment: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= moment) and (
            self.valid_until is None or moment < self.valid_until
        )


class Source(StrEnum):
    """Where a value came from."""

    RULE = "rule"
    DEFAULT = "default"
    NOT_FOUND = "loaning_profile_not_found"
    """Lending, reserving or renewing: nobody has said yes for this patron group and this material group."""


@dataclass(frozen=True, slots=True)
class Setting(Generic[Value_co]):
    """A knob's value and the rule that gave it."""

    value: Value_co
    rule: Rule | None
    source: Source
    is_capped: bool = False
    """The rule says more than the ceiling in force; the value is the ceiling."""

    @property
    def rule_id(self) -> RuleId | None:
        return self.rule.id if self.rule else None

    @property
    def scope(self) -> Scope | None:
        return self.rule.cell.node.scope if self.rule else None


class WhyLost(StrEnum):
    """Why a rule that fits the subject does not decide."""

    SHALLOWER_SCOPE = "shallower_scope"
    LESS_SPECIFIC_PATRON_GROUP = "less_specific_patron_group"
    LESS_SPECIFIC_MATERIAL_GROUP = "less_specific_material_group"
    LESS_SPECIFIC_LOAN_KIND = "less_specific_loan_kind"
    LOCKED_ABOVE = "locked_above"
    YES_NEEDS_EXPLICIT_CELL = "yes_needs_explicit_cell"


@dataclass(frozen=True, slots=True)
class RunnerUp:
    rule: Rule
    why: WhyLost


@dataclass(frozen=True, slots=True)
class Explanation:
    """The setting, and the rules that fit but lost: first those that would take over if the winner fell away."""

    knob: str
    setting: Setting[object]
    runners_up: tuple[RunnerUp, ...]
    lock: Rule | None = None
    """The rule that keeps deeper scopes from saying anything."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A knob that two policies answer differently for one subject."""

    knob: str
    before: Setting[object]
    after: Setting[object]


@dataclass(frozen=True, slots=True)
class GroupTree:
    """A tree of groups by id. The root ("any") is its own end; an unknown group is below the root alone."""

    parents: Mapping[int, int | None]
    root: int = 1
    _chains: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def chain(self, group: int) -> tuple[int, ...]:
        """The group and all above it, the most specific first."""
        found = self._chains.get(group)
        if found is None:
            parent = self.parents.get(group)
            found = (
                (group, *self.chain(parent if parent is not None else self.root)) if group != self.root else (group,)
            )
            self._chains[group] = found
        return found

    def depth(self, group: int) -> int:
        return len(self.chain(group)) - 1

    def is_within(self, group: int, ancestor: int) -> bool:
        return ancestor in self.chain(group)

    def members(self, group: int) -> frozenset[int]:
        """The group and all below it."""
        return frozenset(member for member in (*self.parents, group) if self.is_within(member, group))
