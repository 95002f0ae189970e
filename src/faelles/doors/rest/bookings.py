"""Bookings over REST: at the desk, by a web site for its user, and of one's own."""

from litestar import Router, get, patch, post
from litestar.params import JSONBody

from faelles.bookings import operations
from faelles.bookings.lending import HandedOut, lend_booking
from faelles.bookings.model import (
    BookAll,
    Booked,
    Booking,
    BranchInformation,
    CancelBookings,
    ChangeBooking,
    LendBooking,
    ToPack,
)
from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import BranchId, PatronId, RecordId
from faelles.people.model import Permission

_THIS = {"patron": "{patron}"}
_ONE = {"patron": "{patron}", "booking": "{booking}"}
_WISH = {
    "record": "{booking_record}",
    "from_branch": "{branch}",
    "delivery_branch": "{suburb}",
    "first_day": "{booking_first_day}",
    "last_day": "{booking_last_day}",
    "wanted": 1,
}
_SHORTER = {"last_day": "{booking_first_day}"}


@post(
    "/patrons/{patron:int}/bookings",
    status_code=200,
    opt=guarded(Permission.HOLD_PLACE, example=Example(path=_THIS, body={"bookings": [_WISH]})),
    summary="Book copies for a patron",
)
async def book(
    request: ApiRequest, patron: PathId, data: JSONBody[BookAll], idempotency_key: IdempotencyKey = None
) -> list[Booked]:
    """All of them or none; each wish is answered by itself."""
    caller = request.caller
    return await request.run(lambda tx: operations.book(tx, caller, PatronId(patron), data, key=idempotency_key))


@get(
    "/patrons/{patron:int}/bookings",
    opt=guarded(Permission.HOLD_VIEW, example=Example(path=_THIS)),
    summary="A patron's bookings",
)
async def list_bookings(request: ApiRequest, patron: PathId, limit: Limit = 50, after: After = None) -> Page[Booking]:
    """Cancelled ones apart."""
    start = read_cursor(after, int) or 0
    found = await request.run(
        lambda tx: operations.list_bookings(tx, request.caller, PatronId(patron), after=start, limit=limit)
    )
    return page(found, limit, key=lambda booking: booking.id)


@patch(
    "/patrons/{patron:int}/bookings/{booking:int}",
    opt=guarded(Permission.HOLD_PLACE, example=Example(path=_ONE, body=_SHORTER)),
    summary="Change a booking",
)
async def change_booking(request: ApiRequest, patron: PathId, booking: PathId, data: JSONBody[ChangeBooking]) -> Booked:
    """Until it is lent. Where there is not enough, it stays as it was."""
    caller = request.caller
    return await request.run(lambda tx: operations.change_booking(tx, caller, PatronId(patron), booking, data))


@post(
    "/patrons/{patron:int}/bookings/cancellations",
    status_code=204,
    opt=guarded(Permission.HOLD_PLACE, example=Example(path=_THIS, body={"bookings": ["{booking}"]})),
    summary="Cancel a patron's bookings",
)
async def cancel_bookings(request: ApiRequest, patron: PathId, data: JSONBody[CancelBookings]) -> None:
    """All of them or none, until they are lent."""
    await request.run(lambda tx: operations.cancel_bookings(tx, request.caller, PatronId(patron), data))


@post(
    "/own/bookings",
    status_code=200,
    opt=own_account(example=Example(body={"bookings": [_WISH]})),
    summary="Book copies",
)
async def book_own(
    request: ApiRequest, data: JSONBody[BookAll], idempotency_key: IdempotencyKey = None
) -> list[Booked]:
    caller = request.caller
    own = caller.oneself()
    return await request.run(lambda tx: operations.book(tx, caller, own, data, key=idempotency_key))


@get("/own/bookings", opt=own_account(example=Example()), summary="My bookings")
async def list_own_bookings(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Booking]:
    caller, start = request.caller, read_cursor(after, int) or 0
    own = caller.oneself()
    found = await request.run(lambda tx: operations.list_bookings(tx, caller, own, after=start, limit=limit))
    return page(found, limit, key=lambda booking: booking.id)


@patch(
    "/own/bookings/{booking:int}",
    opt=own_account(example=Example(path={"booking": "{booking}"}, body=_SHORTER)),
    summary="Change my booking",
)
async def change_own_booking(request: ApiRequest, booking: PathId, data: JSONBody[ChangeBooking]) -> Booked:
    caller = request.caller
    own = caller.oneself()
    return await request.run(lambda tx: operations.change_booking(tx, caller, own, booking, data))


@post(
    "/own/bookings/cancellations",
    status_code=204,
    opt=own_account(example=Example(body={"bookings": ["{booking}"]})),
    summary="Cancel my bookings",
)
async def cancel_own_bookings(request: ApiRequest, data: JSONBody[CancelBookings]) -> None:
    caller = request.caller
    own = caller.oneself()
    await request.run(lambda tx: operations.cancel_bookings(tx, caller, own, data))


@get(
    "/records/{record:int}/booking-information",
    opt=guarded(Permission.CATALOG_VIEW, example=Example(path={"record": "{booking_record}"})),
    summary="How many copies can be booked, and when they are taken",
)
async def show_booking_information(request: ApiRequest, record: PathId) -> Page[BranchInformation]:
    """Nobody is named. One page."""
    found = await request.read(lambda tx: operations.booking_information(tx, request.caller, RecordId(record)))
    return Page(items=found, next=None)


@get(
    "/branches/{branch:int}/bookings-to-pack",
    opt=guarded(Permission.LOGISTICS, example=Example(path={"branch": "{branch}"})),
    summary="The copies that leave a branch for bookings this week",
)
async def list_to_pack(request: ApiRequest, branch: PathId) -> Page[ToPack]:
    """What should have left already among them. One page."""
    found = await request.read(lambda tx: operations.list_to_pack(tx, request.caller, BranchId(branch)))
    return Page(items=found, next=None)


@post(
    "/bookings/{booking:int}/loans",
    status_code=200,
    opt=guarded(Permission.CHECKOUT, example=Example(path={"booking": "{booking}"}, body={"branch": "{branch}"})),
    summary="Lend what was booked",
)
async def lend_booked(request: ApiRequest, booking: PathId, data: JSONBody[LendBooking]) -> list[HandedOut]:
    """Each copy is an ordinary check-out, due on the booking's last day, and answered by itself."""
    caller, keyring = request.caller, request.services.keyring
    return await request.run(lambda tx: lend_booking(tx, caller, keyring, booking, data))


router = Router(
    path="/",
    tags=["bookings"],
    route_handlers=[
        book,
        list_bookings,
        change_booking,
        cancel_bookings,
        book_own,
        list_own_bookings,
        change_own_booking,
        cancel_own_bookings,
        show_booking_information,
        list_to_pack,
        lend_booked,
    ],
)
