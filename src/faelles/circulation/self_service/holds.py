"""Placing, changing and cancelling holds at a machine, by card and PIN.

The machine places as itself, so that the rules for machines count; a hold that there is it changes as the patron who
stands there: it may do no more with it than they could at home.
"""

import msgspec

from faelles.catalog.store import find_record, titles_beginning
from faelles.circulation.desk.blocks import Block, BlockCode, CirculationRefusedError, block
from faelles.circulation.desk.model import Borrower
from faelles.circulation.desk.scans import pin_missing, proven
from faelles.circulation.holds import changing, operations, reading_store
from faelles.circulation.holds.locals import places_in_line
from faelles.circulation.holds.model import CancelHolds, CancelOutcome, ChangeHold, Placed, PlaceHold, Wish
from faelles.circulation.holds.queue_store import read_supply
from faelles.circulation.self_service import hold_store as store
from faelles.circulation.self_service.model import HeldAtMachine, HoldAtMachine, HoldDeed
from faelles.circulation.self_service.operations import place_of, recognise
from faelles.ground import idempotency
from faelles.ground.access import record_access
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.i18n import Language
from faelles.ground.ids import HoldId, PatronId, RecordId
from faelles.people.model import Caller, Grant, Permission

_TITLES_LOOKED_AT = 20
_LONGEST_NUMBER = 18
"""Digits that an id of ours may have."""


async def hold_at_machine(
    tx: Transaction, caller: Caller, keyring: Keyring, request: HoldAtMachine, key: str | None = None
) -> HeldAtMachine:
    """Do what whoever stands at the machine asks for. A refusal tells its reasons; `tx` must commit, for a wrong PIN
    counts. Raises InvalidRequestError for dates that make no sense, NotFoundError for an unknown branch.
    """
    caller.require(Permission.HOLD_PLACE, place_of(caller))
    if unproven := pin_missing(caller, request.who.pin):
        return HeldAtMachine(blocks=(unproven,))
    known, barred = await recognise(tx, keyring, request.who)
    if barred is not None or known is None:
        return HeldAtMachine(blocks=(barred or block(BlockCode.PATRON_NOT_FOUND),))
    language = Language(known.language)
    if request.deed is HoldDeed.PLACE:
        answer = await _place(tx, caller, keyring, known.id, request, key)
    else:
        answer = await _change_once(tx, caller, known.id, request, key)
    return msgspec.structs.replace(answer, language=language)


async def _place(
    tx: Transaction, caller: Caller, keyring: Keyring, patron: PatronId, request: HoldAtMachine, key: str | None
) -> HeldAtMachine:
    wish = await _wish(tx, request)
    if wish is None:
        unknown = BlockCode.TITLE_NOT_FOUND if request.item is None else BlockCode.MATERIAL_NOT_FOUND
        return HeldAtMachine(blocks=(block(unknown),))
    placing = await operations.place_hold(
        tx,
        proven(caller),
        keyring,
        PlaceHold(
            patron=Borrower(patron=patron),
            wish=wish,
            pickup=request.pickup or request.who.branch,
            interest_until=request.interest_until,
        ),
        key,
    )
    placed = placing.holds[0]
    if placed.hold is None:
        return HeldAtMachine(blocks=placed.blocks, title=placed.title or "")
    return await _told(tx, placed.hold, is_available=await _is_available(tx, placed))


async def _wish(tx: Transaction, request: HoldAtMachine) -> Wish | None:
    """What is wished for: the one copy where that is meant, else its issue or title; or a title by number or name."""
    if request.item is None:
        record = await _record(tx, request.title or "")
        return None if record is None else Wish(record=record)
    if request.only_this_copy:
        return Wish(item=request.item)
    copy = await store.copy_numbered(tx, request.item)
    if copy is None:
        return None
    return Wish(record=copy.record) if copy.issue is None else Wish(issue=copy.issue)


async def _record(tx: Transaction, told: str) -> RecordId | None:
    """The record that a title identifier names: by its number, else by its whole title where no other has that."""
    number = int(told) if told.isascii() and told.isdigit() and len(told) <= _LONGEST_NUMBER else None
    if number is not None and await find_record(tx, RecordId(number)):
        return RecordId(number)
    found = await titles_beginning(tx, told, None, _TITLES_LOOKED_AT) if told else []
    named = [record.id for record, _ in found if record.title == told]
    return named[0] if len(named) == 1 else None


