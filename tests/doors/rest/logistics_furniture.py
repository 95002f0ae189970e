"""What is on its way, on the shelves and to be fetched in the furnished municipality."""

from typing import TYPE_CHECKING

from faelles.ground.database import Transaction

if TYPE_CHECKING:
    from doors.rest.furniture import Furniture

_BRANCH = "INSERT INTO branch (agency_id, division_id, code, name, kind) VALUES ($1, $2, $3, $4, 'public') RETURNING id"
_ITEM = (
    "INSERT INTO item (agency_id, number, record_id, owner_branch_id, default_placement_id, material_group_id)"
    " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id"
)
_HOLD = (
    "INSERT INTO hold (agency_id, id, target, record_id, transaction_id, division_id, pickup_branch_id, placed_at,"
    " placed_on, placed_by, interest_until, rank, state, item_id, patron_group_id)"
    " SELECT $1, number, 'title', $2, number, $3, $4, $5, current_date, 'staff', current_date + 180, number, $6, $7, $8"
    " FROM nextval('hold_number') AS number RETURNING id"
)
_JOURNEY = (
    "INSERT INTO journey (agency_id, item_id, from_branch_id, to_branch_id, reason, sent_at)"
    " VALUES ($1, $2, $3, $4, 'by_hand', $5)"
)
_CRATE = (
    "INSERT INTO crate (agency_id, label, from_branch_id, to_branch_id, packed_at, sent_at)"
    " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id"
)


async def furnish_logistics(tx: Transaction, furniture: "Furniture") -> None:
    town = furniture.town
    for name in ("other_branch", "third_branch"):
        branch = await tx.value(_BRANCH, tx.agency, town.library, f"{town.isil}{name}", name)
        furniture.everybody_knows(**{name: branch})
    await _to_be_fetched(tx, furniture)
    await _on_the_way(tx, furniture)
    await _kept_by_staff(tx, furniture)


async def copy_of(tx: Transaction, furniture: "Furniture", name: str, place: int) -> int:
    number = f"{tx.agency % 100_000_000:08d}{place}"
    record = await tx.value(
        "INSERT INTO record (agency_id, identifier, title, material_type) VALUES ($1, $2, $3, 'book') RETURNING id",
        tx.agency,
        f"{name}:{tx.agency}",
        f"{name} {furniture.marker}",
    )
    town = furniture.town
    item: int = await tx.value(
        _ITEM, tx.agency, number, record, town.main, town.main_shelf, furniture.number("material_group")
    )
    furniture.objects |= {name: item, f"{name}_number": number, f"{name}_record": record}
    return item


async def hold_for(tx: Transaction, furniture: "Furniture", name: str, state: str) -> int:
    town = furniture.town
    record, item = furniture.number(f"{name}_record"), furniture.number(name)
    group = furniture.number("patron_group")
    hold: int = await tx.value(_HOLD, tx.agency, record, town.library, town.main, tx.now, state, item, group)
    await tx.execute(
        "INSERT INTO hold_patron (agency_id, hold_id, patron_id, record_id) VALUES ($1, $2, $3, $4)",
        tx.agency,
        hold,
        furniture.number("patron"),
        record,
    )
    return hold


async def _to_be_fetched(tx: Transaction, furniture: "Furniture") -> None:
    await copy_of(tx, furniture, "planned_item", 71)
    furniture.ours(planned_hold=await hold_for(tx, furniture, "planned_item", "matched"))
    await copy_of(tx, furniture, "kept_item", 78)
    furniture.ours(bound_hold=await hold_for(tx, furniture, "kept_item", "captured"))
    missed = await copy_of(tx, furniture, "missed_item", 72)
    search = await tx.value(
        "INSERT INTO missed_item (agency_id, item_id, branch_id, missed_at, missed_by)"
        " VALUES ($1, $2, $3, $4, 'system:0') RETURNING id",
        tx.agency,
        missed,
        furniture.town.main,
        tx.now,
    )
    furniture.ours(search=search)


async def _on_the_way(tx: Transaction, furniture: "Furniture") -> None:
    town = furniture.town
    await copy_of(tx, furniture, "standing_item", 73)
    item = await copy_of(tx, furniture, "travelling_item", 74)
    await tx.execute(
        "UPDATE item_circulation SET state = 'in_transit' WHERE agency_id = $1 AND item_id = $2", tx.agency, item
    )
    await tx.execute(_JOURNEY, tx.agency, item, town.main, town.suburb, tx.now)
    for name, sent_at in (("crate", None), ("sent_crate", tx.now)):
        label = f"{name} {furniture.marker}"
        crate = await tx.value(_CRATE, tx.agency, label, town.main, town.suburb, tx.now, sent_at)
        furniture.ours(**{name: crate})
    book = await tx.value(
        "INSERT INTO foreign_journey (agency_id, owner_agency_id, item_number, from_branch_id, found_at)"
        " VALUES ($1, 0, '0000000017', $2, $3) RETURNING id",
        tx.agency,
        town.main,
        tx.now,
    )
    furniture.ours(foreign_book=book)


async def _kept_by_staff(tx: Transaction, furniture: "Furniture") -> None:
    town = furniture.town
    van = await tx.value(
        "INSERT INTO van (agency_id, name) VALUES ($1, $2) RETURNING id", tx.agency, f"Bil {furniture.marker}"
    )
    await tx.execute("INSERT INTO van_stop VALUES ($1, $2, 1, 1, $3, '08:00')", tx.agency, van, town.main)
    group = await tx.value(
        "INSERT INTO float_group (agency_id, name) VALUES ($1, $2) RETURNING id", tx.agency, f"Nord {furniture.marker}"
    )
    for branch in (town.main, town.suburb):
        await tx.execute("INSERT INTO float_member VALUES ($1, $2, $3)", tx.agency, branch, group)
    agreement = await tx.value(
        "INSERT INTO lending_agreement (agency_id, borrower_agency_id, valid, given_by, given_at)"
        " VALUES ($1, 0, daterange('2020-01-01', NULL), 'staff:1', $2) RETURNING id",
        tx.agency,
        tx.now,
    )
    furniture.ours(van=van, float_group=group, agreement=agreement)
