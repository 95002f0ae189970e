"""What each message does: one transaction, one operation, one answer."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from faelles.catalog.model import Record
from faelles.catalog.operations import current_record, find_by_number
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.changing import cancel_holds
from faelles.circulation.holds.model import CancelHolds, CancelOutcome, HoldShown, PlaceHold, Wish
from faelles.circulation.holds.operations import place_hold
from faelles.circulation.holds.reading import holds_of_patron, show_hold
from faelles.circulation.loans.model import Outcome, RenewalRequest
from faelles.circulation.loans.operations import renew
from faelles.circulation.looking.model import CopyShown, LoanShown
from faelles.circulation.looking.operations import loans_of_patron, show_copy, show_loan
from faelles.doors.ncip import messages
from faelles.doors.ncip.messages import Asked, ProblemError, add, add_id, add_scheme
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import HoldId
from faelles.patrons.looking.model import PatronView
from faelles.patrons.looking.operations import identify, show_patron
from faelles.patrons.model import Contact
from faelles.people.model import Caller

Handler = Callable[[Transaction, Caller, Keyring, Asked], Awaitable[Element]]

_MOST: Final = 500
_LONGEST_ID: Final = 18
_REQUEST = "UniqueRequestId/RequestIdentifierValue"
_ITEM = "UniqueItemId/ItemIdentifierValue"
_USER = "UniqueUserId/UserIdentifierValue"
_FAUST = "UniqueBibliographicId/BibliographicRecordId/BibliographicRecordIdentifier"
_CARD = "VisibleUserId/VisibleUserIdentifier"
_STATUS: Final[Mapping[HoldState, str]] = MappingProxyType(
    {HoldState.READY: "Available For Pickup", HoldState.IN_TRANSIT: "In Process", HoldState.CAPTURED: "In Process"}
)
_WAITS: Final = "In Process"
_RENEWALS: Final[Mapping[BlockCode, str]] = MappingProxyType(
    {
        BlockCode.MAX_RENEWALS_REACHED: "Maximum Renewals Exceeded",
        BlockCode.WAITED_FOR: "Item Not Renewable",
        BlockCode.PATRON_BLOCKED: "User Blocked",
        BlockCode.DEBT_OVER_LIMIT: "User Blocked",
    }
)
_REQUESTS: Final[Mapping[BlockCode, str]] = MappingProxyType(
    {
        BlockCode.ALREADY_RESERVED: "Duplicate Request",
        BlockCode.TOO_MANY_HOLDS: "Maximum Holds Exceeded",
        BlockCode.PATRON_BLOCKED: "User Blocked",
        BlockCode.DEBT_OVER_LIMIT: "User Blocked",
    }
)


async def lookup_user(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> Element:
    patron = await _patron(tx, caller, keyring, asked)
    response = messages.answer(asked)
    add_id(response, "User", asked.to_isil, asked.get(_USER) or asked.get(_CARD))
    holds = await holds_of_patron(tx, caller, patron.id, limit=_MOST) if asked.has("RequestedItemsDesired") else []
    loans = await loans_of_patron(tx, caller, patron.id, limit=_MOST) if asked.has("LoanedItemsDesired") else []
    if holds or loans:
        transaction = SubElement(response, "UserTransaction")
        for hold in holds:
            _add_requested(transaction, asked, hold)
        for loan in loans:
            _add_loaned(transaction, asked, loan)
    _add_user(response, patron, {text.text for text in asked.body.iterfind("UserElementType/Value")})
    return response


def _add_requested(transaction: Element, asked: Asked, hold: HoldShown) -> None:
    requested = SubElement(transaction, "RequestedItem")
    add_id(requested, "Request", asked.to_isil, str(hold.id))
    add_scheme(requested, "RequestType", messages.REQUEST_TYPE, "Hold")
    add_scheme(requested, "RequestStatusType", messages.REQUEST_STATUS, _STATUS.get(hold.state, _WAITS))
    add(requested, "DatePlaced", _moment(hold.placed_at))


def _add_loaned(transaction: Element, asked: Asked, loan: LoanShown) -> None:
    loaned = SubElement(transaction, "LoanedItem")
    add_id(loaned, "Item", asked.to_isil, loan.item_number)
    add(loaned, "DateDue", _day(loan.due_on))


def _add_user(response: Element, patron: PatronView, wanted: set[str | None]) -> None:
    """Of a patron what was asked for, and no more. A protected address is told to nobody."""
    fields = Element("UserOptionalFields")
    if "Name Information" in wanted:
        name = SubElement(SubElement(fields, "NameInformation"), "PersonalNameInformation")
        add(name, "UnstructuredPersonalUserName", patron.name)
    if "User Address Information" in wanted and patron.contact is not None:
        _add_address(fields, patron.contact)
    if "Date Of Birth" in wanted and patron.birth_date is not None:
        add(fields, "DateOfBirth", _day(patron.birth_date))
    if len(fields):
        response.append(fields)


def _add_address(fields: Element, contact: Contact) -> None:
    physical = SubElement(SubElement(fields, "UserAddressInformation"), "PhysicalAddress")
    address = SubElement(physical, "StructuredAddress")
    parts = {"Street": contact.street, "Locality": contact.city, "PostalCode": contact.postal_code}
    for element, value in parts.items():
        if value:
            add(address, element, value)


async def lookup_item(tx: Transaction, caller: Caller, _: Keyring, asked: Asked) -> Element:
    """By the number of a copy, or the FAUST number of its title."""
    number = asked.get(_ITEM)
    try:
        copy = await show_copy(tx, caller, number)
    except NotFoundError:
        record = await _record(tx, caller, number, _ITEM)
    else:
        record = await current_record(tx, copy.record)
    response = messages.answer(asked)
    add_id(response, "Item", asked.to_isil, number)
    messages.add_description(response, record.creators, record.year, record.title)
    return response


async def lookup_request(tx: Transaction, caller: Caller, _: Keyring, asked: Asked) -> Element:
    hold = await _hold(tx, caller, asked)
    record = await current_record(tx, hold.record)
    response = messages.answer(asked)
    add_id(response, "Request", asked.to_isil, str(hold.id))
    messages.add_description(response, record.creators, record.year, record.title)
    return response


async def request_item(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> Element:
    """A hold for a patron of ours; the asking library's own number for it makes a repeat the same hold."""
    patron = await _patron(tx, caller, keyring, asked)
    if asked.has(_ITEM):
        wish = Wish(item=asked.get(_ITEM))
    else:
        wish = Wish(record=(await _record(tx, caller, asked.get(_FAUST), _FAUST)).id)
    own = asked.get(_REQUEST)
    place = PlaceHold(
        patron=Borrower(patron=patron.id),
        wish=wish,
        pickup=patron.home_branch,
        interest_until=_wished_day(asked.get("NeedBeforeDate")),
    )
    placing = await place_hold(tx, caller, keyring, place, f"ncip/{asked.from_isil}/{own}" if own else None)
    placed = placing.holds[0]
    if placed.hold is None:
        code = next((each.code for each in placed.blocks), None)
        raise ProblemError(_REQUESTS.get(code, "Item Not Available") if code else "Item Not Available", "UniqueUserId")
    response = messages.answer(asked)
    add_id(response, "Request", asked.to_isil, str(placed.hold))
    add_id(response, "User", asked.to_isil, asked.get(_USER) or asked.get(_CARD))
    add_scheme(response, "RequestType", messages.REQUEST_TYPE, "Hold")
    scope = "Item" if asked.has(_ITEM) else "Bibliographic Item"
    add_scheme(response, "RequestScopeType", messages.REQUEST_SCOPE, scope)
    return response


