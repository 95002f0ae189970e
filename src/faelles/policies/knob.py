"""What a knob is: a named, typed setting that rules give values to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec

from faelles.policies.model import Scope, Whose

Value_co = TypeVar("Value_co", covariant=True)

EVERYWHERE: Final = frozenset(Scope)
DOWN_TO_BRANCH: Final = EVERYWHERE - {Scope.PLACEMENT}
DOWN_TO_DIVISION: Final = DOWN_TO_BRANCH - {Scope.BRANCH}

_SCOPES_OF: Final[Mapping[Whose, frozenset[Scope]]] = {
    Whose.ITEM_DIVISION: EVERYWHERE,
    Whose.PATRON_DIVISION: DOWN_TO_DIVISION,
    Whose.DESK_BRANCH: DOWN_TO_BRANCH,
}
_LOCKABLE: Final = frozenset({Scope.NATION, Scope.AGENCY})


class Unit(StrEnum):
    """What a value is counted in."""

    YES_NO = "yes_no"
    COUNT = "count"
    DAYS = "days"
    YEARS = "years"
    MINUTES = "minutes"
    ORE = "ore"
    PERCENT = "percent"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knob(Generic[Value_co]):
    """Declared once in `knobs.py`. Its title and help are in the catalogue: `knob_<name>`, `knob_<name>_help`."""

    name: str
    unit: Unit
    type: Any
    """What a JSON value is converted to, with its bounds, as msgspec reads it."""
    default: Value_co
    """When no rule says anything."""
    whose: Whose
    scopes: frozenset[Scope]
    """Where a rule may set it."""
    lockable_at: frozenset[Scope] = _LOCKABLE
    """Where a rule may lock it, so that deeper scopes have no say."""
    needs_explicit_yes: bool = False
    lowest: int | None = None
    highest: int | None = None
    choices: tuple[str, ...] = ()
    may_be_empty: bool = False
    """Empty (null) is a value of its own: no limit, no date."""

    def decode(self, raw: object) -> Value_co:
        """The typed value of JSON-like data. Raises msgspec.ValidationError when it is not one of the knob's."""
        value: Value_co = msgspec.convert(raw, type=self.type)
        return value


def yes_no(name: str, default: bool, whose: Whose) -> Knob[bool]:  # noqa: FBT001 - a default, read beside the name of its knob
    return Knob(name=name, unit=Unit.YES_NO, type=bool, default=default, whose=whose, scopes=_SCOPES_OF[whose])


def explicit(name: str) -> Knob[bool]:
    """May it be done at all? Never inherited from the nation: an agency must say yes for both groups."""
    return Knob(
        name=name,
        unit=Unit.YES_NO,
        type=bool,
        default=False,
        whose=Whose.ITEM_DIVISION,
        scopes=EVERYWHERE,
        needs_explicit_yes=True,
    )


def number(name: str, default: int, whose: Whose, unit: Unit, *, lowest: int = 0, highest: int = 10_000) -> Knob[int]:
    return Knob(
        name=name,
        unit=unit,
        type=Annotated[int, msgspec.Meta(ge=lowest, le=highest)],
        default=default,
        whose=whose,
        scopes=_SCOPES_OF[whose],
        lowest=lowest,
        highest=highest,
    )


def limit(
    name: str, default: int | None, whose: Whose, unit: Unit, *, lowest: int = 0, highest: int = 10_000
) -> Knob[int | None]:
    """A number that may be empty: no limit. Nought is a limit as well: never."""
    return Knob(
        name=name,
        unit=unit,
        type=Annotated[int, msgspec.Meta(ge=lowest, le=highest)] | None,
        default=default,
        whose=whose,
        scopes=_SCOPES_OF[whose],
        lowest=lowest,
        highest=highest,
        may_be_empty=True,
    )


def day(name: str, whose: Whose) -> Knob[date | None]:
    return Knob(
        name=name,
        unit=Unit.DATE,
        type=date | None,
        default=None,
        whose=whose,
        scopes=_SCOPES_OF[whose],
        may_be_empty=True,
    )


Choice = TypeVar("Choice", bound=StrEnum)


def choice(name: str, default: Choice, whose: Whose) -> Knob[Choice]:
    return Knob(
        name=name,
        unit=Unit.CHOICE,
        type=type(default),
        default=default,
        whose=whose,
        scopes=_SCOPES_OF[whose],
        choices=tuple(member.value for member in type(default)),
    )
