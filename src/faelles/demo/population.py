"""The patrons of one agency, made up: households, classes with their teachers, institutions, reading circles.

Pure. CPR numbers have 60 added to their day and belong to nobody, telephone numbers begin with a pair of digits that
is never given out, e-mail goes to a domain kept for examples, CVR numbers begin with two zeros.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from faelles.agencies.model import Branch, BranchKind, DivisionKind
from faelles.demo.chance import dice, names, pin_of
from faelles.demo.people import Person, grades_of, households
from faelles.ground.ids import BranchId, DivisionId, PatronGroupId, PatronId
from faelles.patrons.blocks.model import BlockCode
from faelles.patrons.bulk import PreparedMembership, PreparedPatron
from faelles.patrons.classes.rules import SUMMER, school_year
from faelles.patrons.identifiers import IdentifierKind, made_up_cpr, normalise
from faelles.patrons.model import Contact, PatronKind, Role
from faelles.patrons.rules import Normalised
from faelles.policies.compiled import Settings

_ID_BITS, _LOWEST_ID = 48, 10**12
_SERIALS_A_DAY = 9
"""Serial numbers of one birthday that each agency has for itself, so that no made-up CPR number is two people's."""
_CVRS_AN_AGENCY, _CVR_SPACING = 300, 30
_LARGEST_CLASS = 22
_PENSION_AGE, _ADULT_AGE, _YOUNG_AGE = 67, 18, 14
_TEACHING_AGES = range(26, 66)
_PATRONS_AN_ORGANISATION = 80
_FEWEST_ORGANISATIONS = 3
_ORGANISATIONS = ("kindergarten", "institution", "reading_circle")
_BLOCKS = (BlockCode.MANUAL, BlockCode.MANUAL, BlockCode.EXCLUDED, BlockCode.STOLEN_CARD, BlockCode.SELF_SERVICE)
_BLOCKED, _PROTECTED, _TEMPORARY, _WITH_EMAIL = 0.012, 0.01, 0.006, 0.7
"""Shares of the adults, but the last: of everybody."""


@dataclass(slots=True)
class PlannedClass:
    branch: BranchId
    starting_year: int
    track: str
    pupils: list[PatronId] = field(default_factory=list)
    teacher: PatronId | None = None


@dataclass(frozen=True, slots=True)
class Population:
    patrons: list[PreparedPatron]
    """Adults before the children they answer for."""
    classes: list[PlannedClass]
    blocks: list[tuple[PatronId, BlockCode]]
    school_year_began: date


def populate(settings: Settings, *, place: int, count: int, today: date) -> Population:
    """`count` patrons for the agency of `settings`, which is number `place` of the country."""
    agency = settings.directory.agency
    return _Town(settings, place, dice(agency.isil, "patrons"), today).filled(count)


