"""LookupUser, LookupItem, LookupRequest."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from faelles.catalog.operations import current_record
from faelles.circulation.availability.operations import waiting_for
from faelles.circulation.desk.facts import ItemState
from faelles.circulation.holds.model import HoldShown
from faelles.circulation.holds.reading import holds_of_patron
from faelles.circulation.looking.model import CopyShown, LoanShown
from faelles.circulation.looking.operations import loans_of_patron, show_copy
from faelles.doors.ncip import subjects
from faelles.doors.ncip.model import Asked, ItemTold, Loaned, RequestTold, UserTold
from faelles.fees.desk.model import ClaimLine
from faelles.fees.desk.operations import claims
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.money import Ore
from faelles.patrons.looking.model import PatronView
from faelles.people.model import Caller, Permission
from faelles.policies.operations import current_settings

_MOST: Final = 500
_STATUS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ItemState.AVAILABLE: "Available On Shelf",
        ItemState.ON_LOAN: "On Loan",
        ItemState.IN_TRANSIT: "In Transit Between Library Locations",
        ItemState.LOST: "Lost",
        ItemState.CLAIMED_RETURNED: "Claimed Returned Or Never Borrowed",
        ItemState.MISSING: "Missing",
    }
)
_UNKNOWN: Final = "Circulation Status Undefined"


async def lookup_user(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> UserTold:
    patron = await subjects.patron(tx, caller, keyring, asked)
    held: Sequence[HoldShown] = ()
    lent: Sequence[LoanShown] = ()
    if asked.wants_requests:
        held = await holds_of_patron(tx, caller, patron.id, limit=_MOST, is_known=True)
    if asked.wants_loans:
        lent = await loans_of_patron(tx, caller, patron.id, limit=_MOST, is_known=True)
    owed = await _claims(tx, caller, patron, asked)
    return UserTold(
        user=asked.user,
        patron=patron,
        currency=(await current_settings(tx)).directory.agency.currency,
        loans=tuple(_loaned(each, owed) for each in lent),
        requests=tuple(held),
        balance=Ore(sum(each.outstanding_ore for each in owed)) if asked.wants_account else None,
    )


async def _claims(tx: Transaction, caller: Caller, patron: PatronView, asked: Asked) -> list[ClaimLine]:
    """What is owed is told to those who may see fees; who only asks for loans hears of none."""
    if asked.wants_account or (asked.wants_loans and caller.may(Permission.FEE_VIEW)):
        return await claims(tx, caller, patron.id, only_open=True, before=None, limit=_MOST, is_known=True)
    return []


def _loaned(loan: LoanShown, owed: Sequence[ClaimLine]) -> Loaned:
    of_it = [each for each in owed if loan.id in each.loans]
    return Loaned(loan, Ore(sum(each.outstanding_ore for each in of_it)), max((each.step for each in of_it), default=0))


async def lookup_item(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> ItemTold:
    """By the number of a copy, or the FAUST number of its title; or what one of our requests is for."""
    copy: CopyShown | None = None
    if asked.request and not asked.item:
        found = await subjects.hold(tx, caller, asked, await subjects.patron_named(tx, caller, keyring, asked))
        number, record = found.item_number or found.wanted_item or asked.request, found.record
    else:
        number = asked.item
        try:
            copy = await show_copy(tx, caller, number)
            record = copy.record
        except NotFoundError:
            record = (await subjects.record(tx, caller, number, asked.item_element)).id
    wants_queue = "Hold Queue Length" in asked.item_elements
    return ItemTold(
        item=number,
        record=await current_record(tx, record),
        status=_status(copy) if "Circulation Status" in asked.item_elements else None,
        queue=await waiting_for(tx, record) if wants_queue else None,
    )


def _status(copy: CopyShown | None) -> str:
    return _UNKNOWN if copy is None or copy.withdrawn_at is not None else _STATUS.get(copy.state, _UNKNOWN)


async def lookup_request(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> RequestTold:
    hold = await subjects.hold(tx, caller, asked, await subjects.patron_named(tx, caller, keyring, asked))
    return RequestTold(hold=hold, record=await current_record(tx, hold.record))
