"""Numbers of titles as the outside knows them."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple, Protocol, TypeVar

from faelles.catalog.rules import LOCAL_BASE, NATIONAL_BASE, national_identifier
from faelles.ground.ids import AgencyId


class Identified(Protocol):
    """A record as it was found under its identifier. `agency`: whose it is, 0 the nation's."""

    @property
    def agency(self) -> AgencyId: ...

    @property
    def identifier(self) -> str: ...


Found = TypeVar("Found", bound=Identified)


class Sought(NamedTuple):
    """What to look for. An identifier is owner and base, a colon and a number, which has none itself: so a number with
    a colon is a whole identifier, and one without is the nation's or the agency's own.
    """

    identifiers: list[str]
    own: list[str]
    """Numbers to look for in the agency's own base as well."""


def number_of(identifier: str) -> str:
    """The FAUST number of a national record, the agency's own number of a local one; else the whole identifier."""
    owner, _, number = identifier.rpartition(":")
    return number if owner == NATIONAL_BASE or owner.endswith(f"-{LOCAL_BASE}") else identifier


def sought_by(numbers: Sequence[str]) -> Sought:
    return Sought([_whole(number) for number in numbers], [number for number in numbers if ":" not in number])


def named_by(numbers: Sequence[str], own_base: str, found: Iterable[Found]) -> list[tuple[str, Found]]:
    """What each of `numbers` names, of what was found for them, in their order: the nation's record before the agency's
    own by its number, but of two of one identifier the agency's. `own_base`: of the agency's identifiers, with colon.
    """
    known = {each.identifier: each for each in sorted(found, key=attrgetter("agency"))}
    named = ((number, known.get(_whole(number)) or known.get(own_base + number)) for number in numbers)
    return [(number, one) for number, one in named if one is not None]


def _whole(number: str) -> str:
    return number if ":" in number else national_identifier(number)
