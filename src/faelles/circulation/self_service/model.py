"""What is asked by a machine, and what it is told. Who is meant is always a scan; codes and facts, no sentences."""

from datetime import date
from enum import StrEnum

import msgspec

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.facts import ItemFacts, is_late
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.desk.model import Pin
from faelles.circulation.loans.model import RenewalAnswer
from faelles.fees.desk.model import Means
from faelles.ground.fields import AmountOre, Id, ItemNumberText, Scan, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, ChargeId, HoldId, ItemNumber, LoanId, PatronId, PlacementId
from faelles.patrons.model import Contact


class AtMachine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody at a machine. Without `pin` the card alone says who; a wrong one is nobody."""

    card: Scan
    branch: Id
    pin: Pin | None = None

    def __repr__(self) -> str:
        return f"AtMachine(branch={self.branch})"


class LoanSeen(msgspec.Struct, frozen=True, array_like=True):
    """A loan in the machine's division."""

    item_number: ItemNumber
    due_on: date
    is_claimed_returned: bool
    is_lost: bool
    is_answered_for: bool
    """The patron is its first borrower."""

    def is_overdue(self, day: date) -> bool:
        return is_late(self.due_on, day, is_stopped=self.is_claimed_returned or self.is_lost)

    def counts_as_overdue(self, day: date) -> bool:
        """Against them."""
        return self.is_answered_for and self.is_overdue(day)


class ClaimSeen(msgspec.Struct, frozen=True, array_like=True):
    """Something owed in the machine's division."""

    charge: ChargeId
    kind: str
    step: int
    outstanding_ore: int


class HoldSeen(msgspec.Struct, frozen=True, array_like=True):
    """An open hold to be picked up in the machine's division. `item_number`: the copy that is bound or was wished for,
    else one of those that would do; None where there is none.
    """

    hold: HoldId
    state: HoldState
    title: str
    item_number: ItemNumber | None


class PatronSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A patron as the machine's division knows them. Loans by due date, claims oldest first."""

    id: PatronId
    name: str
    birth_date: date | None
    language: Language
    home_branch: BranchId
    group: str | None
    """The code of their group in the division; None for whoever is no member just now."""
    member_until: date | None
    """The last day of the membership; None without end."""
    blocks: tuple[Block, ...]
    """Every reason why nothing is lent to them here, whatever the material."""
    balance_ore: int
    max_loans: int | None
    """So many loans at most, whatever the material; None: no limit."""
    debt_limit_ore: int | None
    """Nothing is lent to whoever owes more; None: no limit."""
    currency: str
    today: date
    loans: tuple[LoanSeen, ...]
    claims: tuple[ClaimSeen, ...]
    holds: tuple[HoldSeen, ...]
    """Those that are ready first."""
    contact: Contact | None = None
    """None where it was not asked for, or is protected."""

    @property
    def overdue(self) -> tuple[LoanSeen, ...]:
        return tuple(loan for loan in self.loans if loan.is_overdue(self.today))


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a card stands for. `block` says why for nobody: an unknown card and a wrong PIN are one."""

    patron: PatronSeen | None = None
    is_proven: bool = False
    """The PIN was given, and is theirs."""
    block: Block | None = None


class RenewAtMachine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Renew what the patron has: one item, the one loan of a title (its text or its number), the named loans, or all.
    `for_others` lets them renew an item that somebody else has.
    """

    who: AtMachine
    item: ItemNumberText | None = None
    title: str | None = None
    loans: tuple[LoanId, ...] = ()
    for_others: bool = False
    dry_run: bool = False


class RenewedAtMachine(msgspec.Struct, frozen=True, kw_only=True):
    """One answer for each loan; `block` where nobody was recognised, or the item is not theirs to renew."""

    block: Block | None = None
    answers: tuple[RenewalAnswer, ...] = ()
    language: Language | None = None


class PayAtMachine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    who: AtMachine
    amount_ore: AmountOre
    currency: str
    means: Means
    reference: ShortText
    charge: Id | None = None
    """What is paid for; None: the oldest debt first."""


class ItemSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A copy and where it is; nothing of who has it, or waits for it. `properties` is what a machine last said of its
    tag.
    """

    copy: ItemFacts
    placement: PlacementId
    due_on: date | None
    seen_branch: BranchId | None
    bound_for: BranchId | None
    properties: str | None
    waiting: int
    """Open holds that the copy could fill."""
    set_aside: bool
    """Bound to somebody's hold, on the hold shelf or on its way there."""
    pickup_deadline: date | None


class TitleTold(msgspec.Struct, frozen=True, kw_only=True):
    """What something in a list of several is. `identifier`: the record's, as catalogues know it."""

    identifier: str
    title: str
    creators: tuple[str, ...]
    material_type: str
    classification: str | None


class CopyTold(TitleTold, frozen=True, kw_only=True):
    number: ItemNumber
    due_on: date | None
    placement: PlacementId


class HeldTold(TitleTold, frozen=True, kw_only=True):
    """What a hold is for. `item_number`: the copy that lies ready or is on its way."""

    item_number: ItemNumber | None


class HoldDeed(StrEnum):
    PLACE = "place"
    CANCEL = "cancel"
    CHANGE = "change"


class HoldAtMachine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Do something about a hold on what `item` is a copy of, or on `title`: the number of its record, or its whole
    title. `only_this_copy`: no other will do. Without `pickup` it is the branch where the machine stands, or stays.
    """

    deed: HoldDeed
    who: AtMachine
    item: ItemNumberText | None = None
    title: ShortText | None = None
    only_this_copy: bool = False
    pickup: Id | None = None
    interest_until: date | None = None


class HeldAtMachine(msgspec.Struct, frozen=True, kw_only=True):
    """How it went: the hold as it now is, or why not. `position` counts from 1; None once a copy is bound, and for what
    is cancelled. `is_available`: a copy stands on a shelf, meant for nobody.
    """

    hold: HoldId | None = None
    title: str = ""
    position: int | None = None
    pickup: BranchId | None = None
    interest_until: date | None = None
    is_available: bool = False
    blocks: tuple[Block, ...] = ()
    language: Language | None = None


class CancelAtMachine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take back the check-out that was just made of an item."""

    item: ItemNumberText
    branch: Id
