"""Placing holds. Each operation loads and locks (patron, titles), decides, writes; a refusal is an answer with all its
reasons, and is committed: that somebody's record was read stays on record.
"""

import msgspec

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.model import NOBODY
from faelles.circulation.desk.opening import check_override
from faelles.circulation.desk.patron_rules import unknown_patron
from faelles.circulation.desk.repeats import Repeatable, check_same, repeatable
from faelles.circulation.desk.scans import require_proven, scanned
from faelles.circulation.holds import placing, store
from faelles.circulation.holds.change_store import spread
from faelles.circulation.holds.counter import open_counter
from faelles.circulation.holds.facts import PlacingFacts
from faelles.circulation.holds.locals import with_places
from faelles.circulation.holds.model import Placed, PlaceHold, PlaceHolds, Placing, PlacingOutcome, Together
from faelles.circulation.holds.queue_rules import RANK_STEP
from faelles.ground.access import record_access
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import ForbiddenError
from faelles.ground.events import Dimension
from faelles.people.model import Caller, Permission


async def place_hold(
    tx: Transaction, caller: Caller, keyring: Keyring, request: PlaceHold, key: str | None = None
) -> Placing:
    """Put a patron in the queue of one title, issue or copy."""
    several = PlaceHolds(
        patron=request.patron,
        wishes=(request.wish,),
        pickup=request.pickup,
        together=Together.SEPARATE,
        interest_until=request.interest_until,
        active_from=request.active_from,
        overrides=request.overrides,
        reason=request.reason,
        dry_run=request.dry_run,
    )
    return await place_holds(tx, caller, keyring, several, key)


async def place_holds(
    tx: Transaction, caller: Caller, keyring: Keyring, request: PlaceHolds, key: str | None = None
) -> Placing:
    """Put a patron in several queues at once: all or nothing, or whatever can be had.

    Each wish is answered by itself, a refused one with every block, its rule and the permission that may override it.
    A signed-in patron places their own, on titles and issues; only staff ask for one copy.
    """
    permission = caller.own_or(Permission.HOLD_PLACE)
    _check_asker(caller, permission, request)
    check_override(request.overrides, request.reason)
    who = scanned(keyring, tx.agency, request.patron)
    asked = msgspec.structs.replace(request, patron=NOBODY)
    repeat = repeatable("place_holds", key, who.patron, who.keys, asked)
    facts = await store.load_placing(tx, who, request.wishes, repeat)
    if facts.earlier is not None:
        check_same(facts.earlier, repeat)
        return msgspec.convert(facts.earlier.answer, Placing)
    counter = await open_counter(tx, caller, facts.revision, request.pickup, permission)
    placing.check_groups(counter, request.wishes)
    placing.check_dates(request.interest_until, request.active_from, counter.today)
    if facts.patron is None:
        unknown = unknown_patron(is_ambiguous=facts.is_ambiguous, ended=facts.ended_identifier)
        return await _refuse(tx, caller, request, facts, _all_refused(request, unknown))
    order = placing.decide(counter, request, facts, facts.patron, caller.actor.kind.value)
    if order.crowded is not None:
        await spread(tx, order.crowded, RANK_STEP)
        return await place_holds(tx, caller, keyring, request, key)
    order = await with_places(tx, counter, facts, facts.patron.home_branch, order)
    return await _settle(tx, caller, request, facts, order, repeat)


def _check_asker(caller: Caller, permission: Permission, request: PlaceHolds) -> None:
    caller.require(permission)
    require_proven(caller)
    if caller.patron is None:
        return
    if request.patron.patron != caller.patron:
        raise ForbiddenError("permission_missing", permission=Permission.HOLD_PLACE.value)
    if any(wish.item is not None for wish in request.wishes):
        raise ForbiddenError("permission_missing", permission=Permission.HOLD_PLACE.value)


def _all_refused(request: PlaceHolds, why: Block) -> Placing:
    answers = [Placed(outcome=PlacingOutcome.REFUSED, wish=wish, blocks=(why,)) for wish in request.wishes]
    return Placing(transaction=None, holds=tuple(answers))


async def _settle(
    tx: Transaction,
    caller: Caller,
    request: PlaceHolds,
    facts: PlacingFacts,
    order: placing.Order,
    repeat: Repeatable,
) -> Placing:
    """Write what was granted, or only say what it would have been."""
    is_stopped = request.all_or_nothing and len(order.grants) < len(request.wishes)
    if request.dry_run or is_stopped or not order.grants or facts.patron is None:
        answer = Placing(transaction=None, holds=tuple(_unplaced(each) for each in order.answers))
        return await _refuse(tx, caller, request, facts, answer)
    answer = Placing(transaction=min(grant.id for grant in order.grants), holds=order.answers)
    placings = store.Placings(
        patron=facts.patron.id,
        holds=order.grants,
        reason=request.reason,
        answer=msgspec.json.encode(answer),
        is_looked_at=caller.patron is None,
    )
    await store.write_holds(tx, placings, repeat)
    return answer


def _unplaced(answer: Placed) -> Placed:
    if answer.outcome is PlacingOutcome.REFUSED:
        return answer
    return msgspec.structs.replace(answer, outcome=PlacingOutcome.ALLOWED, hold=None)


async def _refuse(
    tx: Transaction, caller: Caller, request: PlaceHolds, facts: PlacingFacts, answer: Placing
) -> Placing:
    """Say how each wish would have ended, and note that the patron's record was read for it."""
    patron = facts.patron.id if facts.patron else None
    if not request.dry_run:
        codes = {block.code for each in answer.holds for block in each.blocks}
        dimensions: dict[str, Dimension] = {"branch": request.pickup, "blocks": ",".join(sorted(codes))}
        await store.write_refusal(tx, patron, dimensions, is_looked_at=caller.patron is None)
    elif patron is not None and caller.patron is None:
        await record_access(tx, "place_hold_dry_run", [patron])
    return answer
