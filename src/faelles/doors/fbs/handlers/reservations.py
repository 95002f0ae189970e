"""Reservations: a patron's holds as web sites know them; placing them is in `reserving`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.circulation.desk.blocks import CirculationRefusedError
from faelles.circulation.desk.hold_states import WAITING, HoldState
from faelles.circulation.holds import changing
from faelles.circulation.holds.locals import has_locals, places_in_line
from faelles.circulation.holds.model import CancelHolds, CancelOutcome, ChangeHold
from faelles.circulation.holds.waits import waits_of
from faelles.circulation.own.model import OwnHold
from faelles.circulation.own.operations import holds_asked_for
from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler, branch_coded, number
from faelles.doors.fbs.handlers import awaited
from faelles.doors.fbs.handlers.catalog import periodical
from faelles.doors.fbs.handlers.words import hold_state, local
from faelles.doors.fbs.problems import in_their_words
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError, invalid_field
from faelles.ground.ids import HoldId
from faelles.interlibrary.operations import awaited_asked_for
from faelles.patrons.reach import there
from faelles.policies.compiled import Settings
from faelles.policies.operations import settings_for

NORMAL: Final = "normal"
PARALLEL: Final = "parallel"
_WITH_ESTIMATE: Final = frozenset({"ReservationDetailsV4", "ReservationResponseV4"})
OUR_FIELDS: Final = MappingProxyType(
    {"interest_until": "reservations.expiryDate", "active_from": "reservations.activationDate"}
)


class Change(msgspec.Struct, frozen=True, rename="camel"):
    reservation_id: int
    expiry_date: date | None = None
    pickup_branch: str | None = None
    activation_date: date | None = None


class Changes(msgspec.Struct, frozen=True):
    reservations: tuple[Change, ...]


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


async def update_reservations(call: Call) -> list[models.ReservationDetails]:
    """Change pickup branch and dates; what is left out stays. All of it or none."""
    changes = call.body(Changes).reservations

    async def work(tx: Transaction) -> list[models.ReservationDetails]:
        await call.patron_known(tx)
        settings = await call.settings(tx)
        for change in changes:
            await _change(tx, call, settings, change)
        return await details_of(tx, call, {HoldId(change.reservation_id) for change in changes})

    return await call.run(work)


async def details_of(tx: Transaction, call: Call, wanted: Collection[HoldId]) -> list[models.ReservationDetails]:
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
        raise in_their_words(problem, OUR_FIELDS) from None
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
        "update_reservations": update_reservations,
        "delete_reservations": delete_reservations,
    }
)
