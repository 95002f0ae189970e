"""What an installation and an agency start from: groups, ceilings and rules from the data files.

Safe to run again: what is there stays as it is, whatever has been made of it since.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from faelles.agencies.directory import AgencyDirectory
from faelles.agencies.model import DivisionKind
from faelles.ground.database import Transaction
from faelles.ground.ids import NATION, MaterialGroupId, PatronGroupId
from faelles.policies import store
from faelles.policies.ceilings.store import replace_ceiling
from faelles.policies.compiled import Settings
from faelles.policies.groups import store as groups
from faelles.policies.groups.model import Group, GroupKind
from faelles.policies.knobs import KNOBS
from faelles.policies.making import require_nation
from faelles.policies.model import NATION_NODE, Ceiling, Cell, LoanKind, Rule, Scope, ScopeNode
from faelles.policies.operations import current_settings

SCHOOL_YEARS: Final = 5
"""How many school years ahead text books are given a due date for."""
_NO_VALUE: Final = "none"
_SCHOOL_YEAR_END: Final = "school_year_end"


class _Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    da: str
    en: str
    parent: str = "any"


class _Ceiling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    knob: str
    highest_ore: int
    source: str


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    values: dict[str, bool | int | str]
    division: DivisionKind | None = None
    patron_group: str = "any"
    material_group: str = "any"
    loan_kind: LoanKind = LoanKind.ANY


class _Seeds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str
    patron_groups: list[_Group] = []
    material_groups: list[_Group] = []
    ceilings: list[_Ceiling] = []
    rules: list[_Rule] = []


async def seed_nation(tx: Transaction) -> None:
    """The group trees, the national ceilings and the nation's rules. Needs a transaction of the nation."""
    require_nation(tx.agency)
    seeds = _seeds("nation.toml")
    await _add_groups(tx, GroupKind.PATRON, seeds.patron_groups)
    await _add_groups(tx, GroupKind.MATERIAL, seeds.material_groups)
    settings = await current_settings(tx)
    ceilings_known = {ceiling.knob for ceiling in settings.policy.ceilings}
    for ceiling in seeds.ceilings:
        if ceiling.knob not in ceilings_known:
            await replace_ceiling(
                tx, Ceiling(knob=ceiling.knob, highest_ore=ceiling.highest_ore, source=ceiling.source)
            )
    await _add_rules(tx, settings, seeds)


async def seed_agency(tx: Transaction) -> None:
    """The first rules of the transaction's agency, for the divisions it has. The nation must have been seeded."""
    await _add_rules(tx, await current_settings(tx), _seeds("agency.toml"))


@cache
def _seeds(file: str) -> _Seeds:
    data = resources.files("faelles.policies") / "data" / file
    return msgspec.toml.decode(data.read_bytes(), type=_Seeds)


async def _add_groups(tx: Transaction, kind: GroupKind, wanted: Iterable[_Group]) -> None:
    ids = {group.code: group.id for group in await groups.list_groups(tx, kind)}
    for group in wanted:
        if group.code not in ids:
            new = Group(
                id=0,
                agency=tx.agency,
                parent=ids[group.parent],
                code=group.code,
                name_da=group.da,
                name_en=group.en,
            )
            [added] = await groups.insert_groups(tx, kind, [new])
            ids[added.code] = added.id


async def _add_rules(tx: Transaction, settings: Settings, seeds: _Seeds) -> None:
    known = {rule.cell for rule in settings.policy.rules}
    missing = [
        draft
        for rule in seeds.rules
        for node in _nodes(settings.directory, rule.division)
        for draft in _drafts(rule, node, settings, tx.now)
        if draft.cell not in known
    ]
    if missing:
        await store.insert_rules(tx, missing, seeds.reason)


def _nodes(directory: AgencyDirectory, division: DivisionKind | None) -> list[ScopeNode]:
    if directory.agency.id == NATION:
        return [NATION_NODE]
    if division is None:
        return [ScopeNode(Scope.AGENCY, directory.agency.id)]
    return [ScopeNode(Scope.DIVISION, found.id) for found in directory.divisions.values() if found.kind is division]


def _drafts(rule: _Rule, node: ScopeNode, settings: Settings, now: datetime) -> Iterator[Rule]:
    patron_groups = {group.code: id_ for id_, group in settings.patron_groups.items()}
    material_groups = {group.code: id_ for id_, group in settings.material_groups.items()}
    for name, value in rule.values.items():
        cell = Cell(
            name,
            node,
            PatronGroupId(patron_groups[rule.patron_group]),
            MaterialGroupId(material_groups[rule.material_group]),
            rule.loan_kind,
        )
        if value == _SCHOOL_YEAR_END:
            yield from _school_years(cell, now, settings.directory.agency.time_zone)
        else:
            yield Rule(id=None, cell=cell, value=_typed(name, value))


def _typed(knob: str, value: bool | int | str) -> object:  # noqa: FBT001 - a knob's value, not a switch
    is_empty = value == _NO_VALUE and KNOBS[knob].may_be_empty
    return KNOBS[knob].decode(None if is_empty else value)


def _school_years(cell: Cell, now: datetime, zone: str) -> Iterator[Rule]:
    """The last of June, for loans made before that summer: one rule a school year, the last of them open."""
    first = now.year if now.month <= 6 else now.year + 1  # noqa: PLR2004 - June, the last month of the school year
    for year in range(first, first + SCHOOL_YEARS):
        yield Rule(
            id=None,
            cell=cell,
            value=date(year, 6, 30),
            valid_from=None if year == first else _first_of_july(year - 1, zone),
            valid_until=None if year == first + SCHOOL_YEARS - 1 else _first_of_july(year, zone),
        )


def _first_of_july(year: int, zone: str) -> datetime:
    return datetime(year, 7, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
