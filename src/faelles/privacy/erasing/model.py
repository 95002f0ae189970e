"""Erasures: what is asked, what is kept and why, and the list that is replayed after a restore."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from faelles.ground.errors import FieldProblem, InvalidRequestError
from faelles.ground.ids import AccountId


class Tie(StrEnum):
    """Why a patron cannot be erased now. What keeps only the night away is no answer to somebody who asks."""

    OPEN_LOAN = "open_loan"
    OPEN_HOLD = "open_hold"
    OPEN_BOOKING = "open_booking"
    DEBT = "debt"
    CREDIT = "credit"
    PAYMENT_UNDER_WAY = "payment_under_way"


class ErasureRefusedError(InvalidRequestError):
    """Everything that stands in the way, at once."""

    status = 409

    def __init__(self, ties: Sequence[Tie]) -> None:
        problems = [FieldProblem("patron", f"erasure_{tie}", {}) for tie in ties]
        super().__init__("erasure_refused", problems=problems)
        self.ties = tuple(ties)


class Kept(Struct, frozen=True, kw_only=True):
    """What the law keeps of somebody who was erased: an entry of the register, the law (a message id), the last day."""

    entry: str
    why: str
    until: date


class Erased(Struct, frozen=True, kw_only=True):
    erased_at: datetime
    kept: tuple[Kept, ...]
    was_done_before: bool


class AskErasure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a patron asks for themselves; with `dry_run` only what would come of it."""

    dry_run: bool = False


class OwnErasure(Struct, frozen=True, kw_only=True):
    """`erased_at` None: tried out. `ties`: what stands in the way; `kept`: what the law keeps all the same."""

    erased_at: datetime | None
    ties: tuple[Tie, ...]
    kept: tuple[Kept, ...]


class What(StrEnum):
    PERSON = "person"
    HISTORY = "history"
    """The loan history of somebody who withdrew the consent to it."""


class ErasureLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the list: `person` is a keyed hash of the number, in hexadecimal."""

    isil: str
    person: str
    what: What
    erased_at: datetime


class Replayed(Struct, frozen=True, kw_only=True):
    """`held`: those whom something ties in the restored data; they are to be settled, and replayed again."""

    erased: int
    withdrawn: int
    absent: int
    held: int


class BookkeepingName(Struct, frozen=True, kw_only=True):
    """Whose an account was."""

    account: AccountId
    name: str
    kept_until: datetime
