"""The knobs in the order people look for them. One that no section names is shown at the end."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "allowed": ("lendable", "reservable", "renewable"),
        "period": (
            "loan_days",
            "short_loan_days",
            "short_loan_from_holds",
            "due_calendar",
            "due_rollover",
            "fixed_due_date",
            "fixed_due_mode",
            "due_within_membership",
        ),
        "renewal": (
            "max_renewals",
            "renewal_counts_from",
            "renew_days_before_due",
            "renew_days_after_due",
            "renew_by_itself",
            "renew_on_checkout",
            "renewal_with_holds",
            "renewal_with_blocks",
            "renewal_debt_limit_ore",
            "overdue_blocks_renewal",
        ),
        "limits": (
            "max_loans",
            "max_loans_of_group",
            "debt_limit_ore",
            "overdue_blocks_checkout",
            "minimum_age_refuses",
            "child_age_below",
        ),
        "returns": ("return_elsewhere", "return_tells_of_borrower", "lost_after_days_overdue"),
        "holds": (
            "max_holds",
            "max_holds_of_group",
            "max_holds_per_title",
            "max_holds_per_day",
            "hold_interest_days",
            "hold_slots_in_by_date",
            "hold_on_own_loan",
            "hold_again_homebound",
            "on_shelf_holds",
            "pickup_from",
            "new_at_home_days",
            "locals_first",
            "damaged_fills_holds",
            "lending_after_days",
            "checkout_of_planned",
        ),
        "pickup": ("pickup_days", "pickup_calendar", "pickup_rollover", "slip_name", "pick_claim_minutes"),
        "transit": ("transit_late_days", "transit_lost_days"),
        "overdue_fees": (
            "overdue_fees_raised",
            "overdue_days_counted",
            "overdue_fee_percent",
            "fee_overdue_adult_1_7",
            "fee_overdue_adult_8_30",
            "fee_overdue_adult_over_30",
            "fee_overdue_child_1_7",
            "fee_overdue_child_8_30",
            "fee_overdue_child_over_30",
        ),
        "other_fees": (
            "replacement_processing_fee_ore",
            "replacement_default_price_ore",
            "refund_lost_within_days",
            "lost_waives_overdue",
            "card_replacement_fee_ore",
            "hold_not_collected_fee_ore",
        ),
        "debt": ("exclusion_limit_ore", "exclusion_notice_days", "debt_handover_after_days", "debt_handover_from_ore"),
        "bookings": ("booking_buffer_days", "booking_longest_days"),
        "notices": (
            "notice_days_before_due",
            "overdue_notice_1_days",
            "overdue_notice_2_days",
            "overdue_notice_3_days",
            "membership_notice_days",
            "notice_text_days",
        ),
        "kept": (
            "returned_loan_days",
            "closed_hold_days",
            "hold_decision_days",
            "paid_fee_days",
            "paid_replacement_days",
            "bookkeeping_years",
            "message_days",
            "inactive_patron_years",
            "past_fact_days",
            "access_log_days",
        ),
    }
)
OTHER: Final = "other"


def section_of(knob: str) -> str:
    return next((section for section, knobs in SECTIONS.items() if knob in knobs), OTHER)
