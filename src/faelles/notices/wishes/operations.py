"""Reading and changing what a patron wishes: by the patron, or at the desk for them."""

from collections.abc import Collection

from msgspec import structs

from faelles.ground.database import Transaction
from faelles.ground.errors import FieldProblem, InvalidRequestError
from faelles.ground.events import Event, append
from faelles.ground.ids import PatronId
from faelles.notices.model import kinds
from faelles.notices.wishes import store
from faelles.notices.wishes.model import Wishes
from faelles.patrons import store as patrons
from faelles.patrons.reach import patron_for, patron_to_change
from faelles.people.model import Caller, Permission


async def show_wishes(tx: Transaction, caller: Caller, patron: PatronId) -> Wishes:
    await patron_for(tx, caller, patron, Permission.PATRON_VIEW, "show_wishes")
    return await store.load(tx, patron)


async def set_wishes(tx: Transaction, caller: Caller, patron: PatronId, wishes: Wishes) -> Wishes:
    """Put `wishes` in place of what was there. What must be said is said whatever stands here."""
    await patron_to_change(tx, caller, patron, Permission.PATRON_EDIT, "set_wishes")
    return await _save(tx, patron, wishes)


async def show_own_wishes(tx: Transaction, caller: Caller) -> Wishes:
    return await store.load(tx, caller.oneself())


async def set_own_wishes(tx: Transaction, caller: Caller, wishes: Wishes) -> Wishes:
    return await _save(tx, caller.oneself(), wishes)


async def turn_off(tx: Transaction, patron: PatronId, unwanted: Collection[str]) -> None:
    """Say no more of these kinds to the patron, who has said so in answer to a message."""
    await patrons.lock(tx, [patron])
    wishes = await store.load(tx, patron)
    if any(wishes.kinds.get(kind, True) for kind in unwanted):
        await _save(tx, patron, structs.replace(wishes, kinds={**wishes.kinds, **dict.fromkeys(unwanted, False)}))


async def _save(tx: Transaction, patron: PatronId, wishes: Wishes) -> Wishes:
    problems = [
        FieldProblem(f"kinds.{name}", "notice_kind_unknown", {"kind": name})
        for name in wishes.kinds
        if name not in kinds()
    ]
    if (wishes.quiet_from is None) != (wishes.quiet_until is None):
        problems.append(FieldProblem("quiet_until", "notice_quiet_needs_both", {}))
    if problems:
        raise InvalidRequestError(problems=problems)
    await store.save(tx, patron, wishes)
    await append(tx, Event(kind="notice_wishes.set", dimensions={"digest": wishes.digest}))
    return wishes