class _Town:
    """An agency while its patrons are made up."""

    def __init__(self, settings: Settings, place: int, dice_: Random, today: date) -> None:
        directory = settings.directory
        self._dice, self._today, self._place = dice_, today, place
        self._code, self._city = directory.agency.isil[4:7], directory.agency.name
        self._groups = {group.code: PatronGroupId(group.id) for group in settings.patron_groups.values()}
        divisions = {division.kind: division.id for division in directory.divisions.values()}
        self._library = divisions[DivisionKind.PUBLIC]
        self._schools = divisions.get(DivisionKind.SCHOOL)
        self._branches = _of_kind(directory.branches.values(), BranchKind.PUBLIC)
        self._school_branches = _of_kind(directory.branches.values(), BranchKind.SCHOOL)
        self._school_year_began = date(school_year(today), SUMMER, 1)
        self._serials: Counter[date] = Counter()
        self._patrons: list[PreparedPatron] = []
        self._classes: list[PlannedClass] = []
        self._blocks: list[tuple[PatronId, BlockCode]] = []

    def filled(self, count: int) -> Population:
        organisations = max(_FEWEST_ORGANISATIONS, count // _PATRONS_AN_ORGANISATION)
        for number in range(organisations):
            self._add_organisation(number)
        grades = grades_of(count)
        for household in households(self._dice, grades, self._today):
            ids: list[PatronId] = []
            for person in household[: count - len(self._patrons)]:
                guardian = None if person.parent is None else ids[person.parent]
                ids.append(self._add_person(person, guardian))
            if len(self._patrons) >= count:
                break
        self._appoint_teachers()
        return Population(self._patrons, self._classes, self._blocks, self._school_year_began)

    def _add_person(self, person: Person, guardian: PatronId | None) -> PatronId:
        card, age = self._next_card(), person.age_on(self._today)
        is_adult = age >= _ADULT_AGE
        is_temporary = is_adult and self._dice.random() < _TEMPORARY
        patron = PreparedPatron(
            id=self._new_id(),
            name=person.name,
            home_branch=self._home(),
            birth_date=person.born,
            address_protected=is_adult and self._dice.random() < _PROTECTED,
            contact=self._contact(person.street),
            pin=pin_of(card),
            is_temporary=is_temporary,
            identifiers=self._identifiers(person, card),
            memberships=self._memberships(person, age, is_temporary=is_temporary),
            guardian=guardian,
        )
        self._patrons.append(patron)
        if person.grade is not None and self._schools is not None:
            self._enrol(patron.id, person.grade)
        if is_temporary:
            self._blocks.append((patron.id, BlockCode.SELF_CREATED))
        elif is_adult and self._dice.random() < _BLOCKED:
            self._blocks.append((patron.id, self._dice.choice(_BLOCKS)))
        return patron.id

    def _identifiers(self, person: Person, card: str) -> tuple[Normalised, ...]:
        known: list[Normalised] = [(IdentifierKind.CARD, card)]
        same_day = self._serials[person.born]
        self._serials[person.born] += 1
        if same_day < _SERIALS_A_DAY:
            serial = self._place * _SERIALS_A_DAY + same_day
            known.append((IdentifierKind.CPR, made_up_cpr(person.born, serial)))
        if person.grade is not None:
            known.append((IdentifierKind.UNI_LOGIN, f"elev{card[1:].lower()}"))
        return tuple(known)

    def _memberships(self, person: Person, age: int, *, is_temporary: bool) -> tuple[PreparedMembership, ...]:
        group = "temporary" if is_temporary else _group(age)
        role = Role.BORROWER
        if age >= _PENSION_AGE and self._dice.random() < 0.04:  # noqa: PLR2004 - the share that the library visits
            group, role = "homebound", Role.HOMEBOUND
        since = max(person.born, self._today - timedelta(days=self._dice.randrange(30, 3650)))
        borrower = self._membership(self._library, role, group, since)
        if person.grade is None or self._schools is None:
            return (borrower,)
        started = date(school_year(self._today) - person.grade, SUMMER, 1)
        return borrower, self._membership(self._schools, Role.PUPIL, "pupil", started)

    def _membership(self, division: DivisionId, role: Role, group: str, since: date) -> PreparedMembership:
        return PreparedMembership(division=division, role=role, group=self._groups[group], starts_on=since)

    def _add_organisation(self, number: int) -> None:
        group, card = _ORGANISATIONS[number % len(_ORGANISATIONS)], self._next_card()
        known: list[Normalised] = [(IdentifierKind.CARD, card)]
        is_institution = group != "reading_circle"
        if is_institution:
            known.append((IdentifierKind.CVR, _made_up_cvr(self._place * _CVRS_AN_AGENCY + number)))
        since = self._today - timedelta(days=self._dice.randrange(30, 3650))
        self._patrons.append(
            PreparedPatron(
                id=self._new_id(),
                name=self._dice.choice(names(group)),
                kind=PatronKind.INSTITUTION if is_institution else PatronKind.GROUP,
                home_branch=self._home(),
                contact=self._contact(f"{self._dice.choice(names('street'))} {self._dice.randint(1, 180)}"),
                pin=pin_of(card),
                identifiers=tuple(known),
                memberships=(self._membership(self._library, Role.BORROWER, group, since),),
            )
        )

    def _enrol(self, pupil: PatronId, grade: int) -> None:
        """Into the class of that grade that has room, or into a new one at the next school."""
        year = school_year(self._today) - grade
        room = (each for each in self._classes if each.starting_year == year and len(each.pupils) < _LARGEST_CLASS)
        found = next(room, None)
        if found is None:
            school = self._school_branches[len(self._classes) % len(self._school_branches)]
            alike = sum(each.branch == school.id and each.starting_year == year for each in self._classes)
            found = PlannedClass(school.id, year, chr(ord("A") + alike))
            self._classes.append(found)
        found.pupils.append(pupil)

    def _appoint_teachers(self) -> None:
        """One for each class: an adult of the town, who borrows at the public library too."""
        if self._schools is None:
            return
        ages = {place: self._age(patron) for place, patron in enumerate(self._patrons)}
        adults = [place for place, age in ages.items() if age in _TEACHING_AGES]
        self._dice.shuffle(adults)
        for school_class, place in zip(self._classes, adults, strict=False):
            teacher = self._patrons[place]
            teaching = self._membership(self._schools, Role.TEACHER, "teacher", self._school_year_began)
            self._patrons[place] = replace(teacher, memberships=(*teacher.memberships, teaching))
            school_class.teacher = teacher.id

    def _age(self, patron: PreparedPatron) -> int:
        return 0 if patron.birth_date is None else Person("", patron.birth_date, "").age_on(self._today)

    def _contact(self, street: str) -> Contact:
        number = len(self._patrons) + 1
        has_email = self._dice.random() < _WITH_EMAIL
        return Contact(
            street=street,
            postal_code=f"0{self._code}",
            city=self._city,
            email=f"laaner{number}@{self._code}.example.org" if has_email else None,
            phone=f"+45 00 {number // 10_000:02d} {number // 100 % 100:02d} {number % 100:02d}",
        )

    def _home(self) -> BranchId:
        """The main branch is the home of a third."""
        is_central = self._dice.random() < 1 / 3
        return self._branches[0].id if is_central else self._dice.choice(self._branches).id

    def _next_card(self) -> str:
        return f"K{self._code}{len(self._patrons) + 1:06d}"

    def _new_id(self) -> PatronId:
        return PatronId(_LOWEST_ID + self._dice.getrandbits(_ID_BITS))


def _of_kind(branches: Iterable[Branch], kind: BranchKind) -> list[Branch]:
    """In the order they were founded: the main branch first."""
    return sorted((each for each in branches if each.kind is kind), key=lambda each: each.id)


def _group(age: int) -> str:
    if age >= _PENSION_AGE:
        return "senior"
    if age >= _ADULT_AGE:
        return "adult"
    return "young" if age >= _YOUNG_AGE else "child"


def _made_up_cvr(number: int) -> str:
    """A valid one, another for each number, below all that are given out. One in thirty numbers on end is valid."""
    candidates = (f"00{number * _CVR_SPACING + step:06d}" for step in range(1, _CVR_SPACING))
    return next(each for each in candidates if normalise(IdentifierKind.CVR, each) == each)
