"""What can stand in the way of a loan or a renewal, and which permission may step over it.

The codes are a superset of those that the country's web sites know (patron_is_blocked, material_not_loanable, ...);
their sentences are in the message catalogue under the same ids.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from faelles.ground.errors import RefusedError
from faelles.ground.ids import RuleId
from faelles.people.model import Permission


class BlockCode(StrEnum):
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKED_OUT = "locked_out"
    PIN_NEEDED = "pin_needed"
    PATRON_NOT_FOUND = "patron_not_found"
    CARD_ENDED = "card_ended"
    SCAN_AMBIGUOUS = "scan_ambiguous"
    SECOND_BORROWER_NOT_FOUND = "second_borrower_not_found"
    MEMBERSHIP_MISSING = "membership_missing"
    MEMBERSHIP_ENDED = "membership_ended"
    MEMBERSHIP_NOT_BEGUN = "membership_not_begun"
    PATRON_BLOCKED = "patron_is_blocked"
    EXCLUDED = "patron_is_excluded"
    DEBT_OVER_LIMIT = "debt_over_limit"
    HAS_OVERDUES = "has_overdue_loans"
    TOO_MANY_LOANS = "too_many_loans"
    TOO_MANY_OF_GROUP = "too_many_loans_of_group"
    TOO_YOUNG = "patron_too_young"

    MATERIAL_NOT_FOUND = "material_not_found"
    TITLE_NOT_FOUND = "title_not_found"
    ISSUE_NOT_FOUND = "issue_not_found"
    MATERIAL_FOREIGN = "material_of_other_agency"
    MATERIAL_DISCARDED = "material_discarded"
    MATERIAL_NOT_LOANABLE = "material_not_loanable"
    LOANING_PROFILE_NOT_FOUND = "loaning_profile_not_found"
    MATERIAL_NOT_READY = "material_not_ready"
    MATERIAL_NOT_RECEIVED = "material_not_received"
    MATERIAL_SENT_HOME = "material_sent_home"
    ON_LOAN_TO_OTHER = "on_loan_to_other"
    ALREADY_LOANED = "already_loaned"
    ON_HOLD_FOR_OTHER = "on_hold_for_other"
    BOOKED = "booked"
    NO_DUE_DATE = "no_due_date"
    DUE_DATE_NOT_ALLOWED = "due_date_not_allowed"

    LOAN_NOT_FOUND = "loan_not_found"
    HOLD_UNKNOWN = "hold_unknown"
    HOLD_ON_ITS_WAY = "hold_on_its_way"
    MAX_RENEWALS_REACHED = "max_renewals_reached"
    RENEWED_TOO_SOON = "renewed_too_soon"
    RENEWED_TOO_LATE = "renewed_too_late"
    RENEWAL_GAINS_NOTHING = "renewal_gains_nothing"
    WAITED_FOR = "reserved_by_others"
    MATERIAL_LOST = "material_lost"
    CLAIMED_RETURNED = "claimed_returned"
    RETURN_NOT_HERE = "return_not_here"

    ALREADY_RESERVED = "already_reserved"
    HELD_BOTH_WAYS = "held_both_ways"
    TOO_MANY_HOLDS = "exceeds_max_reservations"
    TOO_MANY_HOLDS_OF_GROUP = "too_many_holds_of_group"
    TOO_MANY_HOLDS_TODAY = "too_many_holds_today"
    MATERIAL_NOT_RESERVABLE = "material_not_reservable"
    INTERLIBRARY_NOT_RESERVABLE = "interlibrary_material_not_reservable"
    NO_RESERVABLE_MATERIALS = "no_reservable_materials"
    ISSUE_NEEDED = "not_reservable"
    AVAILABLE_ON_SHELF = "available_on_shelf"
    PICKUP_NOT_ALLOWED = "pickup_branch_not_allowed"
    LENT_BEFORE_HOMEBOUND = "previously_loaned_by_homebound_patron"


OVERRIDABLE: Mapping[BlockCode, Permission] = {
    BlockCode.MEMBERSHIP_ENDED: Permission.OVERRIDE_BLOCK,
    BlockCode.MEMBERSHIP_NOT_BEGUN: Permission.OVERRIDE_BLOCK,
    BlockCode.PATRON_BLOCKED: Permission.OVERRIDE_BLOCK,
    BlockCode.HAS_OVERDUES: Permission.OVERRIDE_BLOCK,
    BlockCode.EXCLUDED: Permission.OVERRIDE_DEBT,
    BlockCode.DEBT_OVER_LIMIT: Permission.OVERRIDE_DEBT,
    BlockCode.TOO_MANY_LOANS: Permission.OVERRIDE_LIMIT,
    BlockCode.TOO_MANY_OF_GROUP: Permission.OVERRIDE_LIMIT,
    BlockCode.TOO_YOUNG: Permission.OVERRIDE_AGE,
    BlockCode.MATERIAL_NOT_LOANABLE: Permission.OVERRIDE_LENDABLE,
    BlockCode.LOANING_PROFILE_NOT_FOUND: Permission.OVERRIDE_LENDABLE,
    BlockCode.MATERIAL_NOT_READY: Permission.OVERRIDE_LENDABLE,
    BlockCode.ON_LOAN_TO_OTHER: Permission.RETURN,
    BlockCode.DUE_DATE_NOT_ALLOWED: Permission.OVERRIDE_DUE_DATE,
    BlockCode.RETURN_NOT_HERE: Permission.OVERRIDE_BLOCK,
    BlockCode.MAX_RENEWALS_REACHED: Permission.OVERRIDE_RENEWAL,
    BlockCode.RENEWED_TOO_SOON: Permission.OVERRIDE_RENEWAL,
    BlockCode.RENEWED_TOO_LATE: Permission.OVERRIDE_RENEWAL,
    BlockCode.WAITED_FOR: Permission.OVERRIDE_RENEWAL,
    BlockCode.ON_HOLD_FOR_OTHER: Permission.OVERRIDE_HOLD,
    BlockCode.BOOKED: Permission.OVERRIDE_HOLD,
    BlockCode.TOO_MANY_HOLDS: Permission.OVERRIDE_LIMIT,
    BlockCode.TOO_MANY_HOLDS_OF_GROUP: Permission.OVERRIDE_LIMIT,
    BlockCode.TOO_MANY_HOLDS_TODAY: Permission.OVERRIDE_LIMIT,
    BlockCode.MATERIAL_NOT_RESERVABLE: Permission.OVERRIDE_HOLD,
    BlockCode.NO_RESERVABLE_MATERIALS: Permission.OVERRIDE_HOLD,
    BlockCode.AVAILABLE_ON_SHELF: Permission.OVERRIDE_HOLD,
    BlockCode.PICKUP_NOT_ALLOWED: Permission.OVERRIDE_HOLD,
    BlockCode.LENT_BEFORE_HOMEBOUND: Permission.OVERRIDE_HOLD,
}
"""What a person may step over, with a reason. What is not here is a fact: nobody can lend what is not there. A copy
that is in hand though somebody else has it on loan has evidently come back: it is returned first.
"""


OPEN_END = ""
"""In place of a day, where there is none: until further notice."""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why not. `rule` is the policy rule behind it, None where the reason is a plain fact."""

    code: BlockCode
    rule: RuleId | None = None
    override: Permission | None = None
    parameters: dict[str, str | int] = {}


def block(code: BlockCode, rule: RuleId | None = None, /, **parameters: str | int) -> Block:
    """A block with whatever its sentence needs to know."""
    return Block(code=code, rule=rule, override=OVERRIDABLE.get(code), parameters=parameters)


class Judgement(msgspec.Struct, frozen=True):
    """Every block that was found, parted into those that stand and those that were stepped over."""

    standing: tuple[Block, ...]
    overridden: tuple[Block, ...]

    @property
    def allows(self) -> bool:
        return not self.standing


def judge(found: list[Block], waived: frozenset[BlockCode], held: frozenset[Permission]) -> Judgement:
    """Part `found` by what the caller asked to step over and may step over."""

    def is_overridden(each: Block) -> bool:
        return each.code in waived and each.override is not None and each.override in held

    return Judgement(
        standing=tuple(each for each in found if not is_overridden(each)),
        overridden=tuple(each for each in found if is_overridden(each)),
    )


class CirculationRefusedError(RefusedError):
    """A refusal in the form of an error, for doors whose callers expect one. Raised after its transaction is over."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        super().__init__("circulation_refused")
        self.blocks = tuple(blocks)
