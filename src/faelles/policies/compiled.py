"""An agency's policy, ready to be asked: its rules and the nation's, over both group trees.

Valid for one settings revision. Rules begin and end at moments of their own, so a table is built for each stretch of
time between two such moments, when it is first asked for.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from faelles.agencies.directory import AgencyDirectory
from faelles.ground.ids import AgencyId, BranchId, DivisionId, MaterialGroupId, PatronGroupId, PlacementId
from faelles.policies import rules
from faelles.policies.groups.model import Group
from faelles.policies.knob import Knob
from faelles.policies.model import Ceiling, Rule, ScopePath, Setting, SettingsRevision, Subject

Value = TypeVar("Value")
Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")

MOST_TERMS = 1024
"""How many answered subjects a policy keeps. Subjects of equal reach share one, so few agencies ever have more."""

MOST_CONCLUSIONS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Question(Generic[Key, Answer]):
    """What is asked again and again, and is no other one of the same words. Its answer follows from the key alone, and
    from the rules that are in force.
    """

    words: str


class Terms:
    """Every knob for one subject at one moment: `terms[LOAN_DAYS].value`, and the rule it comes from beside it.

    Each knob is resolved when first asked for.
    """

    __slots__ = ("_reach", "_settings", "_table")

    def __init__(self, table: rules.RuleTable, reach: rules.Reach) -> None:
        self._table = table
        self._reach = reach
        self._settings: dict[str, Setting[Any]] = {}

    def __getitem__(self, knob: Knob[Value]) -> Setting[Value]:
        found: Setting[Value] | None = self._settings.get(knob.name)
        if found is None:
            found = self._settings[knob.name] = rules.resolve(self._table, self._reach, knob)
        return found

    def counted_material_groups(self, knob: Knob[Value]) -> frozenset[MaterialGroupId]:
        """The material groups whose loans count to the limit this knob sets here."""
        return rules.counted_material_groups(self._table, self._reach, knob)


class CompiledPolicy:
    """Pure: the same rules, subject and moment give the same terms."""

    def __init__(
        self,
        all_rules: Sequence[Rule],
        ceilings: Sequence[Ceiling],
        trees: rules.Trees,
        since: datetime | None = None,
    ) -> None:
        self.rules = tuple(all_rules)
        self.ceilings = tuple(ceilings)
        self.trees = trees
        self.since = since
        """Rules that ended before this moment are left out; None: none are."""
        self._by_knob: dict[str, tuple[Rule, ...]] = {}
        self._boundaries = _boundaries((*self.rules, *self.ceilings))
        self._tables: dict[int, rules.RuleTable] = {}
        self._terms: dict[tuple[int, Subject], Terms] = {}
        self._terms_by_reach: dict[tuple[int, rules.Reach], Terms] = {}
        self._conclusions: dict[tuple[int, Question[Any, Any]], dict[Any, Any]] = {}

    def terms(self, subject: Subject, moment: datetime) -> Terms:
        """The terms that hold for `subject` at `moment` (aware)."""
        stretch = bisect_right(self._boundaries, moment)
        found = self._terms.get((stretch, subject))
        if found is None:
            found = self._remembered(stretch, subject, self.table(moment))
        return found

    def rules_for(self, knob: Knob[Any]) -> tuple[Rule, ...]:
        """Those that set `knob`, whenever they are in force."""
        found = self._by_knob.get(knob.name)
        if found is None:
            found = self._by_knob[knob.name] = tuple(rule for rule in self.rules if rule.cell.knob == knob.name)
        return found

    def table(self, moment: datetime) -> rules.RuleTable:
        """The rules in force at `moment`."""
        stretch = bisect_right(self._boundaries, moment)
        found = self._tables.get(stretch)
        if found is None:
            in_force = [rule for rule in self.rules if rule.is_in_force(moment)]
            ceilings = {ceiling.knob: ceiling.highest_ore for ceiling in self.ceilings if ceiling.is_in_force(moment)}
            found = self._tables[stretch] = rules.build_table(in_force, ceilings, self.trees)
        return found

    def conclusions(self, question: Question[Key, Answer], moment: datetime) -> dict[Key, Answer]:
        """Where whoever asks the same of many keeps the answers, by the rules as they are at `moment`."""
        kept = self._conclusions.setdefault((bisect_right(self._boundaries, moment), question), {})
        if len(kept) >= MOST_CONCLUSIONS:
            kept.clear()
        return kept

    def _remembered(self, stretch: int, subject: Subject, table: rules.RuleTable) -> Terms:
        if len(self._terms) >= MOST_TERMS:
            self._terms.clear()
            self._terms_by_reach.clear()
        reach = table.reach(subject)
        shared = self._terms_by_reach.setdefault((stretch, reach), Terms(table, reach))
        self._terms[stretch, subject] = shared
        return shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an agency decides by, compiled for one revision."""

    revision: SettingsRevision
    policy: CompiledPolicy
    directory: AgencyDirectory
    patron_groups: Mapping[PatronGroupId, Group]
    material_groups: Mapping[MaterialGroupId, Group]
    """The nation's groups and the agency's own."""

    def at_branch(self, branch: BranchId, placement: PlacementId | None = None) -> ScopePath:
        """A branch with all above it. Raises KeyError for a branch of another agency."""
        return ScopePath(self.directory.agency.id, self.directory.branches[branch].division, branch, placement)

    def is_of_group(self, group: MaterialGroupId, wanted: MaterialGroupId) -> bool:
        """Whether a group of materials is `wanted`, or below it."""
        return self.policy.trees.material_groups.is_within(group, wanted)

    def at_division(self, division: DivisionId | None) -> ScopePath:
        return ScopePath(self.directory.agency.id, division)


@dataclass(frozen=True, slots=True)
class Drafted:
    """The rules at one moment, without and with some drafts."""

    settings: Settings
    before: rules.RuleTable
    after: rules.RuleTable


class SettingsCache:
    """The newest settings of the agencies asked for last. A process keeps one; whoever asks names the revision that
    was read in the transaction, so nothing outdated is ever handed out.
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._kept: OrderedDict[AgencyId, Settings] = OrderedDict()

    def get(self, agency: AgencyId, revision: SettingsRevision) -> Settings | None:
        kept = self._kept.get(agency)
        if kept is None or kept.revision != revision:
            return None
        self._kept.move_to_end(agency)
        return kept

    def keep(self, settings: Settings) -> None:
        agency = settings.directory.agency.id
        self._kept[agency] = settings
        self._kept.move_to_end(agency)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)


def _boundaries(periods: Iterable[Rule | Ceiling]) -> list[datetime]:
    moments = {moment for period in periods for moment in (period.valid_from, period.valid_until) if moment is not None}
    return sorted(moments)
