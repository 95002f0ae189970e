"""Requests between the furnished municipality and a neighbour, at every stage that somebody acts on."""

from typing import TYPE_CHECKING

from doors.rest.logistics_furniture import copy_of, hold_for
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import AgencyId
from town import Town

if TYPE_CHECKING:
    from doors.rest.furniture import Furniture

_AGREE = (
    "INSERT INTO lending_agreement (agency_id, borrower_agency_id, valid, given_by, given_at)"
    " VALUES ($1, $2, daterange('2020-01-01', NULL), 'staff:1', $3)"
)
_ASK = (
    "INSERT INTO lending_request (agency_id, lender_agency_id, record_id, asked_at, received_at)"
    " VALUES ($1, $2, $3, $4, $5) RETURNING id"
)
_ANSWER = (
    "INSERT INTO lending_answer (agency_id, borrower_agency_id, request_id, state, hold_id, item_id, item_number,"
    " due_on, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
)
_ITEM = (
    "INSERT INTO item (agency_id, number, record_id, owner_branch_id, default_placement_id, material_group_id)"
    " VALUES ($1, $2, $3, $4, $5, 1) RETURNING id"
)
_HOLD = (
    "INSERT INTO hold (agency_id, target, record_id, transaction_id, division_id, pickup_branch_id, placed_at,"
    " placed_on, placed_by, interest_until, rank, state, item_id, closed_at, closed_why)"
    " VALUES ($1, 'title', $2, 0, $3, $4, $5, current_date, 'system', current_date, 1, 'collected', $6, $5,"
    " 'collected') RETURNING id"
)
_STAND_IN = (
    "INSERT INTO item (agency_id, number, kind, record_id, owner_branch_id, default_placement_id, material_group_id,"
    " lender_isil, received_at) VALUES ($1, $2, 'placeholder', $3, $4, $5, $6, 'DK-100000', $7) RETURNING id"
)
_FOR_HOLD = "INSERT INTO lending_request_hold (agency_id, request_id, hold_id, item_id) VALUES ($1, $2, $3, $4)"


async def furnish_lending(database: Database, furniture: "Furniture", neighbour: Town) -> None:
    ours = furniture.town.agency

    async def asking(tx: Transaction) -> None:
        """The neighbour asks for three titles."""
        for name in ("accept", "refuse", "send"):
            record = furniture.number("fetched_item_record" if name == "send" else "standing_item_record")
            request = await tx.value(_ASK, tx.agency, ours, record, tx.now, None)
            furniture.ours(**{f"request_to_{name}": request})

    async def furnishing(tx: Transaction) -> None:
        await copy_of(tx, furniture, "fetched_item", 75)

    async def asked(tx: Transaction) -> None:
        await _lend(tx, furniture, neighbour.agency)
        await _borrow(tx, furniture, neighbour.agency)

    async def sending(tx: Transaction) -> None:
        """The neighbour has sent a copy."""
        record, request = furniture.number("standing_item_record"), furniture.number("request_to_receive")
        number = f"{tx.agency % 100_000_000:08d}76"
        item = await tx.value(_ITEM, tx.agency, number, record, neighbour.main, neighbour.main_shelf)
        hold = await tx.value(_HOLD, tx.agency, record, neighbour.library, neighbour.main, tx.now, item)
        sent = (request, "sent", hold, item, number, tx.now.date(), tx.now)
        await tx.execute(_ANSWER, tx.agency, ours, *sent)

    for agency, work in ((ours, furnishing), (neighbour.agency, asking), (ours, asked), (neighbour.agency, sending)):
        await database.run(agency, SYSTEM, work)


async def _lend(tx: Transaction, furniture: "Furniture", borrower: AgencyId) -> None:
    await tx.execute(_AGREE, tx.agency, borrower, tx.now)
    hold = await hold_for(tx, furniture, "fetched_item", "captured")
    await tx.execute("DELETE FROM hold_patron WHERE agency_id = $1 AND hold_id = $2", tx.agency, hold)
    request = furniture.number("request_to_send")
    await tx.execute(_ANSWER, tx.agency, borrower, request, "accepted", hold, None, None, None, tx.now)


async def _borrow(tx: Transaction, furniture: "Furniture", lender: AgencyId) -> None:
    town, record = furniture.town, furniture.number("standing_item_record")
    hold = furniture.number("planned_hold")
    for name, received_at in (("withdraw", None), ("receive", None), ("return", tx.now)):
        request = await tx.value(_ASK, tx.agency, lender, record, tx.now, received_at)
        furniture.ours(**{f"request_to_{name}": request})
    number, group = f"{tx.agency % 100_000_000:08d}77", furniture.number("material_group")
    item = await tx.value(_STAND_IN, tx.agency, number, record, town.main, town.main_shelf, group, tx.now)
    await tx.execute(_FOR_HOLD, tx.agency, furniture.number("request_to_return"), hold, item)
