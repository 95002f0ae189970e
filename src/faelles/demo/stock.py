"""The copies of one agency, made up of the country's titles. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from faelles.agencies.model import BranchKind, Placement
from faelles.demo.chance import dice, table
from faelles.ground.ids import BranchId, MaterialGroupId, RecordId
from faelles.items.model import BulkItem, NumberSeries
from faelles.policies.compiled import Settings

_AT_SCHOOLS, _IN_STACKS, _AT_MAIN = 0.16, 0.02, 0.35
"""Shares: of all copies, of all copies, of the public branches' copies."""
_TEXT_BOOKS, _CLASS_SETS = 0.4, 0.15
_QUICK, _REFERENCE, _LOCAL = 0.01, 0.008, 0.004
_FOR_GROWN_UPS, _UNPRICED = 0.03, 0.05
_AGE_OF_FILMS = 15
_NOT_FOR_LOAN = {"reference": "Håndbogssamling, læses på stedet", "local_collection": "Lokalsamling, læses på stedet"}
_BOOK = "book"
_CHILD_SUBJECTS = frozenset({"for børn", "billedbøger", "Billedbøger"})
_BESTSELLERS = 40
"""The larger, the less the most popular titles have more copies than the others."""


@dataclass(frozen=True, slots=True)
class Title:
    record: RecordId
    material_type: str
    is_for_children: bool


def title(record: RecordId, material_type: str, subjects: Sequence[str]) -> Title:
    return Title(record, material_type, not _CHILD_SUBJECTS.isdisjoint(subjects))


def stock(
    settings: Settings, titles: Sequence[Title], *, count: int, series: NumberSeries, today: date
) -> list[BulkItem]:
    """`count` copies for the agency of `settings`, numbered from the start of `series`."""
    shelves = _Shelves(settings, dice(settings.directory.agency.isil, "items"), today)
    popularity = list(accumulate(1 / (rank + _BESTSELLERS) for rank in range(len(titles))))
    chosen = dice("titles", settings.directory.agency.isil).choices(titles, cum_weights=popularity, k=count)
    first = int(series.next)
    return [shelves.copy(each, f"{first + place:010d}") for place, each in enumerate(chosen)]


class _Shelves:
    """Where an agency puts its copies."""

    def __init__(self, settings: Settings, dice_: Random, today: date) -> None:
        directory = settings.directory
        self._dice, self._today = dice_, today
        self._groups = {group.code: MaterialGroupId(group.id) for group in settings.material_groups.values()}
        self._placements: dict[BranchId, list[Placement]] = {}
        for placement in directory.placements.values():
            self._placements.setdefault(placement.branch, []).append(placement)
        self._branches = {
            kind: sorted(
                each.id for each in directory.branches.values() if each.kind is kind and self._has_room(each.id)
            )
            for kind in BranchKind
        }

    def _has_room(self, branch: BranchId) -> bool:
        return branch in self._placements

    def copy(self, of: Title, number: str) -> BulkItem:
        kind, branch = self._branch()
        material = _material(of)
        group = self._group(kind, material["material_group"])
        price = self._dice.randrange(int(material["lowest_price"]), int(material["highest_price"]), 5) * 100
        return BulkItem(
            number=number,
            record=of.record,
            owner_branch=branch,
            default_placement=self._placement(branch, material).id,
            material_group=self._groups[group],
            price_ore=None if self._dice.random() < _UNPRICED else price,
            not_for_loan=_NOT_FOR_LOAN.get(group),
            minimum_age=_AGE_OF_FILMS if group == "film" and self._dice.random() < _FOR_GROWN_UPS else None,
            acquired_on=self._today - timedelta(days=self._dice.randrange(20, 3000)),
        )

    def _branch(self) -> tuple[BranchKind, BranchId]:
        throw = self._dice.random()
        if throw < _AT_SCHOOLS and self._branches[BranchKind.SCHOOL]:
            return BranchKind.SCHOOL, self._dice.choice(self._branches[BranchKind.SCHOOL])
        if throw > 1 - _IN_STACKS and self._branches[BranchKind.INTERNAL]:
            return BranchKind.INTERNAL, self._dice.choice(self._branches[BranchKind.INTERNAL])
        public = self._branches[BranchKind.PUBLIC]
        return BranchKind.PUBLIC, public[0] if self._dice.random() < _AT_MAIN else self._dice.choice(public)

    def _group(self, kind: BranchKind, usual: str) -> str:
        throw = self._dice.random()
        if kind is BranchKind.SCHOOL:
            school = "text_book" if throw < _TEXT_BOOKS else "class_set" if throw < _TEXT_BOOKS + _CLASS_SETS else usual
            return school if usual.startswith(_BOOK) else usual
        if usual != "book_adult":
            return usual
        special = accumulate((_QUICK, _REFERENCE, _LOCAL))
        names = ("quick_loan", "reference", "local_collection")
        return next((name for name, below in zip(names, special, strict=True) if throw < below), usual)

    def _placement(self, branch: BranchId, material: dict[str, str]) -> Placement:
        """Where the branch keeps such things, else anywhere in it."""
        here = self._placements[branch]
        wanted = (material["department"], material["location"] or None)
        fitting = [each for each in here if (each.department, each.location) == wanted]
        return self._dice.choice(fitting or here)


def _material(of: Title) -> dict[str, str]:
    """The row of its type, for its audience where there are two; what is unknown is anything else."""
    of_type = [row for row in table("materials") if row["material_type"] == of.material_type]
    rows = {row["audience"]: row for row in of_type or table("materials")[-1:]}
    return rows.get("child" if of.is_for_children else "adult", rows["adult"])
