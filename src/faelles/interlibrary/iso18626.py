"""ISO 18626:2021 (interlibrary loan transactions), as far as this room speaks it: a request, a supplier's message, and
the confirmations of both. XML over HTTP POST.

What comes back is read safely: bounded, and nothing that declares a document type is read at all, so that no entity is
ever expanded.
"""

from datetime import datetime
from typing import Final
from xml.etree import ElementTree as ET

from faelles.ground.errors import UnavailableError
from faelles.interlibrary.model import Wanted

NAMESPACE: Final = "http://illtransactions.org/2013/iso18626"
VERSION: Final = "1.2"
LARGEST_ANSWER: Final = 256 * 1024
_OK: Final = "OK"

ET.register_namespace("ill", NAMESPACE)


def request_message(ours: str, theirs: str, number: int, wanted: Wanted, now: datetime) -> bytes:
    """A library that wants to borrow: `ours` asks `theirs`. The request's number makes a repeat the same request."""
    root, body = _message("request")
    _header(body, "header", supplying=theirs, requesting=ours, number=number, now=now)
    info = _child(body, "bibliographicInfo")
    for name, value in (
        ("supplierUniqueRecordId", wanted.identifier),
        ("title", wanted.title),
        ("author", wanted.creator),
        ("volume", wanted.periodical_volume),
        ("issue", wanted.periodical_number),
    ):
        if value:
            _child(info, name, value)
    if year := wanted.publication_year or wanted.periodical_year:
        _child(_child(body, "publicationInfo"), "publicationDate", year)
    service = _child(body, "serviceInfo")
    _child(service, "requestType", "New")
    _child(service, "serviceType", "Loan")
    return _written(root)


def expected_message(ours: str, theirs: str, number: int, now: datetime) -> bytes:
    """A library that lends says to the one that asked that it is in the queue."""
    root, body = _message("supplyingAgencyMessage")
    _header(body, "header", supplying=ours, requesting=theirs, number=number, now=now)
    _child(_child(body, "messageInfo"), "reasonForMessage", "RequestResponse")
    status = _child(body, "statusInfo")
    _child(status, "status", "ExpectToSupply")
    _child(status, "lastChange", now.isoformat())
    return _written(root)


def is_accepted(answer: bytes) -> bool:
    """Whether the other side took what was said. Raises UnavailableError for what is no confirmation."""
    if len(answer) > LARGEST_ANSWER or b"<!" in answer:
        raise UnavailableError("neighbour_answer_unreadable")
    try:
        root = ET.fromstring(answer)  # noqa: S314 - bounded, and without a document type nothing expands
    except ET.ParseError as problem:
        raise UnavailableError("neighbour_answer_unreadable") from problem
    status = root.find(f".//{{{NAMESPACE}}}messageStatus")
    if status is None:
        raise UnavailableError("neighbour_answer_unreadable")
    return (status.text or "").strip() == _OK


def _message(kind: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element(f"{{{NAMESPACE}}}ISO18626Message", {f"{{{NAMESPACE}}}version": VERSION})
    return root, _child(root, kind)


def _header(body: ET.Element, name: str, *, supplying: str, requesting: str, number: int, now: datetime) -> None:
    header = _child(body, name)
    for role, isil in (("supplyingAgencyId", supplying), ("requestingAgencyId", requesting)):
        agency = _child(header, role)
        _child(agency, "agencyIdType", "ISIL")
        _child(agency, "agencyIdValue", isil)
    _child(header, "timestamp", now.isoformat())
    _child(header, "requestingAgencyRequestId", str(number))


def _child(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    child.text = text
    return child


def _written(root: ET.Element) -> bytes:
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
