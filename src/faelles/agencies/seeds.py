"""A whole country to start from: known agencies and branches, and plausible ones where nothing is known.

Pure: the same `variant` gives the same country, name for name, on any machine. Facts and names stand in data/.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import time
from functools import cache
from hashlib import sha256

from faelles.agencies.model import AgencyKind, BranchKind, DivisionKind, FoundAgency, NewPlacement, Service
from faelles.agencies.opening.model import WeekdayHours
from faelles.agencies.tables import table

_FEWEST_BRANCHES, _MOST_BRANCHES = 2, 6
_INHABITANTS_A_BRANCH = 20
_INHABITANTS_A_SCHOOL = 10
"""Thousands. A real school serves fewer; a demonstration need not have them all."""
_MOST_SCHOOLS = 60
_SMALLEST_WITH_BRANCHES = 5
_SCHOOL_ENDINGS = ("skolen", "parkskolen", "markskolen")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSeed:
    service: Service
    hours: tuple[WeekdayHours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchSeed:
    code: str
    name: str
    kind: BranchKind
    placements: tuple[NewPlacement, ...]
    weeks: tuple[WeekSeed, ...]

    @property
    def is_pickup(self) -> bool:
        return self.kind is not BranchKind.INTERNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class DivisionSeed:
    kind: DivisionKind
    name: str
    isil: str
    branches: tuple[BranchSeed, ...]
    """The main branch first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencySeed:
    founding: FoundAgency
    inhabitants: int
    """Thousands, rounded: how much of everything a demonstration gives it."""
    divisions: tuple[DivisionSeed, ...]


def agency_seeds(variant: str = "") -> list[AgencySeed]:
    """All agencies of the country, in the order of their ISILs."""
    return [_agency(row, variant) for row in table("agencies")]


def _agency(row: dict[str, str], variant: str) -> AgencySeed:
    founding = FoundAgency(
        isil=row["isil"],
        name=row["name"],
        kind=AgencyKind(row["kind"]),
        municipality_code=row["municipality_code"] or None,
        currency=row["currency"],
        time_zone=row["time_zone"],
        holiday_calendar=row["holiday_calendar"],
    )
    inhabitants = int(row["inhabitants_thousands"])
    divisions = [_public_library(founding, inhabitants, variant)]
    if founding.municipality_code is not None:
        divisions.append(_school_service(founding.name, founding.municipality_code, inhabitants, variant))
    return AgencySeed(founding=founding, inhabitants=inhabitants, divisions=tuple(divisions))


def _public_library(founding: FoundAgency, inhabitants: int, variant: str) -> DivisionSeed:
    is_municipal = founding.municipality_code is not None
    return DivisionSeed(
        kind=DivisionKind.PUBLIC,
        name=f"{founding.name} Folkebibliotek" if is_municipal else founding.name,
        isil=founding.isil,
        branches=_known_branches(founding) or tuple(_made_up_branches(founding, inhabitants, variant)),
    )


def _known_branches(founding: FoundAgency) -> tuple[BranchSeed, ...]:
    return tuple(
        _branch(row["code"], row["name"], BranchKind(row["kind"]))
        for row in table("branches")
        if row["municipality_code"] == founding.municipality_code
    )


def _made_up_branches(founding: FoundAgency, inhabitants: int, variant: str) -> Iterator[BranchSeed]:
    """The main library, then as many as a municipality of that size is likely to have."""
    yield _branch(founding.isil, "Hovedbiblioteket", BranchKind.PUBLIC)
    if founding.municipality_code is None or inhabitants < _SMALLEST_WITH_BRANCHES:
        return
    stem = founding.isil[:-2]
    count = min(_MOST_BRANCHES, max(_FEWEST_BRANCHES, inhabitants // _INHABITANTS_A_BRANCH))
    names = [row["name"] for row in table("made_up_names") if row["use"] == "branch"]
    for number, name in enumerate(_picked(names, count, f"{variant}/{founding.isil}/branch"), start=1):
        yield _branch(f"{stem}{number:02d}", name, BranchKind.PUBLIC)


def _school_service(name: str, municipality_code: str, inhabitants: int, variant: str) -> DivisionSeed:
    stem = f"DK-6{municipality_code}"
    count = min(_MOST_SCHOOLS, max(1, inhabitants // _INHABITANTS_A_SCHOOL))
    stems = [row["name"] for row in table("made_up_names") if row["use"] == "school"]
    names = [start + ending for ending in _SCHOOL_ENDINGS for start in stems]
    schools = _picked(names[: max(count, len(stems))], count, f"{variant}/{stem}/school")
    return DivisionSeed(
        kind=DivisionKind.SCHOOL,
        name=f"{name} Skolebibliotek",
        isil=f"{stem}00",
        branches=tuple(
            _branch(f"{stem}{number:02d}", school, BranchKind.SCHOOL) for number, school in enumerate(schools, start=1)
        ),
    )


def _branch(code: str, name: str, kind: BranchKind) -> BranchSeed:
    return BranchSeed(code=code, name=name, kind=kind, placements=_placements(kind), weeks=_weeks(kind))


@cache
def _placements(kind: BranchKind) -> tuple[NewPlacement, ...]:
    return tuple(
        NewPlacement(
            department=row["department"], location=row["location"] or None, sublocation=row["sublocation"] or None
        )
        for row in table("placements")
        if row["branch_kind"] == kind
    )


@cache
def _weeks(kind: BranchKind) -> tuple[WeekSeed, ...]:
    rows = [row for row in table("opening_hours") if row["branch_kind"] == kind]
    return tuple(
        WeekSeed(service=service, hours=hours)
        for service in Service
        if (hours := tuple(_hours(row for row in rows if row["service"] == service)))
    )


def _hours(rows: Iterator[dict[str, str]]) -> Iterator[WeekdayHours]:
    for row in rows:
        opens, closes = time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"])
        for weekday in range(int(row["first_weekday"]), int(row["last_weekday"]) + 1):
            yield WeekdayHours(weekday=weekday, opens=opens, closes=closes)


def _picked(names: Sequence[str], count: int, key: str) -> list[str]:
    """`count` of the names, shuffled by `key` alone: no state, and no generator that a release may change."""
    return sorted(names, key=lambda name: sha256(f"{key}/{name}".encode()).digest())[:count]