async def cancel_request_item(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> Element:
    patron, hold = await _patron(tx, caller, keyring, asked), await _hold(tx, caller, asked)
    if hold.patron != patron.id:
        raise ProblemError("Unknown Request", "UniqueRequestId", asked.get(_REQUEST))
    (cancelled,) = await cancel_holds(tx, caller, CancelHolds(holds=(hold.id,)))
    if cancelled.outcome is CancelOutcome.ON_ITS_WAY:
        raise ProblemError("Request Already Processed", "UniqueRequestId", asked.get(_REQUEST))
    response = messages.answer(asked)
    add_id(response, "Request", asked.to_isil, str(hold.id))
    add_id(response, "User", asked.to_isil, asked.get(_USER) or asked.get(_CARD))
    return response


async def renew_item(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> Element:
    """The loan that the patron has of the copy. The wished date decides nothing: the library's rules do."""
    patron, number = await _patron(tx, caller, keyring, asked), asked.get(_ITEM)
    loan = await _loan_of(tx, caller, await _copy(tx, caller, number), patron)
    (answer,) = await renew(tx, caller, RenewalRequest(branch=loan.branch, loans=(loan.id,)))
    if answer.outcome is Outcome.REFUSED or answer.due_on is None:
        known = (_RENEWALS[each.code] for each in answer.blocks if each.code in _RENEWALS)
        raise ProblemError(next(known, "Item Not Renewable"), "UniqueItemId")
    response = messages.answer(asked)
    add_id(response, "Item", asked.to_isil, number)
    add(response, "DateDue", _day(answer.due_on))
    return response


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "LookupUser": lookup_user,
        "LookupItem": lookup_item,
        "LookupRequest": lookup_request,
        "RequestItem": request_item,
        "CancelRequestItem": cancel_request_item,
        "RenewItem": renew_item,
    }
)


