"""Made-up people, household by household: names, birthdays, addresses. Pure; they belong to nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from faelles.demo.chance import names
from faelles.ground.clock import age_on
from faelles.patrons.classes.rules import school_year

SCHOOL_STARTS_AT = 6
OLDEST_CHILD = 17
_YOUNGEST_ADULT, _OLDEST = 18, 92
_PARENTS = range(24, 55)
_OLD, _YOUNG = 60, 25
_CHILDREN = (0, 0, 1, 2, 2)
_GRADES = (7, 4, 1, 9, 0, 3, 6, 2, 5, 8)
"""The grades of the schools in the order a growing town opens them: a small one has few classes, but whole ones."""
_PATRONS_A_GRADE = 300


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    born: date
    street: str
    grade: int | None = None
    """Of a pupil."""
    parent: int | None = None
    """The place in its household of the adult who answers for a child."""

    def age_on(self, day: date) -> int:
        return age_on(self.born, day)


def grades_of(patrons: int) -> tuple[int, ...]:
    """The grades that the schools of a place with so many patrons have."""
    return _GRADES[: max(1, min(patrons // _PATRONS_A_GRADE, len(_GRADES)))]


def households(dice: Random, grades: Sequence[int], today: date) -> Iterator[tuple[Person, ...]]:
    """Households without end: one or two adults, and the children they answer for."""
    while True:
        family, street = dice.choice(names("surname")), f"{dice.choice(names('street'))} {dice.randint(1, 180)}"
        age = min(int(dice.triangular(_YOUNGEST_ADULT, _OLDEST + 1, 42)), _OLDEST)
        adults = [_adult(dice, age, family, street, today)]
        if dice.random() < 0.55:  # noqa: PLR2004 - a share of households
            partner = max(_YOUNGEST_ADULT, min(age + dice.randint(-5, 5), _OLDEST))
            surname = family if dice.random() < 0.6 else dice.choice(names("surname"))  # noqa: PLR2004 - as above
            adults.append(_adult(dice, partner, surname, street, today))
        number = dice.choice(_CHILDREN) if age in _PARENTS else 0
        yield (*adults, *(_child(dice, family, street, grades, today) for _ in range(number)))


def _adult(dice: Random, age: int, family: str, street: str, today: date) -> Person:
    return Person(f"{_given(dice, age)} {family}", _birthday(dice, age, today), street)


def _child(dice: Random, family: str, street: str, grades: Sequence[int], today: date) -> Person:
    kind = dice.random()
    if kind < 0.55:  # noqa: PLR2004 - the share of school children
        grade = dice.choice(grades)
        born = date(school_year(today) - grade - SCHOOL_STARTS_AT, 1, 1) + timedelta(days=dice.randrange(365))
        return Person(f"{_given(dice, 10)} {family}", born, street, grade=grade, parent=0)
    age = dice.randint(1, 5) if kind < 0.85 else dice.randint(16, OLDEST_CHILD)  # noqa: PLR2004 - as above
    return Person(f"{_given(dice, age)} {family}", _birthday(dice, age, today), street, parent=0)


def _given(dice: Random, age: int) -> str:
    is_woman = dice.random() < 0.52  # noqa: PLR2004 - libraries have a few more women
    if age < _YOUNG:
        return dice.choice(names("girl" if is_woman else "boy"))
    era = "_old" if age >= _OLD else ""
    first = dice.choice(names(("woman" if is_woman else "man") + era))
    return first if dice.random() < 0.8 else f"{first} {dice.choice(names('surname'))}"  # noqa: PLR2004 - middle names


def _birthday(dice: Random, age: int, today: date) -> date:
    return today - timedelta(days=age * 365 + age // 4 + 1 + dice.randrange(364))
