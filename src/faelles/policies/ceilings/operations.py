"""What can be done with the national ceilings: everybody may read them, the nation alone sets them.

A ceiling is never edited: a new one ends what stood before it. Rules that say more stay as they are written and are
capped when they are used, so that a lowered ceiling holds from its first moment.
"""

from faelles.ground import events
from faelles.ground.database import Transaction
from faelles.ground.errors import invalid_field
from faelles.people.model import Caller, Permission
from faelles.policies import making
from faelles.policies.access import require_whole_agency
from faelles.policies.ceilings import store
from faelles.policies.ceilings.events import ceiling_set
from faelles.policies.ceilings.model import CeilingRecord, ListCeilings, SetCeiling
from faelles.policies.knob import Unit
from faelles.policies.model import Ceiling


async def list_ceilings(tx: Transaction, caller: Caller, request: ListCeilings) -> list[CeilingRecord]:
    """Those in force now, or all there have been and are to be; by id, go on after the last one's."""
    caller.require(Permission.POLICY_VIEW)
    return await store.list_ceilings(tx, request, tx.now)


async def set_ceiling(tx: Transaction, caller: Caller, request: SetCeiling) -> CeilingRecord:
    """Say the most that anybody may ask, from now or a later moment on. What stands already is not written again.

    Raises ForbiddenError for everybody but the nation, InvalidRequestError for a knob that is not an amount or a
    moment that has passed, ConflictError where somebody has just set another.
    """
    making.require_nation(tx.agency)
    require_whole_agency(caller)
    if making.knob(request.knob).unit is not Unit.ORE:
        raise invalid_field("knob", "ceiling_needs_amount", knob=request.knob)
    starts = request.valid_from or tx.now
    if starts < tx.now:
        raise invalid_field("valid_from", "rule_starts_in_the_past")
    standing = await store.standing_ceiling(tx, request.knob, starts)
    if standing and (standing.highest_ore, standing.source) == (request.highest_ore, request.source):
        return standing
    ceiling = Ceiling(knob=request.knob, highest_ore=request.highest_ore, source=request.source, valid_from=starts)
    written = await store.replace_ceiling(tx, ceiling)
    await events.append(tx, ceiling_set(written))
    return written
