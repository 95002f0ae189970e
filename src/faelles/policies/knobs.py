"""The registry: every knob there is. `terms[MAX_LOANS]` is typed by the knob.

Figures are those of Danish libraries; what the nation and the agencies really say stands in rules (data/*.toml
holds the first ones), so a default here speaks only where no rule does.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from faelles.agencies.model import Service
from faelles.policies.knob import Knob, Unit, choice, day, explicit, limit, number, yes_no
from faelles.policies.model import Scope, Whose

_ITEM: Final = Whose.ITEM_DIVISION
_PATRON: Final = Whose.PATRON_DIVISION
_DESK: Final = Whose.DESK_BRANCH
_HIGHEST_ORE: Final = 10_000_000


class DueRollover(StrEnum):
    """What happens to a due date on a closed day."""

    NONE = "none"
    NEXT_OPEN_DAY = "next_open_day"
    COUNT_OPEN_DAYS = "count_open_days"
    """The loan period itself is counted in open days."""


class FixedDueMode(StrEnum):
    """How a fixed due date is meant."""

    EXACTLY = "exactly"
    NOT_AFTER = "not_after"
    NOT_BEFORE = "not_before"


class RenewalBase(StrEnum):
    """What a renewed period is counted from."""

    OLD_DUE = "old_due"
    TODAY = "today"


class Effect(StrEnum):
    """What a circumstance does to a request."""

    ALLOW = "allow"
    WARN = "warn"
    REFUSE = "refuse"


class OverdueRenewal(StrEnum):
    """What an overdue loan does to renewals."""

    ALLOW = "allow"
    REFUSE_THIS = "refuse_this"
    """The overdue loan itself cannot be renewed."""
    REFUSE_ALL = "refuse_all"
    """While any loan is overdue, none can be renewed."""


class LoanIntoBooking(StrEnum):
    """What becomes of a loan that would reach into the days for which its copy is booked."""

    SHORTEN = "shorten"
    """It is due before."""
    REFUSE = "refuse"


class OverdueDays(StrEnum):
    """Which days after the due date make a return late."""

    CALENDAR = "calendar_days"
    OPEN = "open_days"
    """Only those on which it could have been handed in."""


class ReturnElsewhere(StrEnum):
    """What becomes of an item that is returned at another branch than its own."""

    TRANSFER = "transfer"
    FLOAT_HERE = "float_here"
    REFUSE = "refuse"


class PickupFrom(StrEnum):
    """Where what is reserved may be picked up, seen from the branch that owns it."""

    AGENCY = "agency"
    DIVISION = "division"
    OWNER_BRANCH = "owner_branch"


class LocalsFirst(StrEnum):
    """Whose holds a copy fills before all others'."""

    NOBODY = "nobody"
    PICKUP_AT_OWNER = "pickup_at_owner"
    """Those to be picked up at the branch that owns it."""
    PICKUP_WHERE_IT_STANDS = "pickup_where_it_stands"
    HOME_AT_OWNER = "home_at_owner"
    """Those of patrons whose home is the branch that owns it."""
    HOME_WHERE_IT_STANDS = "home_where_it_stands"


class SlipName(StrEnum):
    """How the slip in a copy on the hold shelf tells whose it is, beside the shelf number."""

    NOTHING = "nothing"
    INITIALS = "initials"
    NAME = "name"


class OnShelf(StrEnum):
    """What a copy on the shelf does to placing a hold."""

    ALLOW = "allow"
    REFUSE_WHERE_IT_STANDS = "refuse_where_it_stands"
    """Whoever would pick it up at the branch where it stands can as well take it from the shelf."""
    REFUSE_UNLESS_ALL_OUT = "refuse_unless_all_out"


LENDABLE: Final = explicit("lendable")
RESERVABLE: Final = explicit("reservable")
RENEWABLE: Final = explicit("renewable")

LOAN_DAYS: Final = number("loan_days", 28, _ITEM, Unit.DAYS, lowest=1, highest=3650)
DUE_CALENDAR: Final = choice("due_calendar", Service.STAFFED, _DESK)
DUE_ROLLOVER: Final = choice("due_rollover", DueRollover.NEXT_OPEN_DAY, _DESK)
FIXED_DUE_DATE: Final = day("fixed_due_date", _ITEM)
FIXED_DUE_MODE: Final = choice("fixed_due_mode", FixedDueMode.EXACTLY, _ITEM)
DUE_WITHIN_MEMBERSHIP: Final = yes_no("due_within_membership", default=False, whose=_PATRON)

