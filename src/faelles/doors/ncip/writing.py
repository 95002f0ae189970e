"""Answers as XML, in the order of the second version's schema; `versions.py` makes the first's of it."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import singledispatch
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from faelles.catalog.model import Record
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.holds.model import HoldShown, Target
from faelles.doors.ncip.model import (
    Answer,
    Asked,
    Cancelled,
    Created,
    ItemTold,
    Loaned,
    ProblemError,
    Renewed,
    Requested,
    RequestTold,
    Updated,
    UserTold,
    Version,
)
from faelles.doors.ncip.versions import as_first, as_second
from faelles.ground.money import Ore
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.model import Contact

ITEM, TITLE = "Item", "Bibliographic Item"
_ISIL: Final = "http://biblstandard.dk/isil/schemes/1.1/"
_CURRENCY: Final = "http://www.bsi-global.com/Technical+Information/Publications/_Publications/tig90x.doc"
_NISO: Final = "http://www.niso.org/ncip/v1_0"
_STATUS: Final[Mapping[HoldState, str]] = MappingProxyType({HoldState.READY: "Available For Pickup"})
_WAITS: Final = "In Process"


def written(asked: Asked, answer: Answer | ProblemError) -> bytes:
    response = Element(f"{asked.verb}Response")
    header = SubElement(response, "ResponseHeader")
    for name, isil in (("FromAgencyId", asked.to_isil), ("ToAgencyId", asked.from_isil)):
        _schemed(SubElement(header, name), "AgencyId", _ISIL, isil)
    if isinstance(answer, ProblemError):
        _add_problem(response, asked, answer)
    else:
        _add(answer, response, asked)
    return as_first(response, asked.edition) if asked.version is Version.FIRST else as_second(response)


def _add_problem(response: Element, asked: Asked, found: ProblemError) -> None:
    problem = SubElement(response, "Problem")
    scheme = "generalprocessingerror" if found.is_general else f"{asked.verb.lower()}processingerror"
    _schemed(problem, "ProblemType", f"{_NISO}/schemes/processingerrortype/{scheme}.scm", found.value)
    _plain(problem, "ProblemElement", found.element)
    if found.told:
        _plain(problem, "ProblemValue", found.told)


@singledispatch
def _add(answer: Answer, response: Element, asked: Asked) -> None:
    raise TypeError(type(answer), response.tag, asked.verb)


@_add.register
def _user(answer: UserTold, response: Element, asked: Asked) -> None:
    _number(response, "User", asked, answer.user)
    if answer.balance is not None:
        _money(SubElement(response, "UserFiscalAccount"), "AccountBalance", answer.balance, answer.currency)
    for loaned in answer.loans:
        _add_loaned(response, asked, loaned, answer.currency)
    for hold in answer.requests:
        _add_requested(response, asked, hold)
    fields = Element("UserOptionalFields")
    for element, add in _USER_FIELDS.items():
        if element in asked.user_elements:
            add(fields, asked, answer)
    if len(fields):
        response.append(fields)


def _add_loaned(response: Element, asked: Asked, loaned: Loaned, currency: str) -> None:
    parent = SubElement(response, "LoanedItem")
    _number(parent, "Item", asked, loaned.loan.item_number)
    _plain(parent, "ReminderLevel", str(loaned.reminders))
    _plain(parent, "DateDue", _day(loaned.loan.due_on))
    _money(parent, "Amount", loaned.owed, currency)
    _plain(parent, "Title", loaned.loan.title)


def _add_requested(response: Element, asked: Asked, hold: HoldShown) -> None:
    parent = SubElement(response, "RequestedItem")
    _number(parent, "Request", asked, str(hold.id))
    _add_request_type(parent)
    _add_status(parent, hold)
    _plain(parent, "DatePlaced", _moment(hold.placed_at))
    if hold.pickup_deadline is not None:
        _plain(parent, "PickupExpiryDate", _day(hold.pickup_deadline))
    if hold.position is not None:
        _plain(parent, "HoldQueuePosition", str(hold.position))
    _plain(parent, "Title", hold.title)


def _add_name(fields: Element, _: Asked, answer: UserTold) -> None:
    name = SubElement(SubElement(fields, "NameInformation"), "PersonalNameInformation")
    _plain(name, "UnstructuredPersonalUserName", answer.patron.name)


def _add_address(fields: Element, _: Asked, answer: UserTold) -> None:
    """A protected address is told to nobody."""
    contact = answer.patron.contact
    if contact is None or not (contact.street or contact.city or contact.postal_code):
        return
    information = SubElement(fields, "UserAddressInformation")
    _schemed(
        information, "UserAddressRoleType", f"{_NISO}/imp1/schemes/useraddressroletype/useraddressroletype.scm", "Home"
    )
    physical = SubElement(information, "PhysicalAddress")
    _add_place(SubElement(physical, "StructuredAddress"), contact)
    scheme = f"{_NISO}/imp1/schemes/physicaladdresstype/physicaladdresstype.scm"
    _schemed(physical, "PhysicalAddressType", scheme, "Postal Address")


def _add_place(address: Element, contact: Contact) -> None:
    """The schema wants a street, or a first line."""
    _plain(address, "Street", contact.street or "")
    for element, value in (("Locality", contact.city), ("PostalCode", contact.postal_code)):
        if value:
            _plain(address, element, value)


def _add_birth(fields: Element, _: Asked, answer: UserTold) -> None:
    if answer.patron.birth_date is not None:
        _plain(fields, "DateOfBirth", _day(answer.patron.birth_date))


def _add_cards(fields: Element, asked: Asked, answer: UserTold) -> None:
    for each in answer.patron.identifiers:
        if each.kind is IdentifierKind.CARD and each.ended_at is None and each.value:
            number = SubElement(fields, "UserId")
            _schemed(number, "AgencyId", _ISIL, asked.to_isil)
            scheme = f"{_NISO}/imp1/schemes/visibleuseridentifiertype/visibleuseridentifiertype.scm"
            _schemed(number, "UserIdentifierType", scheme, "Barcode")
            _plain(number, "UserIdentifierValue", each.value)


_USER_FIELDS: Final[Mapping[str, Callable[[Element, Asked, UserTold], None]]] = MappingProxyType(
    {
        "Name Information": _add_name,
        "User Address Information": _add_address,
        "Date Of Birth": _add_birth,
        "Visible User Id": _add_cards,
        "User Id": _add_cards,
    }
)


@_add.register
def _item(answer: ItemTold, response: Element, asked: Asked) -> None:
    _number(response, "Item", asked, answer.item)
    fields = _describe(response, answer.record)
    if answer.status is not None:
        scheme = f"{_NISO}/imp1/schemes/circulationstatus/circulationstatus.scm"
        _schemed(fields, "CirculationStatus", scheme, answer.status)
    if answer.queue is not None:
        _plain(fields, "HoldQueueLength", str(answer.queue))


@_add.register
def _request(answer: RequestTold, response: Element, asked: Asked) -> None:
    hold = answer.hold
    _number(response, "Request", asked, str(hold.id))
    _add_request_type(response)
    _add_scope(response, ITEM if hold.target is Target.ITEM else TITLE)
    _add_status(response, hold)
    if hold.position is not None:
        _plain(response, "HoldQueuePosition", str(hold.position))
    _plain(response, "NeedBeforeDate", _day(hold.interest_until))
    if hold.pickup_deadline is not None:
        _plain(response, "PickupExpiryDate", _day(hold.pickup_deadline))
    _describe(response, answer.record)


@_add.register
def _requested(answer: Requested, response: Element, asked: Asked) -> None:
    _number(response, "Request", asked, str(answer.request))
    _number(response, "User", asked, answer.user)
    _add_request_type(response)
    _add_scope(response, answer.scope)


@_add.register
def _cancelled(answer: Cancelled, response: Element, asked: Asked) -> None:
    _number(response, "Request", asked, str(answer.request))
    _number(response, "User", asked, answer.user)


@_add.register
def _renewed(answer: Renewed, response: Element, asked: Asked) -> None:
    _number(response, "Item", asked, answer.item)
    _plain(response, "DateDue", _day(answer.due_on))


@_add.register
def _updated(answer: Updated, response: Element, asked: Asked) -> None:
    _number(response, "Item", asked, answer.item)
    _number(response, "User", asked, answer.user)
    _add_request_type(response)
    _add_scope(response, answer.scope)


@_add.register
def _created(answer: Created, response: Element, asked: Asked) -> None:
    _number(response, "User", asked, answer.user)


# -- Pieces


def _plain(parent: Element, name: str, value: str) -> None:
    SubElement(parent, name).text = value


def _schemed(parent: Element, name: str, scheme: str, value: str) -> None:
    """A value with the list that it comes from."""
    SubElement(parent, name, {"Scheme": scheme}).text = value


def _number(parent: Element, kind: str, asked: Asked, value: str) -> None:
    """`UserId`, `ItemId`, `RequestId`: whose number, and which."""
    element = SubElement(parent, f"{kind}Id")
    _schemed(element, "AgencyId", _ISIL, asked.to_isil)
    _plain(element, f"{kind}IdentifierValue", value)


def _money(parent: Element, name: str, amount: Ore, currency: str) -> None:
    """In the smallest unit, as NCIP has it."""
    element = SubElement(parent, name)
    _schemed(element, "CurrencyCode", _CURRENCY, currency)
    _plain(element, "MonetaryValue", str(amount))


def _add_request_type(parent: Element) -> None:
    _schemed(parent, "RequestType", f"{_NISO}/imp1/schemes/requesttype/requesttype.scm", "Hold")


def _add_scope(parent: Element, scope: str) -> None:
    _schemed(parent, "RequestScopeType", f"{_NISO}/imp1/schemes/requestscopetype/requestscopetype.scm", scope)


def _add_status(parent: Element, hold: HoldShown) -> None:
    scheme = f"{_NISO}/imp1/schemes/requeststatustype/requeststatustype.scm"
    _schemed(parent, "RequestStatusType", scheme, _STATUS.get(hold.state, _WAITS))


def _describe(parent: Element, record: Record) -> Element:
    fields = SubElement(parent, "ItemOptionalFields")
    description = SubElement(fields, "BibliographicDescription")
    if record.creators:
        _plain(description, "Author", record.creators[0])
    if record.year is not None:
        _plain(description, "PublicationDate", str(record.year))
    _plain(description, "Title", record.title)
    return fields


def _day(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
