"""What callers ask of this room and what they are answered."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import Code, Id, PageSize, ShortText
from faelles.ground.ids import AgencyId, RuleId
from faelles.policies.model import LoanKind, Scope, Source, WhyLost

KnobValue = bool | int | str | None
"""As JSON: a date is written `2026-06-30`, money in øre; null means none or no limit."""

Moment = Annotated[datetime, Meta(tz=True)]


class SetRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Give one knob a value in one cell. A group that is not named is any group."""

    knob: Code
    value: KnobValue
    scope: Scope
    scope_id: Id | None = None
    """The division, branch or placement; none for the agency and the nation."""
    patron_group: Id = 1
    material_group: Id = 1
    loan_kind: LoanKind = LoanKind.ANY
    is_locked: bool = False
    """Deeper scopes have no say in this cell."""
    valid_from: Moment | None = None
    """None: from now on."""
    valid_until: Moment | None = None
    """None: until changed. What stood there before holds again afterwards."""
    reason: ShortText | None = None


class AllowCells(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Say for every pair of these groups whether it may be lent, reserved, renewed; None leaves it as it is."""

    scope: Scope
    scope_id: Id | None = None
    patron_groups: Annotated[list[Id], Meta(min_length=1, max_length=100)]
    material_groups: Annotated[list[Id], Meta(min_length=1, max_length=200)]
    loan_kind: LoanKind = LoanKind.ANY
    lendable: bool | None = None
    reservable: bool | None = None
    renewable: bool | None = None
    reason: ShortText | None = None


class EndRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    at: Moment | None = None
    """None: now."""


class RuleFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given is not filtered by."""

    knob: Code | None = None
    scope: Scope | None = None
    scope_id: Id | None = None
    patron_group: Id | None = None
    material_group: Id | None = None
    include_past_and_planned: bool = False


class ListRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    filter: RuleFilter = RuleFilter()
    after: int = 0
    limit: PageSize = 50


class RuleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it is stored. `agency` 0: the nation's."""

    id: RuleId
    agency: AgencyId
    knob: str
    value: KnobValue
    scope: Scope
    scope_id: int
    patron_group: int
    material_group: int
    loan_kind: str
    is_locked: bool
    was_never_in_force: bool
    """Taken back before it began, or replaced in the same moment."""
    valid_from: datetime | None
    valid_until: datetime | None
    reason: str | None
    written_by: str
    written_at: datetime


class CellsAllowed(msgspec.Struct, frozen=True, kw_only=True):
    changed: int
    """Rules written."""
    unchanged: int
    """Cells that said so already."""


class Coordinates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where and whom a knob is asked for. What is not given is asked as "any"."""

    item_branch: Id | None = None
    item_placement: Id | None = None
    patron_division: Id | None = None
    desk_branch: Id | None = None
    patron_group: Id = 1
    material_group: Id = 1
    loan_kind: LoanKind = LoanKind.LOAN


class Explain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    coordinates: Coordinates
    knobs: Annotated[list[Code], Meta(max_length=100)] = []
    """None named: all."""
    at: Moment | None = None
    """None: now."""


class ExplainAt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds at one place of the tree now: what rules of deeper places say is left out."""

    scope: Scope
    scope_id: Id | None = None
    patron_group: Id = 1
    material_group: Id = 1
    loan_kind: LoanKind = LoanKind.LOAN
    knobs: Annotated[list[Code], Meta(max_length=100)] = []
    """None named: all."""


class Simulate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What would these rules change for these subjects? Nothing is written."""

    drafts: Annotated[list[SetRule], Meta(min_length=1, max_length=200)]
    subjects: Annotated[list[Coordinates], Meta(min_length=1, max_length=200)]
    at: Moment | None = None


class RuleShown(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with names instead of numbers, in the caller's language. `id` None: a draft."""

    id: RuleId | None
    value: KnobValue
    value_text: str
    scope: Scope
    scope_id: int
    place: str
    patron_group: int
    patron_group_name: str
    material_group: int
    material_group_name: str
    loan_kind: LoanKind
    is_locked: bool
    valid_from: datetime | None
    valid_until: datetime | None


class RunnerUpShown(msgspec.Struct, frozen=True, kw_only=True):
    rule: RuleShown
    why: WhyLost
    why_text: str


class SettingShown(msgspec.Struct, frozen=True, kw_only=True):
    value: KnobValue
    value_text: str
    source: Source
    source_text: str
    is_capped: bool
    """The national ceiling is lower than the rule; the value is the ceiling."""
    rule: RuleShown | None


class ExplanationShown(msgspec.Struct, frozen=True, kw_only=True):
    knob: str
    title: str
    setting: SettingShown
    runners_up: list[RunnerUpShown]
    lock: RuleShown | None


class DifferenceShown(msgspec.Struct, frozen=True, kw_only=True):
    knob: str
    title: str
    before: SettingShown
    after: SettingShown


class SubjectDifferences(msgspec.Struct, frozen=True, kw_only=True):
    coordinates: Coordinates
    differences: list[DifferenceShown]


class KnobShown(msgspec.Struct, frozen=True, kw_only=True):
    """A knob as a form or a program needs it."""

    name: str
    title: str
    help: str
    unit: str
    choices: dict[str, str]
    """Value and what it is called."""
    lowest: int | None
    highest: int | None
    may_be_empty: bool
    default: KnobValue
    whose: str
    scopes: list[Scope]
    lockable_at: list[Scope]
    needs_explicit_yes: bool
    ceiling_ore: int | None
    """The national ceiling in force now."""