MAX_RENEWALS: Final = limit("max_renewals", 3, _ITEM, Unit.COUNT)
RENEWAL_COUNTS_FROM: Final = choice("renewal_counts_from", RenewalBase.TODAY, _ITEM)
RENEW_DAYS_BEFORE_DUE: Final = limit("renew_days_before_due", None, _ITEM, Unit.DAYS, highest=3650)
RENEW_DAYS_AFTER_DUE: Final = limit("renew_days_after_due", None, _ITEM, Unit.DAYS, highest=3650)
RENEWAL_WITH_BLOCKS: Final = choice("renewal_with_blocks", Effect.REFUSE, _PATRON)
RENEWAL_DEBT_LIMIT_ORE: Final = limit("renewal_debt_limit_ore", 20_000, _PATRON, Unit.ORE, highest=_HIGHEST_ORE)
OVERDUE_BLOCKS_RENEWAL: Final = choice("overdue_blocks_renewal", OverdueRenewal.ALLOW, _PATRON)

MAX_LOANS: Final = limit("max_loans", None, _PATRON, Unit.COUNT)
MAX_LOANS_OF_GROUP: Final = limit("max_loans_of_group", None, _PATRON, Unit.COUNT)
DEBT_LIMIT_ORE: Final = limit("debt_limit_ore", 20_000, _PATRON, Unit.ORE, highest=_HIGHEST_ORE)
OVERDUE_BLOCKS_CHECKOUT: Final = choice("overdue_blocks_checkout", Effect.ALLOW, _PATRON)
MINIMUM_AGE_REFUSES: Final = yes_no("minimum_age_refuses", default=True, whose=_ITEM)

CHILD_AGE_BELOW: Final = number("child_age_below", 18, _ITEM, Unit.YEARS, lowest=14, highest=18)
OVERDUE_FEES_RAISED: Final = yes_no("overdue_fees_raised", default=True, whose=_ITEM)
OVERDUE_DAYS_COUNTED: Final = choice("overdue_days_counted", OverdueDays.CALENDAR, _ITEM)
OVERDUE_FEE_PERCENT: Final = number("overdue_fee_percent", 100, _ITEM, Unit.PERCENT, highest=100)
FEE_OVERDUE_ADULT_1_7: Final = number("fee_overdue_adult_1_7", 2_000, _ITEM, Unit.ORE, highest=_HIGHEST_ORE)
FEE_OVERDUE_ADULT_8_30: Final = number("fee_overdue_adult_8_30", 12_000, _ITEM, Unit.ORE, highest=_HIGHEST_ORE)
FEE_OVERDUE_ADULT_OVER_30: Final = number("fee_overdue_adult_over_30", 23_000, _ITEM, Unit.ORE, highest=_HIGHEST_ORE)
FEE_OVERDUE_CHILD_1_7: Final = number("fee_overdue_child_1_7", 1_000, _ITEM, Unit.ORE, highest=_HIGHEST_ORE)
FEE_OVERDUE_CHILD_8_30: Final = number("fee_overdue_child_8_30", 5_500, _ITEM, Unit.ORE, highest=_HIGHEST_ORE)
FEE_OVERDUE_CHILD_OVER_30: Final = number("fee_overdue_child_over_30", 12_000, _ITEM, Unit.ORE, highest=_HIGHEST_ORE)

REPLACEMENT_PROCESSING_FEE_ORE: Final = number(
    "replacement_processing_fee_ore", 0, _ITEM, Unit.ORE, highest=_HIGHEST_ORE
)
REPLACEMENT_DEFAULT_PRICE_ORE: Final = number(
    "replacement_default_price_ore", 30_000, _ITEM, Unit.ORE, highest=_HIGHEST_ORE
)
REFUND_LOST_WITHIN_DAYS: Final = limit("refund_lost_within_days", 365, _ITEM, Unit.DAYS, highest=3650)
LOST_WAIVES_OVERDUE: Final = yes_no("lost_waives_overdue", default=False, whose=_ITEM)
CARD_REPLACEMENT_FEE_ORE: Final = number("card_replacement_fee_ore", 0, _PATRON, Unit.ORE, highest=_HIGHEST_ORE)
HOLD_NOT_COLLECTED_FEE_ORE: Final = number("hold_not_collected_fee_ore", 0, _PATRON, Unit.ORE, highest=_HIGHEST_ORE)

