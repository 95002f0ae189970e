"""What this interface calls what our rules say, and moments as it writes them."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from faelles.circulation.desk.blocks import Block, BlockCode
from faelles.circulation.desk.hold_states import HoldState

WITHOUT_END: Final = date(2150, 12, 31)
"""The day of what has no end, where a day is promised or needed."""
RENEWED: Final = "renewed"
OTHER_REASON: Final = "deniedOtherReason"
_DENIED: Final[Mapping[BlockCode, str]] = MappingProxyType(
    {
        BlockCode.WAITED_FOR: "deniedReserved",
        BlockCode.ON_HOLD_FOR_OTHER: "deniedReserved",
        BlockCode.BOOKED: "deniedReserved",
        BlockCode.MAX_RENEWALS_REACHED: "deniedMaxRenewalsReached",
        BlockCode.PATRON_BLOCKED: "deniedLoanerIsBlocked",
        BlockCode.EXCLUDED: "deniedLoanerIsBlocked",
        BlockCode.DEBT_OVER_LIMIT: "deniedLoanerIsBlocked",
        BlockCode.HAS_OVERDUES: "deniedLoanerIsBlocked",
        BlockCode.MEMBERSHIP_MISSING: "deniedLoanerIsBlocked",
        BlockCode.MEMBERSHIP_ENDED: "deniedLoanerIsBlocked",
        BlockCode.MEMBERSHIP_NOT_BEGUN: "deniedLoanerIsBlocked",
        BlockCode.MATERIAL_NOT_LOANABLE: "deniedMaterialIsNotLoanable",
        BlockCode.MATERIAL_NOT_FOUND: "deniedMaterialIsNotFound",
        BlockCode.MATERIAL_LOST: "deniedMaterialIsNotFound",
        BlockCode.MATERIAL_DISCARDED: "deniedMaterialIsNotFound",
        BlockCode.PATRON_NOT_FOUND: "deniedLoanerNotFound",
        BlockCode.LOANING_PROFILE_NOT_FOUND: "deniedLoaningProfileNotFound",
    }
)

SUCCESS: Final = "success"
NOT_FOUND: Final = "material_not_found"
_REFUSED: Final[Mapping[BlockCode, str]] = MappingProxyType(
    {
        BlockCode.PATRON_NOT_FOUND: "patron_not_found",
        BlockCode.PATRON_BLOCKED: "patron_is_blocked",
        BlockCode.EXCLUDED: "patron_is_blocked",
        BlockCode.DEBT_OVER_LIMIT: "patron_is_blocked",
        BlockCode.HAS_OVERDUES: "patron_is_blocked",
        BlockCode.MEMBERSHIP_MISSING: "patron_is_blocked",
        BlockCode.MEMBERSHIP_ENDED: "patron_is_blocked",
        BlockCode.MEMBERSHIP_NOT_BEGUN: "patron_is_blocked",
        BlockCode.ALREADY_RESERVED: "already_reserved",
        BlockCode.HELD_BOTH_WAYS: "already_reserved",
        BlockCode.ALREADY_LOANED: "already_loaned",
        BlockCode.MATERIAL_NOT_FOUND: NOT_FOUND,
        BlockCode.TITLE_NOT_FOUND: NOT_FOUND,
        BlockCode.ISSUE_NOT_FOUND: NOT_FOUND,
        BlockCode.MATERIAL_FOREIGN: NOT_FOUND,
        BlockCode.MATERIAL_LOST: "material_lost",
        BlockCode.MATERIAL_DISCARDED: "material_Discarded",
        BlockCode.MATERIAL_NOT_LOANABLE: "material_not_loanable",
        BlockCode.MATERIAL_NOT_RESERVABLE: "material_not_reservable",
        BlockCode.LOANING_PROFILE_NOT_FOUND: "loaning_profile_not_found",
        BlockCode.NO_RESERVABLE_MATERIALS: "no_reservable_materials",
        BlockCode.INTERLIBRARY_NOT_RESERVABLE: "interlibrary_material_not_reservable",
        BlockCode.LENT_BEFORE_HOMEBOUND: "previously_loaned_by_homebound_patron",
        BlockCode.TOO_MANY_HOLDS: "exceeds_max_reservations",
        BlockCode.TOO_MANY_HOLDS_OF_GROUP: "exceeds_max_reservations",
        BlockCode.TOO_MANY_HOLDS_TODAY: "exceeds_max_reservations",
    }
)
_NOT_RESERVABLE: Final = "not_reservable"

_STATES: Final[Mapping[HoldState, str]] = MappingProxyType(
    {
        HoldState.PENDING: "reserved",
        HoldState.MATCHED: "reserved",
        HoldState.CAPTURED: "inTransit",
        HoldState.IN_TRANSIT: "inTransit",
        HoldState.READY: "readyForPickup",
    }
)
_OTHER: Final = "other"
_WITHOUT_ZONE: Final = len("2022-06-14T09:00:50.059")


def denied(blocks: tuple[Block, ...]) -> tuple[str, ...]:
    """Why a loan is not renewed, each reason once."""
    return tuple(dict.fromkeys(_DENIED.get(block.code, OTHER_REASON) for block in blocks))


def refused(blocks: tuple[Block, ...]) -> str:
    """Why a reservation is not made: one word, that of the first reason."""
    return _REFUSED.get(blocks[0].code, _NOT_RESERVABLE) if blocks else SUCCESS


def hold_state(state: HoldState) -> str:
    return _STATES.get(state, _OTHER)


def local(moment: datetime, zone: str) -> str:
    """`2022-06-14T09:00:50.059`: on the agency's own clock, without saying which."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="milliseconds")[:_WITHOUT_ZONE]
