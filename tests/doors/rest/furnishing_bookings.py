"""What the furnished municipality has of bookings: a title of its own, booked once and free once."""

from datetime import timedelta

from faelles.ground.database import Transaction


async def furnish_bookings(tx: Transaction, furniture) -> None:
    record = await tx.value(
        "INSERT INTO record (agency_id, identifier, title, material_type) VALUES ($1, $2, $3, 'book') RETURNING id",
        tx.agency,
        f"bookable:{tx.agency}",
        f"Klassesæt {furniture.marker}",
    )
    items = [
        await tx.value(
            "INSERT INTO item (agency_id, number, record_id, owner_branch_id, default_placement_id, material_group_id)"
            " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            tx.agency,
            f"{tx.agency % 100_000_000:08d}{40 + place}",
            record,
            furniture.town.main,
            furniture.town.main_shelf,
            furniture.number("material_group"),
        )
        for place in range(2)
    ]
    first_day, last_day = tx.now.date() + timedelta(days=40), tx.now.date() + timedelta(days=50)
    booking = await tx.value(
        "INSERT INTO booking (agency_id, patron_id, record_id, division_id, from_branch_id, delivery_branch_id,"
        " first_day, last_day, wanted, minimum, note, booked_at, booked_by)"
        " VALUES ($1, $2, $3, $4, $5, $5, $6, $7, 1, 1, $8, $9, 'system:0') RETURNING id",
        tx.agency,
        furniture.number("patron"),
        record,
        furniture.town.library,
        furniture.town.main,
        first_day,
        last_day,
        f"Til 7.b {furniture.marker}",
        tx.now,
    )
    await tx.execute(
        "INSERT INTO booking_item (agency_id, booking_id, item_id, busy) VALUES ($1, $2, $3, daterange($4, $5, '[]'))",
        tx.agency,
        booking,
        items[0],
        first_day,
        last_day,
    )
    furniture.ours(booking=booking, booking_record=record)
    furniture.everybody_knows(booking_first_day=first_day.isoformat(), booking_last_day=last_day.isoformat())
