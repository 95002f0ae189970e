"""Patrons who wish: placing, reading and matching holds in a lending library."""

from datetime import date

from circulation.lending_library import LendingLibrary, Reader
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.matcher import match_dirty_titles
from faelles.circulation.holds.model import PlaceHold, PlaceHolds, Placing, Wish
from faelles.circulation.holds.operations import place_hold, place_holds
from faelles.ground.ids import BranchId, HoldId, RecordId
from faelles.people.model import Caller


async def title_of(library: LendingLibrary, number: str) -> RecordId:
    """The record of a copy."""
    sql = "SELECT record_id FROM copy WHERE agency_id = $1 AND number = $2"
    return RecordId(await library.run(lambda tx: tx.value(sql, tx.agency, number)))


async def copies(library: LendingLibrary, number: int, **columns: object) -> tuple[RecordId, list[str]]:
    """A title with so many copies."""
    made = [await library.copy(**columns) for _ in range(number)]
    title = await title_of(library, made[0])
    sql = "UPDATE item SET record_id = $2 WHERE agency_id = $1 AND number = ANY ($3)"
    await library.run(lambda tx: tx.execute(sql, tx.agency, title, made))
    return title, made


async def wish(
    library: LendingLibrary,
    reader: Reader,
    record: RecordId | None = None,
    *,
    item: str | None = None,
    group: str | None = None,
    pickup: BranchId | None = None,
    caller: Caller | None = None,
    key: str | None = None,
    **more: object,
) -> Placing:
    wanted = None if group is None else library.materials[group]
    request = PlaceHold(
        patron=Borrower(patron=reader.id),
        wish=Wish(record=record, item=item, material_group=wanted),
        pickup=pickup or library.town.main,
        **more,
    )
    return await library.run(lambda tx: place_hold(tx, caller or library.librarian, library.keyring, request, key))


async def wish_for(library: LendingLibrary, reader: Reader, *records: RecordId, **more: object) -> Placing:
    """Several titles in one order."""
    request = PlaceHolds(
        patron=Borrower(patron=reader.id),
        wishes=tuple(Wish(record=record) for record in records),
        **({"pickup": library.town.main} | more),
    )
    return await library.run(lambda tx: place_holds(tx, library.librarian, library.keyring, request))


async def waits(library: LendingLibrary, record: RecordId, **more: object) -> HoldId:
    """A hold of somebody new."""
    return await hold_of(library, await library.reader(), record, **more)


async def hold_of(library: LendingLibrary, reader: Reader, record: RecordId | None, **more: object) -> HoldId:
    placing = await wish(library, reader, record, **more)
    hold = placing.holds[0].hold
    assert hold is not None, placing
    return hold


def codes(placing: Placing) -> set[BlockCode]:
    return {block.code for each in placing.holds for block in each.blocks}


async def match_all(library: LendingLibrary) -> None:
    """What the worker does until nothing is left to do."""
    while await library.run(match_dirty_titles):
        pass


async def closed_why(library: LendingLibrary, hold: HoldId | None) -> str | None:
    sql = "SELECT closed_why FROM hold WHERE agency_id = $1 AND id = $2"
    return await library.run(lambda tx: tx.value(sql, tx.agency, hold))


async def state_of(library: LendingLibrary, hold: HoldId) -> tuple[str, str | None]:
    """The hold's state, and the number of the copy meant for it."""
    sql = (
        "SELECT h.state, c.number FROM hold AS h LEFT JOIN copy AS c USING (agency_id, item_id)"
        " WHERE h.agency_id = $1 AND h.id = $2"
    )
    (row,) = await library.run(lambda tx: tx.rows(sql, tx.agency, hold))
    return row["state"], row["number"]


def day(offset: int, library: LendingLibrary) -> date:
    return date.fromordinal(library.clock.now.date().toordinal() + offset)
