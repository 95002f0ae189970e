"""Reservations: a patron's holds as web sites know them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.catalog.numbers.operations import records_numbered
from faelles.circulation.desk.blocks import CirculationRefusedError
from faelles.circulation.desk.hold_states import WAITING, HoldState
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds import changing, operations
from faelles.circulation.holds.locals import has_locals, places_in_line
from faelles.circulation.holds.model import (
    MOST_WISHES,
    CancelHolds,
    CancelOutcome,
    ChangeHold,
    Placed,
    PlaceHolds,
    PlacingOutcome,
    Together,
    Wish,
)
from faelles.circulation.holds.waits import waits_of
from faelles.circulation.own.model import OwnHold
from faelles.circulation.own.operations import holds_asked_for
from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler, branch_coded, number
from faelles.doors.fbs.handlers import awaited
from faelles.doors.fbs.handlers.catalog import periodical
from faelles.doors.fbs.handlers.issues import issue_meant
from faelles.doors.fbs.handlers.words import NOT_FOUND, SUCCESS, hold_state, local, refused
from faelles.doors.fbs.problems import RESERVATIONS_FAILED, AnsweredError, in_their_words
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError, invalid_field
from faelles.ground.ids import BranchId, HoldId, IssueId, RecordId
from faelles.interlibrary.operations import awaited_asked_for
from faelles.patrons.model import Patron
from faelles.patrons.reach import there
from faelles.policies.compiled import Settings
from faelles.policies.operations import settings_for

NORMAL: Final = "normal"
PARALLEL: Final = "parallel"
_TYPES: Final = frozenset({NORMAL, PARALLEL})
_WITH_ESTIMATE: Final = frozenset({"ReservationDetailsV4", "ReservationResponseV4"})
_OUR_FIELDS: Final = MappingProxyType(
    {"interest_until": "reservations.expiryDate", "active_from": "reservations.activationDate"}
)


class IssueWanted(msgspec.Struct, frozen=True, rename="camel"):
    volume: str | None = None
    volume_year: str | None = None
    volume_number: str | None = None


class Wanted(msgspec.Struct, frozen=True, rename="camel"):
    record_id: str
    expiry_date: date | None = None
    pickup_branch: str | None = None
    activation_date: date | None = None
    periodical: IssueWanted | None = None


class Batch(msgspec.Struct, frozen=True, rename="camel"):
    reservations: tuple[Wanted, ...]
    type: str | None = None


class Change(msgspec.Struct, frozen=True, rename="camel"):
    reservation_id: int
    expiry_date: date | None = None
    pickup_branch: str | None = None
    activation_date: date | None = None


class Changes(msgspec.Struct, frozen=True):
    reservations: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class _Order:
    """One reservation that is wanted, with what it turned out to be for; None: we know no such thing."""

    wanted: Wanted
    wish: Wish | None
    pickup: BranchId


async def reservations(call: Call) -> list[models.ReservationDetails]:
    async def work(tx: Transaction) -> list[models.ReservationDetails]:
        own = call.own
        found, reserved, requests = await tx.together(
            call.patron_asked_for(tx), holds_asked_for(tx, own), awaited_asked_for(tx, own)
        )
        there(found)
        settings = await settings_for(tx, reserved.revision)
        elsewhere = [awaited.shown_as_reservation(settings, each) for each in requests]
        return await _details(tx, call, settings, reserved.holds) + elsewhere

    return await call.look(work)


async def _details(
    tx: Transaction, call: Call, settings: Settings, holds: Sequence[OwnHold]
) -> list[models.ReservationDetails]:
    nearest = _nearest(holds, await places_in_line(tx, holds) if has_locals(settings) else {})
    waits = await waits_of(tx, holds) if _tells_of_waits(call) else {}
    return [
        _reservation(
            settings,
            hold,
            nearest.get(hold.transaction) if hold.state in WAITING else None,
            waits[hold.id].days if hold.id in waits else None,
        )
        for hold in holds
    ]


def _nearest(holds: Sequence[OwnHold], served: Mapping[HoldId, int]) -> dict[HoldId, int]:
    """The best place in any queue of each order: parallel reservations stand where the first of them stands. `served`:
    the places of those that are not served by their ranks.
    """
    nearest: dict[HoldId, int] = {}
    for hold in holds:
        place = served.get(hold.id, hold.position)
        if place is not None:
            nearest[hold.transaction] = min(place, nearest.get(hold.transaction, place))
    return nearest


def _tells_of_waits(call: Call) -> bool:
    """Only the newest version asks how long yet."""
    wanted = call.operation.reply
    return wanted is not None and wanted.name in _WITH_ESTIMATE


def _reservation(settings: Settings, hold: OwnHold, place: int | None, days: int | None) -> models.ReservationDetails:
    return models.ReservationDetails(
        reservation_id=hold.id,
        record_id=hold.number,
        transaction_id=str(hold.transaction),
        reservation_type=PARALLEL if hold.is_parallel else NORMAL,
        state=hold_state(hold.state),
        pickup_branch=settings.directory.branches[hold.pickup].code,
        date_of_reservation=local(hold.placed_at, settings.directory.agency.time_zone),
        expiry_date=hold.interest_until,
        activation_date=hold.active_from,
        number_in_queue=place,
        estimated_days_until_reservation=days,
        pickup_deadline=hold.pickup_deadline,
        pickup_number=hold.shelf_number if hold.state is HoldState.READY else None,
        periodical=None if hold.issue is None else periodical(hold.issue),
        il_bibliographic_record=None,
        loan_type="loan",
    )


async def add_reservations(call: Call) -> object:
    """Place what is wanted. Everything or nothing, but a parallel order of the newer versions keeps what succeeded."""
    batch = call.body(Batch)
    kind = (batch.type or NORMAL).lower()
    if kind not in _TYPES:
        raise invalid_field("type", "field_not_among_choices")
    if len(batch.reservations) > MOST_WISHES:
        raise invalid_field("reservations", "field_too_long", bound=MOST_WISHES)

    async def work(tx: Transaction) -> models.ReservationResponse:
        known = await call.patron_known(tx)
        orders = await _orders(tx, call, known, batch)
        try:
            placed = await _place(tx, call, known, orders, is_parallel=kind == PARALLEL)
        except InvalidRequestError as problem:
            raise in_their_words(problem, _OUR_FIELDS) from None
        return await _response(tx, call, orders, placed)

    response = await call.run(work)
    if call.operation.reply is not None and call.operation.reply.is_list:
        if not response.success:
            raise AnsweredError(HTTPStatus.INTERNAL_SERVER_ERROR, RESERVATIONS_FAILED, "fbs_reservations_failed")
        return [each.reservation_details for each in response.reservation_results]
    return response


async def _orders(tx: Transaction, call: Call, known: Patron, batch: Batch) -> list[_Order]:
    """One for each record, or issue of one, in the order they were asked for."""
    settings = await call.settings(tx)
    wanted = list({(each.record_id, each.periodical): each for each in reversed(batch.reservations)}.values())[::-1]
    own = call.in_name_of(known.id)
    records = {each.number: each.record for each in await records_numbered(tx, own, [w.record_id for w in wanted])}
    orders = []
    for each in wanted:
        pickup = call.own_branch(settings, known)
        if each.pickup_branch:
            pickup = branch_coded(settings, call.division, each.pickup_branch, "reservations.pickupBranch")
        orders.append(_Order(each, await _wish(tx, records.get(each.record_id), each.periodical), pickup))
    return orders


async def _wish(tx: Transaction, record: RecordId | None, issue: IssueWanted | None) -> Wish | None:
    if record is None or issue is None or issue == IssueWanted():
        return None if record is None else Wish(record=record)
    meant: IssueId | None = await issue_meant(tx, record, issue.volume_year, issue.volume, issue.volume_number)
    return None if meant is None else Wish(issue=meant)


async def _place(
    tx: Transaction, call: Call, known: Patron, orders: Sequence[_Order], *, is_parallel: bool
) -> list[Placed | None]:
    """How each order ended; None for what we do not know."""
    asked = _parallel(known, orders) if is_parallel else _separate(known, orders)
    keeps_successes = is_parallel and call.operation.id in {"addReservationsV3", "addReservationsV4"}
    is_whole = all(order.wish is not None for order in orders)

    async def place(requests: Sequence[PlaceHolds]) -> list[Placed]:
        own, keyring = call.in_name_of(known.id), call.services.keyring
        return [
            placed for request in requests for placed in (await operations.place_holds(tx, own, keyring, request)).holds
        ]

    if keeps_successes:
        found = await place([msgspec.structs.replace(each, all_or_nothing=False) for each in asked])
    elif is_whole and len(asked) == 1:
        found = await place(asked)
    else:
        found = await tx.rehearse(lambda: place(asked))
        if is_whole and all(each.outcome is PlacingOutcome.PLACED for each in found):
            found = await place(asked)
        else:
            found = [_unplaced(each) for each in found]
    ends = iter(found)
    return [None if order.wish is None else next(ends) for order in orders]


def _parallel(known: Patron, orders: Sequence[_Order]) -> list[PlaceHolds]:
    """One order: the first of its reservations says where and until when."""
    wishes = tuple(order.wish for order in orders if order.wish is not None)
    if not wishes:
        return []
    return [_request(known, orders[0], wishes, Together.PARALLEL)]


def _separate(known: Patron, orders: Sequence[_Order]) -> list[PlaceHolds]:
    return [_request(known, each, (each.wish,), Together.SEPARATE) for each in orders if each.wish is not None]


def _request(known: Patron, order: _Order, wishes: tuple[Wish, ...], together: Together) -> PlaceHolds:
    return PlaceHolds(
        patron=Borrower(patron=known.id),
        wishes=wishes,
        pickup=order.pickup,
        together=together,
        interest_until=order.wanted.expiry_date,
        active_from=order.wanted.activation_date,
    )


def _unplaced(placed: Placed) -> Placed:
    if placed.outcome is PlacingOutcome.REFUSED:
        return placed
    return msgspec.structs.replace(placed, outcome=PlacingOutcome.ALLOWED, hold=None)


async def _response(
    tx: Transaction, call: Call, orders: Sequence[_Order], placed: Sequence[Placed | None]
) -> models.ReservationResponse:
    made = {each.hold for each in placed if each is not None and each.hold is not None}
    details = {each.reservation_id: each for each in await _details_of(tx, call, made)} if made else {}
    results = tuple(_result(order, end, details) for order, end in zip(orders, placed, strict=True))
    return models.ReservationResponse(
        success=bool(results) and all(each.reservation_details is not None for each in results),
        reservation_results=results,
    )


def _result(
    order: _Order, placed: Placed | None, details: Mapping[int, models.ReservationDetails]
) -> models.ReservationResult:
    issue = order.wanted.periodical
    return models.ReservationResult(
        record_id=order.wanted.record_id,
        result=NOT_FOUND if placed is None else refused(placed.blocks) if placed.blocks else SUCCESS,
        periodical=None
        if issue is None
        else models.PeriodicalReservation(
            volume=issue.volume, volume_year=issue.volume_year, volume_number=issue.volume_number
        ),
        reservation_details=details.get(placed.hold) if placed is not None and placed.hold is not None else None,
    )


async def update_reservations(call: Call) -> list[models.ReservationDetails]:
    """Change pickup branch and dates; what is left out stays. All of it or none."""
    changes = call.body(Changes).reservations

    async def work(tx: Transaction) -> list[models.ReservationDetails]:
        await call.patron_known(tx)
        settings = await call.settings(tx)
        for change in changes:
            await _change(tx, call, settings, change)
        return await _details_of(tx, call, {HoldId(change.reservation_id) for change in changes})

    return await call.run(work)


async def _details_of(tx: Transaction, call: Call, wanted: Collection[HoldId]) -> list[models.ReservationDetails]:
    """Of those of the patron's holds."""
    reserved = await tx.ask(holds_asked_for(tx, call.own))
    settings = await settings_for(tx, reserved.revision)
    return await _details(tx, call, settings, [hold for hold in reserved.holds if hold.id in wanted])


