"""The two versions as XML: every tree is brought into the second's shape without its namespace, and back."""

from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from faelles.doors.ncip.model import Version

NAMESPACE: Final = "http://www.niso.org/2008/ncip"
SECOND_EDITION: Final = "http://www.niso.org/schemas/ncip/v2_02/ncip_v2_02.xsd"
_IN: Final = f"{{{NAMESPACE}}}"
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_FIRST_EDITIONS: Final = (
    ("v1_01", "1.01", "http://www.niso.org/ncip/v1_01/imp1/dtd/ncip_v1_01.dtd"),
    ("", "1.0", "http://www.niso.org/ncip/v1_0/imp1/dtd/ncip_v1_0.dtd"),
)
_MARKED: Final = frozenset({"AgencyId", "UserId", "ItemId", "RequestId", "BibliographicId"})
"""What the first version calls unique."""
_UNIQUE: Final = "Unique"
_ONLY_IN_SECOND: Final = frozenset({"Title", "PickupLocation"})
"""Of a loan or a request; the first version has no such thing."""

register_namespace("ncip", NAMESPACE)


def version_of(root: Element) -> Version | None:
    """None: no NCIP."""
    return {"NCIPMessage": Version.FIRST, f"{_IN}NCIPMessage": Version.SECOND}.get(root.tag)


def from_first(root: Element) -> None:
    """Scheme and value become a text, and nothing is unique any more. In place, without recursion: it may be deep."""
    for element in root.iter():
        value = element.find("Value")
        if value is not None:
            element.text = value.text
        element.tag = element.tag.removeprefix(_UNIQUE)


def from_second(root: Element) -> None:
    for element in root.iter():
        element.tag = element.tag.removeprefix(_IN)


def edition_of(root: Element) -> str:
    return root.get("version", "") or root.get(f"{_IN}version", "")


def as_first(response: Element, edition: str) -> bytes:
    """In the edition that was asked in."""
    _gather(response)
    for problem in response.findall("Problem"):
        _restate(problem)
    for element in list(response.iter()):
        scheme = element.attrib.pop("Scheme", None)
        if scheme is not None:
            value, element.text = element.text, None
            SubElement(element, "Scheme").text = scheme
            SubElement(element, "Value").text = value
        if element.tag in _MARKED:
            element.tag = _UNIQUE + element.tag
    number, address = next((number, address) for mark, number, address in _FIRST_EDITIONS if mark in edition)
    doctype = f'<!DOCTYPE NCIPMessage PUBLIC "-//NISO//NCIP DTD Version {number}//EN" "{address}">\n'
    return _DECLARATION + doctype.encode() + _message("NCIPMessage", "version", address, response)


def as_second(response: Element) -> bytes:
    for element in response.iter():
        element.tag = _IN + element.tag
        if "Scheme" in element.attrib:
            element.set(f"{_IN}Scheme", element.attrib.pop("Scheme"))
    return _DECLARATION + _message(f"{_IN}NCIPMessage", f"{_IN}version", SECOND_EDITION, response)


def _message(tag: str, attribute: str, edition: str, response: Element) -> bytes:
    root = Element(tag, {attribute: edition})
    root.append(response)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=False)
    return body


def _gather(response: Element) -> None:
    """In the first version requests and loans stand together, requests first, and visible numbers before names."""
    loans, requests = response.findall("LoanedItem"), response.findall("RequestedItem")
    if loans or requests:
        place = list(response).index((loans or requests)[0])
        transaction = Element("UserTransaction")
        for each in (*requests, *loans):
            response.remove(each)
            transaction.append(each)
            _drop(each, _ONLY_IN_SECOND)
        response.insert(place, transaction)
    _drop(response, {"PickupLocation"})
    for fields in response.findall("UserOptionalFields"):
        for number in reversed(fields.findall("UserId")):
            fields.remove(number)
            fields.insert(0, _visible(number))


def _drop(parent: Element, names: Iterable[str]) -> None:
    for name in names:
        for each in parent.findall(name):
            parent.remove(each)


def _visible(number: Element) -> Element:
    visible = Element("VisibleUserId")
    for each in number:
        visible.append(each)
        each.tag = {"UserIdentifierType": "VisibleUserIdentifierType"}.get(each.tag, each.tag)
        each.tag = {"UserIdentifierValue": "VisibleUserIdentifier"}.get(each.tag, each.tag)
    return visible


def _restate(problem: Element) -> None:
    """The elements on the path to the one that is meant stand within each other, and their names are the first's."""
    kind, path = problem.find("ProblemType"), problem.findtext("ProblemElement", "")
    told = problem.findtext("ProblemValue")
    error = Element("ProcessingError")
    if kind is not None:
        kind.tag = "ProcessingErrorType"
        error.append(kind)
    about = error
    for name in path.split("/"):
        about = SubElement(about, "ProcessingErrorElement")
        SubElement(about, "ElementName").text = _UNIQUE + name if name in _MARKED else name
    if told:
        SubElement(about, "ProcessingErrorValue").text = told
    problem[:] = [error]
