"""Interlibrary requests among a patron's reservations: what other libraries are asked for, or have sent."""

from typing import Final

from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call
from faelles.doors.fbs.handlers.words import WITHOUT_END, local
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, invalid_field
from faelles.interlibrary import operations
from faelles.interlibrary.model import Awaited, State
from faelles.policies.compiled import Settings

INTER_LIBRARY: Final = "inter_library"
_NUMBERED_FROM: Final = 9_000_000_000
"""Holds and requests are numbered alike, and a site knows both as reservations: requests have theirs from here on,
ten digits long as sites expect them.
"""


def is_awaited(reservation: int) -> bool:
    """Whether a reservation's number is a request's."""
    return reservation >= _NUMBERED_FROM


def shown_as_reservation(settings: Settings, request: Awaited) -> models.ReservationDetails:
    """It has no queue here. Nobody says for how long it is wanted; every version promises a day, so it is far off."""
    number = request.id + _NUMBERED_FROM
    return models.ReservationDetails(
        reservation_id=number,
        record_id=request.number or "",
        transaction_id=str(number),
        reservation_type=INTER_LIBRARY,
        state="readyForPickup" if request.state is State.RECEIVED else "interLibraryReservation",
        pickup_branch=settings.directory.branches[request.branch].code,
        date_of_reservation=local(request.requested_at, settings.directory.agency.time_zone),
        expiry_date=WITHOUT_END,
        activation_date=None,
        number_in_queue=None,
        estimated_days_until_reservation=None,
        pickup_deadline=None,
        pickup_number=None,
        periodical=None,
        il_bibliographic_record=_title(request),
        loan_type="interLibraryLoan",
    )


def _title(request: Awaited) -> models.ILLBibliographicRecord:
    wanted = request.wanted
    return models.ILLBibliographicRecord(
        record_id=request.number,
        medium_type=request.material_type,
        author=wanted.creator,
        title=wanted.title,
        publication_date=wanted.publication_year,
        periodical_number=wanted.periodical_number,
        periodical_volume=wanted.periodical_volume,
    )


async def cancel(tx: Transaction, call: Call, reservation: int) -> None:
    """Raises InvalidRequestError for what has come already."""
    try:
        await operations.cancel(tx, call.own, reservation - _NUMBERED_FROM)
    except ConflictError as problem:
        raise invalid_field("reservationid", "fbs_not_changeable", why=problem.code) from None
