"""Placing reservations, and how each of them ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.catalog.numbers.operations import records_numbered
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds import operations
from faelles.circulation.holds.model import MOST_WISHES, Placed, PlaceHolds, PlacingOutcome, Together, Wish
from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler, branch_coded
from faelles.doors.fbs.handlers.issues import issue_meant
from faelles.doors.fbs.handlers.reservations import NORMAL, OUR_FIELDS, PARALLEL, details_of
from faelles.doors.fbs.handlers.words import NOT_FOUND, SUCCESS, refused
from faelles.doors.fbs.problems import RESERVATIONS_FAILED, AnsweredError, in_their_words
from faelles.ground.database import Transaction
from faelles.ground.errors import InvalidRequestError, invalid_field
from faelles.ground.ids import BranchId, IssueId, RecordId
from faelles.patrons.model import Patron

_TYPES: Final = frozenset({NORMAL, PARALLEL})


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


@dataclass(frozen=True, slots=True)
class _Order:
    """One reservation that is wanted, with what it turned out to be for; None: we know no such thing."""

    wanted: Wanted
    wish: Wish | None
    pickup: BranchId


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
            raise in_their_words(problem, OUR_FIELDS) from None
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
    details = {each.reservation_id: each for each in await details_of(tx, call, made)} if made else {}
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


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType({"add_reservations": add_reservations})
