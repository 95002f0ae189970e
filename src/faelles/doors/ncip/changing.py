"""RequestItem, UpdateRequestItem, CancelRequestItem, RenewItem."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import UNSET

from faelles.catalog.numbers.operations import numbers_of
from faelles.circulation.desk.blocks import Block, BlockCode, CirculationRefusedError
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.changing import cancel_holds, change_hold
from faelles.circulation.holds.model import CancelHolds, CancelOutcome, ChangeHold, PlaceHold, Target, Wish
from faelles.circulation.holds.operations import place_hold
from faelles.circulation.loans.model import Outcome, RenewalRequest
from faelles.circulation.loans.operations import renew
from faelles.doors.ncip import subjects
from faelles.doors.ncip.model import Asked, Cancelled, ProblemError, Renewed, Requested, Updated
from faelles.doors.ncip.writing import ITEM, TITLE
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError
from faelles.patrons.looking.operations import show_patron
from faelles.people.model import Caller
from faelles.policies.operations import current_settings

_BLOCKED: Final = "User Blocked"
_UNKNOWN: Final = "Unknown Item"
_RENEWALS: Final[Mapping[BlockCode, str]] = MappingProxyType(
    {
        BlockCode.MAX_RENEWALS_REACHED: "Maximum Renewals Exceeded",
        BlockCode.WAITED_FOR: "Renewal Not Allowed - Item Has Outstanding Requests",
        BlockCode.ON_HOLD_FOR_OTHER: "Renewal Not Allowed - Item Has Outstanding Requests",
        BlockCode.PATRON_BLOCKED: _BLOCKED,
        BlockCode.EXCLUDED: _BLOCKED,
        BlockCode.DEBT_OVER_LIMIT: _BLOCKED,
        BlockCode.HAS_OVERDUES: _BLOCKED,
        BlockCode.LOANING_PROFILE_NOT_FOUND: "User Ineligible To Renew This Item",
    }
)
_NOT_RENEWABLE: Final = "Item Not Renewable"
_REQUESTS: Final[Mapping[BlockCode, str]] = MappingProxyType(
    {
        BlockCode.ALREADY_RESERVED: "Duplicate Request",
        BlockCode.HELD_BOTH_WAYS: "Duplicate Request",
        BlockCode.MATERIAL_NOT_FOUND: _UNKNOWN,
        BlockCode.TITLE_NOT_FOUND: _UNKNOWN,
        BlockCode.PATRON_BLOCKED: _BLOCKED,
        BlockCode.EXCLUDED: _BLOCKED,
        BlockCode.DEBT_OVER_LIMIT: _BLOCKED,
        BlockCode.HAS_OVERDUES: _BLOCKED,
        BlockCode.MATERIAL_NOT_LOANABLE: "Item Does Not Circulate",
        BlockCode.MATERIAL_NOT_RESERVABLE: "Item Does Not Circulate",
        BlockCode.NO_RESERVABLE_MATERIALS: "Item Does Not Circulate",
        BlockCode.PICKUP_NOT_ALLOWED: "Unsupported Shipping Address Type",
    }
)
_NOT_THEIRS: Final = "User Ineligible To Request This Item"
_CHANGEABLE: Final = frozenset({"ShippingInformation", "PickupLocation", "NeedBeforeDate", "EarliestDateNeeded"})
_PLACES: Final = frozenset({"ShippingInformation", "PickupLocation"})


async def request_item(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> Requested:
    """A hold for a patron of ours; the asking library's own number for it makes a repeat the same hold."""
    patron = await subjects.patron(tx, caller, keyring, asked)
    settings = await current_settings(tx)
    place = PlaceHold(
        patron=Borrower(patron=patron.id),
        wish=await _wish(tx, caller, asked),
        pickup=subjects.branch(settings, asked.pickup).id if asked.pickup else patron.home_branch,
        interest_until=subjects.day(asked.need_before, "NeedBeforeDate"),
        active_from=subjects.day(asked.earliest, "EarliestDateNeeded"),
    )
    try:
        placing = await place_hold(tx, caller, keyring, place, subjects.key(asked))
    except ConflictError as problem:
        raise ProblemError("Duplicate Request", subjects.REQUEST, asked.request) from problem
    placed = placing.holds[0]
    if placed.hold is None:
        said = _named(_REQUESTS, placed.blocks, _NOT_THEIRS)
        raise ProblemError(said, asked.item_element if said == _UNKNOWN else asked.user_element)
    return Requested(request=placed.hold, user=asked.user, scope=ITEM if asked.item else TITLE)