EXCLUSION_LIMIT_ORE: Final = limit("exclusion_limit_ore", 20_000, _PATRON, Unit.ORE, lowest=1, highest=_HIGHEST_ORE)
EXCLUSION_NOTICE_DAYS: Final = number("exclusion_notice_days", 8, _PATRON, Unit.DAYS, lowest=1, highest=365)
DEBT_HANDOVER_AFTER_DAYS: Final = limit("debt_handover_after_days", 60, _PATRON, Unit.DAYS, highest=3650)
DEBT_HANDOVER_FROM_ORE: Final = number(
    "debt_handover_from_ore", 10_000, _PATRON, Unit.ORE, lowest=1, highest=_HIGHEST_ORE
)

LOST_AFTER_DAYS_OVERDUE: Final = limit("lost_after_days_overdue", None, _ITEM, Unit.DAYS, lowest=1, highest=3650)
RETURN_TELLS_OF_BORROWER: Final = yes_no("return_tells_of_borrower", default=False, whose=_DESK)
RENEW_BY_ITSELF: Final = yes_no("renew_by_itself", default=False, whose=_ITEM)
RETURN_ELSEWHERE: Final = choice("return_elsewhere", ReturnElsewhere.TRANSFER, _ITEM)
RENEW_ON_CHECKOUT: Final = yes_no("renew_on_checkout", default=True, whose=_DESK)

MAX_HOLDS: Final = limit("max_holds", 100, _PATRON, Unit.COUNT)
MAX_HOLDS_OF_GROUP: Final = limit("max_holds_of_group", None, _PATRON, Unit.COUNT)
MAX_HOLDS_PER_TITLE: Final = number("max_holds_per_title", 1, _PATRON, Unit.COUNT, lowest=1, highest=100)
MAX_HOLDS_PER_DAY: Final = limit("max_holds_per_day", None, _PATRON, Unit.COUNT)
HOLD_INTEREST_DAYS: Final = number("hold_interest_days", 180, _PATRON, Unit.DAYS, lowest=1, highest=3650)
HOLD_SLOTS_IN_BY_DATE: Final = yes_no("hold_slots_in_by_date", default=False, whose=_PATRON)
HOLD_ON_OWN_LOAN: Final = yes_no("hold_on_own_loan", default=False, whose=_PATRON)
HOLD_AGAIN_HOMEBOUND: Final = yes_no("hold_again_homebound", default=False, whose=_PATRON)
ON_SHELF_HOLDS: Final = choice("on_shelf_holds", OnShelf.ALLOW, _ITEM)
PICKUP_FROM: Final = choice("pickup_from", PickupFrom.DIVISION, _ITEM)
NEW_AT_HOME_DAYS: Final = number("new_at_home_days", 0, _ITEM, Unit.DAYS, highest=3650)
LOCALS_FIRST: Final = choice("locals_first", LocalsFirst.NOBODY, _ITEM)
DAMAGED_FILLS_HOLDS: Final = yes_no("damaged_fills_holds", default=True, whose=_ITEM)
PICKUP_DAYS: Final = number("pickup_days", 7, _DESK, Unit.DAYS, lowest=1, highest=365)
LENDING_AFTER_DAYS: Final = limit("lending_after_days", None, _PATRON, Unit.DAYS, highest=3650)
RENEWAL_WITH_HOLDS: Final = choice("renewal_with_holds", Effect.REFUSE, _ITEM)
CHECKOUT_OF_PLANNED: Final = choice("checkout_of_planned", Effect.ALLOW, _DESK)
SHORT_LOAN_DAYS: Final = limit("short_loan_days", None, _ITEM, Unit.DAYS, lowest=1, highest=3650)
SHORT_LOAN_FROM_HOLDS: Final = number("short_loan_from_holds", 5, _ITEM, Unit.COUNT, lowest=1, highest=10_000)

