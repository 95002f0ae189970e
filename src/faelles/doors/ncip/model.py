"""What is asked and what is answered, in whichever version of NCIP it was said.

Elements go by their names in NCIP 2; NCIP 1 is translated where a message comes in and where an answer leaves.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from faelles.catalog.model import Record
from faelles.circulation.holds.model import HoldShown
from faelles.circulation.looking.model import LoanShown
from faelles.ground.money import Ore
from faelles.patrons.looking.model import PatronView


class Version(Enum):
    """NCIP 1.0 and 1.01 are one: what 1.01 adds is known to be asked for only by those who speak it."""

    FIRST = "1.0"
    SECOND = "2.02"


class ProblemError(Exception):
    """What was asked cannot be done: NCIP's own word for it, and the path of the element it is about."""

    def __init__(self, value: str, element: str, told: str = "", *, is_general: bool = False) -> None:
        super().__init__(value)
        self.value, self.element, self.told, self.is_general = value, element, told, is_general


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Asked:
    """A message, of whom to whom. It never shows itself: secrets, cards and PINs are in it. What is not said is empty.

    `user` and `item` are known by the element that named them; `request` is our number, or the asker's own where
    `is_own_number`. `added` and `deleted`: the fields of a request that an update touches.
    """

    version: Version
    edition: str
    verb: str
    from_isil: str
    to_isil: str
    secret: str
    user: str
    user_element: str
    pin: str
    item: str
    item_element: str
    record: str
    request: str
    is_own_number: bool
    user_elements: frozenset[str]
    item_elements: frozenset[str]
    wants_loans: bool
    wants_requests: bool
    wants_account: bool
    need_before: str
    earliest: str
    pickup: str
    added: frozenset[str]
    deleted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Loaned:
    """A loan with what is owed for it, and how often its borrower was reminded at a price."""

    loan: LoanShown
    owed: Ore
    reminders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTold:
    """Of a patron what was asked for, and no more."""

    user: str
    patron: PatronView
    currency: str
    loans: tuple[Loaned, ...] = ()
    requests: tuple[HoldShown, ...] = ()
    balance: Ore | None = None
    """What they owe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTold:
    """`status` and `queue` only where they were asked for."""

    item: str
    record: Record
    status: str | None = None
    queue: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTold:
    hold: HoldShown
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    request: int
    user: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    request: int
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    item: str
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """`item` is the number of the copy, or of the title where any copy will do."""

    item: str
    user: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    user: str


Answer = UserTold | ItemTold | RequestTold | Requested | Cancelled | Renewed | Updated | Created