async def _wish(tx: Transaction, caller: Caller, asked: Asked) -> Wish:
    if asked.item:
        return Wish(item=asked.item)
    return Wish(record=(await subjects.record(tx, caller, asked.record, subjects.RECORD)).id)


def _named(words: Mapping[BlockCode, str], blocks: tuple[Block, ...], otherwise: str) -> str:
    return next((words[each.code] for each in blocks if each.code in words), otherwise)


async def update_request_item(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> Updated:
    """Where it is picked up, from when and until when; what is deleted and not added again is as if never said."""
    hold = await subjects.hold(tx, caller, asked, await subjects.patron_named(tx, caller, keyring, asked))
    if hold.patron is None:
        raise ProblemError("Unknown Request", subjects.REQUEST, asked.request)
    _check_changeable(asked)
    settings = await current_settings(tx)
    no_longer_later = "EarliestDateNeeded" in asked.deleted and not asked.earliest
    starts = subjects.day(asked.earliest, "EarliestDateNeeded")
    change = ChangeHold(
        pickup=subjects.branch(settings, asked.pickup).id if asked.pickup else None,
        interest_until=subjects.day(asked.need_before, "NeedBeforeDate"),
        active_from=None if no_longer_later else (starts or UNSET),
    )
    try:
        await change_hold(tx, caller, hold.id, change)
    except CirculationRefusedError as problem:
        raise ProblemError("Unable To Add Element", subjects.PICKUP, asked.pickup) from problem
    except ConflictError as problem:
        raise ProblemError("Request Already Processed", subjects.REQUEST, asked.request) from problem
    numbers = await numbers_of(tx, [hold.record])
    return Updated(
        item=hold.wanted_item or numbers[hold.record],
        user=subjects.card(await show_patron(tx, caller, hold.patron, operation=subjects.LOOK, names_relations=False)),
        scope=ITEM if hold.target is Target.ITEM else TITLE,
    )


def _check_changeable(asked: Asked) -> None:
    """A request always has a place and a last day: they are changed, never taken away."""
    for element in sorted(asked.added - _CHANGEABLE):
        raise ProblemError("Unable To Add Element", element)
    if asked.added & _PLACES and not asked.pickup:
        raise ProblemError("Needed Data Missing", subjects.PICKUP, is_general=True)
    kept = asked.deleted - {"EarliestDateNeeded"} - asked.added - (_PLACES if asked.pickup else frozenset())
    for element in sorted(kept):
        raise ProblemError("Unable To Delete Element", element)


async def cancel_request_item(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> Cancelled:
    patron = await subjects.patron(tx, caller, keyring, asked)
    hold = await subjects.hold(tx, caller, asked, patron)
    (cancelled,) = await cancel_holds(tx, caller, CancelHolds(holds=(hold.id,)))
    if cancelled.outcome is CancelOutcome.ON_ITS_WAY:
        raise ProblemError("Request Already Processed", subjects.REQUEST, asked.request)
    return Cancelled(request=hold.id, user=asked.user)


async def renew_item(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> Renewed:
    """The loan that the patron has of the copy. The wished date decides nothing: the library's rules do."""
    patron = await subjects.patron(tx, caller, keyring, asked)
    loan = await subjects.loan(tx, caller, asked, patron)
    (answer,) = await renew(tx, caller, RenewalRequest(branch=loan.branch, loans=(loan.id,)))
    if answer.outcome is Outcome.REFUSED or answer.due_on is None:
        raise ProblemError(_named(_RENEWALS, answer.blocks, _NOT_RENEWABLE), asked.item_element, asked.item)
    return Renewed(item=asked.item, due_on=answer.due_on)