async def _is_available(tx: Transaction, placed: Placed) -> bool:
    """Whether a copy that was wished for stands on a shelf, meant for nobody."""
    if placed.record is None:
        return False
    wish = placed.wish
    return any(
        copy.is_free
        for _, copy in await read_supply(tx, [placed.record])
        if wish.item in {None, copy.number} and wish.issue in {None, copy.issue}
    )


async def _change_once(
    tx: Transaction, caller: Caller, patron: PatronId, request: HoldAtMachine, key: str | None
) -> HeldAtMachine:
    """Cancel or change a hold; the same message again is told the same."""
    operation = f"{request.deed.value}_at_machine"
    asked = (patron, request.item, request.title, request.pickup, request.interest_until)
    earlier = await idempotency.recall(tx, operation, key, asked, HeldAtMachine)
    if earlier is not None:
        return earlier
    await record_access(tx, "hold_at_machine", [patron])
    hold = await store.own_hold(tx, patron, place_of(caller).division, item=request.item, title=request.title)
    if hold is None:
        return HeldAtMachine(blocks=(block(BlockCode.HOLD_UNKNOWN),))
    as_patron = _as_patron(caller, patron)
    deed = _cancel if request.deed is HoldDeed.CANCEL else _change
    standing = await deed(tx, as_patron, hold, request)
    answer = await _told(tx, hold, is_available=False)
    if standing:
        return msgspec.structs.replace(answer, hold=None, blocks=standing)
    await idempotency.remember(tx, operation, key, asked, answer)
    return answer


def _as_patron(caller: Caller, patron: PatronId) -> Caller:
    """The machine in the patron's name, in its own division."""
    own = Grant(frozenset({Permission.OWN_ACCOUNT}), division=place_of(caller).division)
    return msgspec.structs.replace(proven(caller), patron=patron, grants=(own,))


async def _cancel(tx: Transaction, as_patron: Caller, hold: HoldId, _: HoldAtMachine) -> tuple[Block, ...]:
    (cancelled,) = await changing.cancel_holds(tx, as_patron, CancelHolds(holds=(hold,)))
    if cancelled.outcome is CancelOutcome.CANCELLED:
        return ()
    is_on_its_way = cancelled.outcome is CancelOutcome.ON_ITS_WAY
    return (block(BlockCode.HOLD_ON_ITS_WAY if is_on_its_way else BlockCode.HOLD_UNKNOWN),)


async def _change(tx: Transaction, as_patron: Caller, hold: HoldId, request: HoldAtMachine) -> tuple[Block, ...]:
    change = ChangeHold(pickup=request.pickup, interest_until=request.interest_until)
    try:
        await changing.change_hold(tx, as_patron, hold, change)
    except CirculationRefusedError as refused:
        return tuple(refused.blocks)
    except ConflictError as conflict:
        if conflict.code != "hold_on_its_way":
            raise
        return (block(BlockCode.HOLD_ON_ITS_WAY),)
    return ()


async def _told(tx: Transaction, hold: HoldId, *, is_available: bool) -> HeldAtMachine:
    found = await reading_store.find(tx, hold)
    if found is None:
        return HeldAtMachine(blocks=(block(BlockCode.HOLD_UNKNOWN),))
    shown = found.shown
    places = await places_in_line(tx, [shown])
    return HeldAtMachine(
        hold=hold,
        title=shown.title,
        position=places.get(hold, shown.position),
        pickup=shown.pickup,
        interest_until=shown.interest_until,
        is_available=is_available,
    )


async def still_so(tx: Transaction, deed: HoldDeed, answer: HeldAtMachine) -> bool:
    """Whether what an earlier answer said still stands, for whoever wonders whether its message was repeated."""
    if answer.hold is None:
        return True
    now = await store.hold_now(tx, answer.hold)
    if deed is HoldDeed.CANCEL:
        return now is None or not now.is_wished
    if now is None or not now.is_open:
        return False
    return deed is HoldDeed.PLACE or (now.pickup, now.interest_until) == (answer.pickup, answer.interest_until)


async def card_of_hold(tx: Transaction, caller: Caller, hold: HoldId) -> str | None:
    """The card of whoever a copy is for, as a sorter may print it; the look is recorded. None for another agency's
    request.
    """
    caller.require(Permission.RETURN)
    found = await store.card_of(tx, hold)
    if found is None:
        return None
    patron, card = found
    await record_access(tx, "hold_slip", [patron])
    return card
