"""Bookings of a web site's user."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.bookings import operations
from faelles.bookings.model import (
    BookAll,
    Booked,
    Booking,
    BookingOutcome,
    BookingState,
    CancelBookings,
    ChangeBooking,
    NewBooking,
)
from faelles.catalog.numbers.operations import numbers_of, records_numbered
from faelles.doors.fbs import booking_models, models
from faelles.doors.fbs.call import Call, Handler, branch_coded, number
from faelles.doors.fbs.handlers.loans import open_loans
from faelles.doors.fbs.problems import in_their_words
from faelles.doors.rest.validation import request_error
from faelles.ground.database import Transaction
from faelles.ground.errors import InvalidRequestError, NotFoundError, invalid_field
from faelles.ground.ids import RecordId
from faelles.patrons.model import Patron
from faelles.policies.compiled import Settings

_MOST: Final = 50
_MOST_LISTED: Final = 200
_IDS: Final = ("bookingid", "bookingId", "bookingIds")
"""The tables name no parameter for what is to be deleted; these are what clients send."""
_STATES: Final = MappingProxyType(
    {BookingState.BOOKED: "active", BookingState.LENT: "beingFulfilled", BookingState.CLOSED: "fulfilled"}
)
_RESULTS: Final = MappingProxyType(
    {
        BookingOutcome.BOOKED: "success",
        BookingOutcome.NOT_ENOUGH: "notEnoughMaterials",
        BookingOutcome.NOT_ALLOWED: "patronDoesNotHavePermission",
        BookingOutcome.NOT_CHANGEABLE: "notUpdatable",
        BookingOutcome.OTHER_REFUSED: "other",
    }
)
_OTHER: Final = booking_models.BookingResponse(result="other", booking=None)
_NOT_UPDATABLE: Final = booking_models.BookingResponse(result="notUpdatable", booking=None)
_OUR_FIELDS: Final = MappingProxyType(
    {"first_day": "period.from", "last_day": "period.to", "minimum": "minimumMaterials", "wanted": "preferredMaterials"}
)


class Days(msgspec.Struct, frozen=True):
    from_: date = msgspec.field(name="from")
    to: date


class Wanted(msgspec.Struct, frozen=True, rename="camel"):
    """`booking_id` and `state` come back with what is to be changed."""

    record_id: str
    period: Days
    preferred_materials: int
    minimum_materials: int
    patron_group_id: int
    automatic_forward_loan: bool
    requested_from_branch_id: str
    deliver_branch_id: str
    note: str | None = None
    booking_id: str | None = None


class Batch(msgspec.Struct, frozen=True):
    bookings: tuple[Wanted, ...]


async def bookings(call: Call) -> list[booking_models.Booking]:
    async def work(tx: Transaction) -> list[booking_models.Booking]:
        known = await call.patron_known(tx)
        found = await operations.list_bookings(tx, call.in_name_of(known.id), known.id, limit=_MOST_LISTED)
        return await _shown(tx, call, found)

    return await call.run(work)


async def create_bookings(call: Call) -> list[booking_models.BookingResponse]:
    """All of them or none; each is answered by itself."""
    wanted = _batch(call)

    async def work(tx: Transaction) -> list[booking_models.BookingResponse]:
        known = await call.patron_known(tx)
        settings = await call.settings(tx)
        titles = await records_numbered(tx, call.caller, [each.record_id for each in wanted])
        records = {title.number: title.record for title in titles}
        if any(each.record_id not in records for each in wanted):
            return [_OTHER for _ in wanted]
        wishes = (
            _new(call, settings, each, records[each.record_id], _place(number)) for number, each in enumerate(wanted)
        )
        asked = BookAll(bookings=tuple(wishes))
        answers = await operations.book(tx, call.in_name_of(known.id), known.id, asked)
        return [await _answer(tx, call, answer) for answer in answers]

    try:
        return await call.run(work)
    except InvalidRequestError as problem:
        raise in_their_words(problem, _OUR_FIELDS) from None


async def update_bookings(call: Call) -> list[booking_models.BookingResponse]:
    """Each by itself: what cannot be changed stays as it was."""
    wanted = _batch(call)

    async def work(tx: Transaction) -> list[booking_models.BookingResponse]:
        known = await call.patron_known(tx)
        settings = await call.settings(tx)
        return [await _update(tx, call, known, settings, each, _place(number)) for number, each in enumerate(wanted)]

    return await call.run(work)


async def _update(
    tx: Transaction, call: Call, known: Patron, settings: Settings, wanted: Wanted, place: str
) -> booking_models.BookingResponse:
    new = _new(call, settings, wanted, RecordId(1), place)
    fields = ChangeBooking.__struct_fields__
    change = ChangeBooking(**{name: getattr(new, name) for name in fields})
    booking = number(wanted.booking_id or "", place + "bookingId")
    try:
        answer = await operations.change_booking(tx, call.in_name_of(known.id), known.id, booking, change)
    except NotFoundError:
        return _NOT_UPDATABLE
    except InvalidRequestError as problem:
        raise in_their_words(problem, _OUR_FIELDS, place) from None
    return await _answer(tx, call, answer)


async def delete_bookings(call: Call) -> None:
    """All of them or none."""
    sent = [each for name in _IDS for text in call.undocumented.get(name, ()) for each in text.split(",")]
    wanted = tuple(dict.fromkeys(number(each.strip(), _IDS[0]) for each in sent))
    if not 0 < len(wanted) <= _MOST or not all(wanted):
        raise invalid_field(_IDS[0], "field_wrong_form")

    async def work(tx: Transaction) -> None:
        known = await call.patron_known(tx)
        asked = CancelBookings(bookings=wanted)
        await operations.cancel_bookings(tx, call.in_name_of(known.id), known.id, asked)

    await call.run(work)


async def booking_loans(call: Call) -> list[models.Loan]:
    """What was lent on a booking and is not back."""
    wanted = number(call.path["bookingid"], "bookingid")

    async def work(tx: Transaction) -> list[models.Loan]:
        known = await call.patron_known(tx)
        booking = await operations.show_booking(tx, call.in_name_of(known.id), known.id, wanted)
        loans = await open_loans(tx, call, known)
        return [
            msgspec.structs.replace(loan, patron_name=known.name)
            for loan in loans
            if loan.loan_details.loan_id in booking.loans
        ]

    return await call.run(work)


async def booking_information(call: Call) -> list[booking_models.BookingBranchInfo]:
    """Of each branch of the division that has the title, what there is to book and which periods are taken."""

    async def work(tx: Transaction) -> list[booking_models.BookingBranchInfo]:
        titles = await records_numbered(tx, call.caller, [call.path["recordid"]])
        if not titles:
            raise NotFoundError("record_unknown")
        branches = (await call.settings(tx)).directory.branches
        told = await operations.booking_information(tx, call.caller, titles[0].record)
        return [
            booking_models.BookingBranchInfo(
                branch_id=branches[each.branch].code,
                gross_number_available=each.copies,
                booking_info=tuple(
                    booking_models.BookingInfo(
                        period=models.Period(from_=taken.first_day, to=taken.last_day),
                        preferred_materials=taken.wanted,
                    )
                    for taken in each.booked
                ),
            )
            for each in told
            if branches[each.branch].division == call.division
        ]

    return await call.read(work)


def _batch(call: Call) -> tuple[Wanted, ...]:
    wanted = call.body(Batch).bookings
    if len(wanted) > _MOST:
        raise invalid_field("bookings", "field_too_long", bound=_MOST)
    return wanted


def _place(number: int) -> str:
    """Of what is sent in a list."""
    return f"bookings.{number}."


def _new(call: Call, settings: Settings, wanted: Wanted, record: RecordId, place: str) -> NewBooking:
    """Raises InvalidRequestError naming the field of a branch that is none, or of what is out of bounds."""
    lending = branch_coded(settings, call.division, wanted.requested_from_branch_id, place + "requestedFromBranchId")
    delivery = settings.directory.branches_by_code.get(wanted.deliver_branch_id)
    if delivery is None:
        raise invalid_field(place + "deliverBranchId", "branch_unknown")
    asked = {
        "record": record,
        "from_branch": lending,
        "delivery_branch": delivery.id,
        "first_day": wanted.period.from_,
        "last_day": wanted.period.to,
        "wanted": wanted.preferred_materials,
        # Nought is what a form without the field sends.
        "minimum": wanted.minimum_materials or 1,
        "patron_group": wanted.patron_group_id if wanted.patron_group_id > 0 else None,
        "forwards": wanted.automatic_forward_loan,
        "note": wanted.note,
    }
    try:
        return msgspec.convert(asked, NewBooking)
    except msgspec.ValidationError as problem:
        raise in_their_words(request_error(problem, asked, NewBooking), _OUR_FIELDS, place) from None


async def _answer(tx: Transaction, call: Call, answer: Booked) -> booking_models.BookingResponse:
    booking = None if answer.booking is None else (await _shown(tx, call, [answer.booking]))[0]
    return booking_models.BookingResponse(result=_RESULTS[answer.outcome], booking=booking)


async def _shown(tx: Transaction, call: Call, found: Sequence[Booking]) -> list[booking_models.Booking]:
    branches = (await call.settings(tx)).directory.branches
    numbers = await numbers_of(tx, [each.record for each in found])
    return [
        booking_models.Booking(
            booking_id=str(each.id),
            record_id=numbers[each.record],
            period=models.Period(from_=each.first_day, to=each.last_day),
            preferred_materials=each.wanted,
            minimum_materials=each.minimum,
            patron_group_id=each.patron_group or 0,
            automatic_forward_loan=each.forwards,
            requested_from_branch_id=branches[each.from_branch].code,
            deliver_branch_id=branches[each.delivery_branch].code,
            state=_STATES[each.state],
            note=each.note,
        )
        for each in found
    ]


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "bookings": bookings,
        "create_bookings": create_bookings,
        "update_bookings": update_bookings,
        "delete_bookings": delete_bookings,
        "booking_loans": booking_loans,
        "booking_information": booking_information,
    }
)