BOOKING_BUFFER_DAYS: Final = number("booking_buffer_days", 2, _ITEM, Unit.DAYS, highest=60)
LOAN_INTO_BOOKING: Final = choice("loan_into_booking", LoanIntoBooking.SHORTEN, _ITEM)
BOOKING_LONGEST_DAYS: Final = number("booking_longest_days", 120, _ITEM, Unit.DAYS, lowest=1, highest=730)

PICKUP_CALENDAR: Final = choice("pickup_calendar", Service.STAFFED, _DESK)
PICKUP_ROLLOVER: Final = choice("pickup_rollover", DueRollover.NEXT_OPEN_DAY, _DESK)
SLIP_NAME: Final = choice("slip_name", SlipName.NOTHING, _DESK)
PICK_CLAIM_MINUTES: Final = number("pick_claim_minutes", 60, _DESK, Unit.MINUTES, lowest=1, highest=1440)
TRANSIT_LATE_DAYS: Final = number("transit_late_days", 5, _DESK, Unit.DAYS, lowest=1, highest=365)
TRANSIT_LOST_DAYS: Final = limit("transit_lost_days", 60, _DESK, Unit.DAYS, lowest=1, highest=3650)

NOTICE_DAYS_BEFORE_DUE: Final = number("notice_days_before_due", 3, _ITEM, Unit.DAYS, highest=90)
OVERDUE_NOTICE_1_DAYS: Final = number("overdue_notice_1_days", 3, _ITEM, Unit.DAYS, highest=365)
OVERDUE_NOTICE_2_DAYS: Final = number("overdue_notice_2_days", 14, _ITEM, Unit.DAYS, highest=365)
OVERDUE_NOTICE_3_DAYS: Final = number("overdue_notice_3_days", 28, _ITEM, Unit.DAYS, highest=365)
MEMBERSHIP_NOTICE_DAYS: Final = number("membership_notice_days", 30, _PATRON, Unit.DAYS, highest=365)
NOTICE_TEXT_DAYS: Final = number("notice_text_days", 30, _PATRON, Unit.DAYS, lowest=1, highest=30)


def _kept(name: str, default: int, unit: Unit = Unit.DAYS, *, lowest: int = 1, highest: int | None = None) -> Knob[int]:
    """How long something personal is kept: the agency says it, for all its divisions, and most often only shorter."""
    knob = number(name, default, _PATRON, unit, lowest=lowest, highest=highest or default)
    return replace(knob, scopes=frozenset({Scope.NATION, Scope.AGENCY}))


RETURNED_LOAN_DAYS: Final = _kept("returned_loan_days", 30)
CLOSED_HOLD_DAYS: Final = _kept("closed_hold_days", 30)
HOLD_DECISION_DAYS: Final = _kept("hold_decision_days", 90)
PAID_FEE_DAYS: Final = _kept("paid_fee_days", 30)
PAID_REPLACEMENT_DAYS: Final = _kept("paid_replacement_days", 365)
BOOKKEEPING_YEARS: Final = _kept("bookkeeping_years", 3, Unit.YEARS, highest=5)
MESSAGE_DAYS: Final = _kept("message_days", 365, lowest=30)
INACTIVE_PATRON_YEARS: Final = _kept("inactive_patron_years", 3, Unit.YEARS)
PAST_FACT_DAYS: Final = _kept("past_fact_days", 365, lowest=30)
ACCESS_LOG_DAYS: Final = _kept("access_log_days", 365, lowest=180, highest=1825)

KNOBS: Final[Mapping[str, Knob[object]]] = MappingProxyType(
    {knob.name: knob for knob in list(vars().values()) if isinstance(knob, Knob)}
)
"""Every knob by its name, in the order above."""

OVERDUE_STEPS: Final[tuple[tuple[int, Knob[int], Knob[int]], ...]] = (
    (1, FEE_OVERDUE_ADULT_1_7, FEE_OVERDUE_CHILD_1_7),
    (8, FEE_OVERDUE_ADULT_8_30, FEE_OVERDUE_CHILD_8_30),
    (31, FEE_OVERDUE_ADULT_OVER_30, FEE_OVERDUE_CHILD_OVER_30),
)
"""The steps of the overdue fee: the first day late of each, the knob for adults, the knob for children."""
