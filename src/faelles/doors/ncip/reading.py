"""A message as it was sent, of either version, as what it asks."""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from faelles.doors.ncip import versions
from faelles.doors.ncip.model import Asked, Version
from faelles.ground.errors import InvalidRequestError

_LONGEST_TEXT: Final = 200
_USERS: Final = (("UserId", "UserIdentifierValue"), ("VisibleUserId", "VisibleUserIdentifier"))
_ITEMS: Final = (("ItemId", "ItemIdentifierValue"), ("VisibleItemId", "VisibleItemIdentifier"))
_NAMING: Final = frozenset({"user id", "barcode id", "barcode", "username", "cpr"})
"""Inputs that say who somebody is; `_PROVING` those that prove it."""
_PROVING: Final = frozenset({"pin", "password"})
_RECORD: Final = "BibliographicId/BibliographicRecordId/BibliographicRecordIdentifier"
_TITLE: Final = "BibliographicId/BibliographicItemId/BibliographicItemIdentifier"
_SHIP_TO: Final = "ShippingInformation/PhysicalAddress/StructuredAddress/Locality"
_OBJECTS: Final = ("Agency", "Item", "User")
_SERVICES: Final = frozenset(
    {
        *("AcceptItem", "CancelRecallItem", "CancelRequestItem", "CheckInItem", "CheckOutItem", "RecallItem"),
        *("RenewItem", "RequestItem", "UpdateRequestItem", "UpdateCirculationStatus", "UndoCheckOutItem"),
        *("ReportCirculationStatusChange", "CreateUserFiscalTransaction", "SendUserNotice", "LookupRequest"),
        *("LookupItemSet", "DeleteItem", "DeleteUser", "CirculationStatusChangeReported", "CirculationStatusUpdated"),
        *("ItemCheckedIn", "ItemCheckedOut", "ItemRecallCancelled", "ItemRecalled", "ItemReceived", "ItemRenewed"),
        *("ItemRequestCancelled", "ItemRequestUpdated", "ItemRequested", "ItemShipped", "UserNoticeSent"),
        "UserFiscalTransactionCreated",
        *(f"{verb}{each}" for verb in ("Create", "Lookup", "Update") for each in _OBJECTS),
        *(f"{each}{verb}" for verb in ("Created", "Updated") for each in _OBJECTS),
    }
)
"""What NCIP knows to ask: to anything else it has no answer."""


def read(content: bytes) -> Asked:
    """Raises InvalidRequestError for what is no NCIP message of a version we speak."""
    try:
        root = fromstring(content, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise InvalidRequestError("ncip_malformed") from problem
    version, edition = versions.version_of(root), versions.edition_of(root)
    if version is None:
        raise InvalidRequestError("ncip_malformed")
    if version is Version.FIRST:
        versions.from_first(root)
    else:
        versions.from_second(root)
    body = next(iter(root), None)
    if body is None or body.tag not in _SERVICES:
        raise InvalidRequestError("ncip_malformed")
    return _asked(body, version, edition)


def _asked(body: Element, version: Version, edition: str) -> Asked:
    header = body.find("InitiationHeader")
    sender = header if header is not None else body
    from_isil = _text(sender, "FromAgencyId/AgencyId")
    user, user_element = _user(body)
    item, item_element = _named(body, _ITEMS)
    changed = body.find("AddRequestFields") if body.tag == "UpdateRequestItem" else body
    changed = Element("None") if changed is None else changed
    return Asked(
        version=version,
        edition=edition,
        verb=body.tag,
        from_isil=from_isil,
        to_isil=_text(sender, "ToAgencyId/AgencyId"),
        secret=_text(sender, "FromAgencyAuthentication"),
        user=user,
        user_element=user_element,
        pin=next(_inputs(body, _PROVING), ""),
        item=item,
        item_element=item_element,
        record=_text(body, _RECORD) or _text(body, _TITLE),
        request=_text(body, "RequestId/RequestIdentifierValue"),
        is_own_number=from_isil != "" and _text(body, "RequestId/AgencyId") == from_isil,
        user_elements=frozenset(_all(body, "UserElementType")),
        item_elements=frozenset(_all(body, "ItemElementType")),
        wants_loans=body.find("LoanedItemsDesired") is not None,
        wants_requests=body.find("RequestedItemsDesired") is not None,
        wants_account=body.find("UserFiscalAccountDesired") is not None,
        need_before=_text(changed, "NeedBeforeDate"),
        earliest=_text(changed, "EarliestDateNeeded"),
        pickup=_text(changed, "PickupLocation") or _text(changed, _SHIP_TO),
        added=frozenset(each.tag for each in body.iterfind("AddRequestFields/*")),
        deleted=frozenset(each.tag for each in body.iterfind("DeleteRequestFields/*")),
    )


def _user(body: Element) -> tuple[str, str]:
    """Named by a number, or by what they signed in with at the asker's."""
    number, element = _named(body, _USERS)
    if number:
        return number, element
    typed = next(_inputs(body, _NAMING), "")
    return (typed, "AuthenticationInput") if typed else ("", element)


def _named(body: Element, ways: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    found = ((_text(body, f"{element}/{value}"), f"{element}/{value}") for element, value in ways)
    return next((each for each in found if each[0]), ("", "/".join(ways[0])))


def _inputs(body: Element, kinds: frozenset[str]) -> Iterator[str]:
    for given in body.iterfind("AuthenticationInput"):
        if _text(given, "AuthenticationInputType").lower() in kinds:
            yield _text(given, "AuthenticationInputData")


def _all(body: Element, path: str) -> Iterator[str]:
    return ((each.text or "").strip() for each in body.iterfind(path))


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()[:_LONGEST_TEXT]
