"""What is answered about bookings, in its newest form (see models.py)."""

from msgspec import Struct

from faelles.doors.fbs.models import Period


class Booking(Struct, frozen=True, kw_only=True):
    booking_id: str
    record_id: str
    period: Period
    preferred_materials: int
    minimum_materials: int
    patron_group_id: int
    automatic_forward_loan: bool
    requested_from_branch_id: str
    deliver_branch_id: str
    state: str
    note: str | None


class BookingResponse(Struct, frozen=True, kw_only=True):
    result: str
    booking: Booking | None


class BookingInfo(Struct, frozen=True, kw_only=True):
    period: Period
    preferred_materials: int


class BookingBranchInfo(Struct, frozen=True, kw_only=True):
    branch_id: str
    gross_number_available: int
    booking_info: tuple[BookingInfo, ...]
