"""Which group somebody new belongs to, where nobody chose: that of their age."""

from datetime import date
from typing import Final

from faelles.ground.clock import age_on
from faelles.ground.ids import PatronGroupId
from faelles.patrons.rules import ADULT_AT
from faelles.policies.compiled import Settings

_YOUNG_AT: Final = 14


def group_of_birth(settings: Settings, born: date | None, today: date) -> PatronGroupId:
    """Nobody is taken for a child whose birth date we do not know."""
    return group_of_age(settings, ADULT_AT if born is None else age_on(born, today))


def group_of_age(settings: Settings, age: int) -> PatronGroupId:
    code = "adult" if age >= ADULT_AT else "young" if age >= _YOUNG_AT else "child"
    return next(id_ for id_, group in settings.patron_groups.items() if group.code == code)