# -- What a message is about


async def _patron(tx: Transaction, caller: Caller, keyring: Keyring, asked: Asked) -> PatronView:
    """Whoever the card, or CPR number, stands for just now."""
    path = _USER if asked.has(_USER) else _CARD
    found = await identify(tx, caller, keyring, asked.get(path))
    holding = [each for each in found if each.ended_at is None]
    if len(holding) != 1:
        raise ProblemError("Unknown User", path.partition("/")[0])
    return await show_patron(tx, caller, holding[0].patron.id)


async def _record(tx: Transaction, caller: Caller, faust: str, path: str) -> Record:
    found = await find_by_number(tx, caller, faust) if faust else ()
    if not found:
        raise ProblemError("Unknown Item", path.partition("/")[0], faust)
    return found[0]


async def _copy(tx: Transaction, caller: Caller, number: str) -> CopyShown:
    try:
        return await show_copy(tx, caller, number)
    except NotFoundError as problem:
        raise ProblemError("Unknown Item", "UniqueItemId", number) from problem


async def _loan_of(tx: Transaction, caller: Caller, copy: CopyShown, patron: PatronView) -> LoanShown:
    loan = await show_loan(tx, caller, copy.loan) if copy.loan is not None else None
    if loan is None or patron.id not in {loan.borrower, loan.second_borrower}:
        raise ProblemError("Item Not Checked Out To This User", "UniqueItemId", copy.number)
    return loan


async def _hold(tx: Transaction, caller: Caller, asked: Asked) -> HoldShown:
    told = asked.get(_REQUEST)
    try:
        if told.isascii() and told.isdigit() and len(told) <= _LONGEST_ID:
            return await show_hold(tx, caller, HoldId(int(told)))
    except NotFoundError:
        pass
    raise ProblemError("Unknown Request", "UniqueRequestId", told)


# -- Days


def _day(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _wished_day(told: str) -> date | None:
    try:
        return date.fromisoformat(told[:10]) if told else None
    except ValueError as problem:
        raise ProblemError("Invalid Date", "NeedBeforeDate", told) from problem
