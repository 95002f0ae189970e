"""Putting blocks on and lifting them, each by itself; noting when a patron is away."""

from faelles.ground import events
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import InvalidRequestError, NotFoundError, invalid_field
from faelles.ground.fields import is_plausible
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import DivisionId, PatronId
from faelles.patrons import store as patrons
from faelles.patrons.blocks import store
from faelles.patrons.blocks.model import SetBlock
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.model import AbsencePeriod, Patron
from faelles.patrons.reach import patron_to_change, require_division
from faelles.patrons.relations.operations import today_of
from faelles.patrons.rules import absence_problems
from faelles.people.model import Caller, Permission


async def set_block(
    tx: Transaction, caller: Caller, patron: PatronId, request: SetBlock, *, key: str | None = None
) -> int:
    """Block the patron in a division, or in the whole agency if PATRON_BLOCK is held there; the block's id."""
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_BLOCK, "set_block")
    asked = (patron, request)
    if (earlier := await recall(tx, "set_block", key, asked, int)) is not None:
        return earlier
    division = None if request.division is None else DivisionId(request.division)
    require_division(caller, Permission.PATRON_BLOCK, division)
    first = request.starts_on or await today_of(tx, known)
    last = request.ends_on
    if not is_plausible(first) or (last is not None and not is_plausible(last)):
        raise invalid_field("starts_on", "date_not_plausible")
    if last is not None and last < first:
        raise invalid_field("ends_on", "period_ends_before_it_starts")
    with patrons.named_conflicts():
        added = await store.insert(
            tx, patron, request.code, division=division, reason=request.reason, first=first, last=last
        )
    await events.append(tx, about(known, PatronEvent.BLOCKED, code=request.code.value, division=division))
    await remember(tx, "set_block", key, asked, added)
    return added


async def lift_block(tx: Transaction, caller: Caller, patron: PatronId, block: int) -> None:
    """Lift one block; the others stand. Another division's block is not the caller's to lift, nor to know of."""
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_BLOCK, "lift_block")
    reach = caller.divisions(Permission.PATRON_BLOCK)
    found = next((each for each in await store.standing(tx, patron) if each.id == block), None)
    if found is None or (reach is not None and found.division is not None and found.division not in reach):
        raise NotFoundError("block_unknown")
    require_division(caller, Permission.PATRON_BLOCK, found.division)
    await store.lift(tx, patron, block)
    await events.append(tx, about(known, PatronEvent.UNBLOCKED, code=found.code.value, division=found.division))


async def set_absence(tx: Transaction, caller: Caller, patron: PatronId, request: AbsencePeriod) -> int:
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "set_absence")
    return await write_absence(tx, known, request)


async def remove_absence(tx: Transaction, caller: Caller, patron: PatronId, absence: int) -> None:
    known = await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "remove_absence")
    await take_absence_away(tx, known, absence)


async def write_absence(tx: Transaction, known: Patron, request: AbsencePeriod) -> int:
    """Note that a patron is away; the absence's id. ConflictError where another one overlaps."""
    if problems := list(absence_problems(request, await today_of(tx, known))):
        raise InvalidRequestError(problems=problems)
    with patrons.named_conflicts():
        added = await store.insert_absence(tx, known.id, request)
    await events.append(tx, about(known, PatronEvent.ABSENCE_SET))
    return added


async def take_absence_away(tx: Transaction, known: Patron, absence: int) -> None:
    if not await store.delete_absence(tx, known.id, absence):
        raise NotFoundError("absence_unknown")
    await events.append(tx, about(known, PatronEvent.ABSENCE_REMOVED))
