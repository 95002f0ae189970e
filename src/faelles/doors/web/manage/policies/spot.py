"""One place and pair of groups that rules are asked for, as an address names it: `at=branch:12&patron=3&material=7`."""

from typing import Final

import msgspec

from faelles.doors.web.titles.names import shelf_name
from faelles.ground.alphabet import by_name, danish_sort_key
from faelles.ground.errors import NotFoundError
from faelles.ground.fields import HIGHEST_ID
from faelles.ground.i18n import Language
from faelles.policies.compiled import Settings
from faelles.policies.groups.model import Group
from faelles.policies.model import Scope

_ROOT: Final = 1
_INDENT: Final = "\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}"

Choice = tuple[str, str]
"""A value and what is shown for it."""


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    scope: Scope
    scope_id: int | None
    patron: int
    material: int

    @property
    def at(self) -> str:
        return self.scope.value if self.scope_id is None else f"{self.scope.value}:{self.scope_id}"

    @property
    def query(self) -> str:
        """For an address; every part of it is a number or a word of ours."""
        return f"at={self.at}&patron={self.patron}&material={self.material}"


def read_spot(at: str, patron: int | None, material: int | None) -> Spot:
    """Raises NotFoundError for an `at` that names no place."""
    scope, _, number = at.partition(":")
    is_whole = scope in {Scope.NATION, Scope.AGENCY}
    if scope not in set(Scope) or (number == "") != is_whole or not (is_whole or _is_id(number)):
        raise NotFoundError("scope_unknown", scope=scope)
    return Spot(
        scope=Scope(scope), scope_id=int(number) if number else None, patron=patron or _ROOT, material=material or _ROOT
    )


def _is_id(number: str) -> bool:
    return number.isdecimal() and len(number) <= len(str(HIGHEST_ID)) and 0 < int(number) <= HIGHEST_ID


def places(settings: Settings, nation: str) -> list[Choice]:
    """The tree of places down to the branches, indented."""
    directory = settings.directory
    found: list[Choice] = [("nation", nation), ("agency", _INDENT + directory.agency.name)]
    for division in by_name(directory.divisions.values()):
        found.append((f"division:{division.id}", _INDENT * 2 + division.name))
        branches = (each for each in directory.branches.values() if each.division == division.id)
        found += [(f"branch:{branch.id}", _INDENT * 3 + branch.name) for branch in by_name(branches)]
    return found


def placements(settings: Settings, spot: Spot) -> list[Choice]:
    """The placements of the branch that is chosen, or that the chosen placement stands in."""
    known = settings.directory.placements
    branch = spot.scope_id if spot.scope is Scope.BRANCH else None
    if spot.scope is Scope.PLACEMENT:
        branch = next((each.branch for each in known.values() if each.id == spot.scope_id), None)
    return [
        (f"placement:{each.id}", _INDENT * 4 + shelf_name(each)) for each in known.values() if each.branch == branch
    ]


def tree(groups: list[Group], language: Language) -> list[Choice]:
    """A tree of groups as a list, each below its parent and indented."""
    below: dict[int | None, list[Group]] = {}
    for group in groups:
        below.setdefault(group.parent, []).append(group)

    def walked(parent: int | None, depth: int) -> list[Choice]:
        return [
            choice
            for group in sorted(below.get(parent, ()), key=lambda each: danish_sort_key(each.name(language)))
            for choice in [(str(group.id), _INDENT * depth + group.name(language)), *walked(group.id, depth + 1)]
        ]

    return walked(None, 0)
