"""What the furnished municipality has of interlibrary requests: a wish, an order, and a copy that has come."""

from faelles.ground.database import Transaction


async def furnish_interlibrary(tx: Transaction, furniture) -> None:
    came = await tx.value(
        "INSERT INTO item (agency_id, number, kind, record_id, owner_branch_id, default_placement_id,"
        " material_group_id, lender_isil, received_at)"
        " VALUES ($1, $2, 'placeholder', $3, $4, $5, $6, 'DK-820010', $7) RETURNING id",
        tx.agency,
        f"{tx.agency % 100_000_000:08d}50",
        furniture.number("record"),
        furniture.town.main,
        furniture.town.main_shelf,
        furniture.number("material_group"),
        tx.now,
    )
    for name, state, item in (
        ("interlibrary", "requested", None),
        ("ordered_interlibrary", "ordered", None),
        ("received_interlibrary", "received", came),
    ):
        request = await tx.value(
            "INSERT INTO interlibrary_request (agency_id, direction, patron_id, division_id, branch_id, title, state,"
            " partner_isil, item_id, requested_at, changed_at)"
            " VALUES ($1, 'borrowing', $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING id",
            tx.agency,
            furniture.number("patron"),
            furniture.town.library,
            furniture.town.main,
            f"Sjælden bog {furniture.marker}",
            state,
            None if state == "requested" else "DK-820010",
            item,
            tx.now,
        )
        furniture.ours(**{name: request})