async def _change(tx: Transaction, call: Call, settings: Settings, change: Change) -> None:
    pickup = None
    if change.pickup_branch:
        pickup = branch_coded(settings, call.division, change.pickup_branch, "reservations.pickupBranch")
    asked = ChangeHold(
        pickup=pickup,
        interest_until=change.expiry_date,
        active_from=change.activation_date or msgspec.UNSET,
    )
    try:
        await changing.change_hold(tx, call.own, HoldId(change.reservation_id), asked)
    except InvalidRequestError as problem:
        raise in_their_words(problem, _OUR_FIELDS) from None
    except (CirculationRefusedError, ConflictError) as problem:
        raise invalid_field("reservations.reservationId", "fbs_not_changeable", why=problem.code) from None


async def delete_reservations(call: Call) -> None:
    """Cancel; also what lies ready, which the library then clears from its shelf. All of them or none."""
    wanted = [number(each, "reservationid") for each in call.many("reservationid")]
    holds = tuple(each for each in wanted if not awaited.is_awaited(each))

    async def work(tx: Transaction) -> None:
        await call.patron_known(tx)
        if holds:
            await _cancel_holds(tx, call, holds)
        for reservation in wanted:
            if awaited.is_awaited(reservation):
                await awaited.cancel(tx, call, reservation)

    await call.run(work)


async def _cancel_holds(tx: Transaction, call: Call, holds: tuple[int, ...]) -> None:
    cancelled = await changing.cancel_holds(tx, call.own, CancelHolds(holds=holds))
    if any(each.outcome is CancelOutcome.NOT_FOUND for each in cancelled):
        raise NotFoundError("hold_unknown")
    bound = tuple(each.hold for each in cancelled if each.outcome is CancelOutcome.ON_ITS_WAY)
    if bound:
        await changing.cancel_holds(tx, call.caller, CancelHolds(holds=bound))


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "reservations": reservations,
        "add_reservations": add_reservations,
        "update_reservations": update_reservations,
        "delete_reservations": delete_reservations,
    }
)
