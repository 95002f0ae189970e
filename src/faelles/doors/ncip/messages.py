"""NCIP 1 as text: reading what was sent, whatever is left out of it, and writing answers in the schema's order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from faelles.ground.errors import InvalidRequestError

ISIL_SCHEME: Final = "http://biblstandard.dk/isil/schemes/1.1/"
FAUST_SCHEME: Final = "http://biblstandard.dk/ncip/schemes/faust/1.0/"
_NISO: Final = "http://www.niso.org/ncip/v1_0"
REQUEST_TYPE: Final = f"{_NISO}/imp1/schemes/requesttype/requesttype.scm"
REQUEST_SCOPE: Final = f"{_NISO}/imp1/schemes/requestscopetype/requestscopetype.scm"
REQUEST_STATUS: Final = f"{_NISO}/imp1/schemes/requeststatustype/requeststatustype.scm"
_PROBLEMS: Final = f"{_NISO}/schemes/processingerrortype"
_DOCTYPE: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<!DOCTYPE NCIPMessage PUBLIC "-//NISO//NCIP DTD Version 1.0//EN"'
    b' "http://www.niso.org/ncip/v1_0/imp1/dtd/ncip_v1_0.dtd">\n'
)
_VERSION: Final = "http://www.niso.org/ncip/v1_0/imp1/dtd/ncip_v1_0.dtd"
_LONGEST_TEXT: Final = 200


class ProblemError(Exception):
    """What was asked cannot be done: NCIP's own word for it, and the element it is about."""

    def __init__(self, value: str, element: str, told: str = "", *, is_general: bool = False) -> None:
        super().__init__(value)
        self.value, self.element, self.told, self.is_general = value, element, told, is_general


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A message, of whom to whom. It never shows itself: a secret and a card are in it."""

    verb: str
    body: Element
    from_isil: str
    to_isil: str
    secret: str

    def get(self, path: str) -> str:
        """The text at the path; empty where there is none."""
        return text(self.body, path)

    def has(self, path: str) -> bool:
        return self.body.find(path) is not None


def read(content: bytes) -> Asked:
    """Raises InvalidRequestError for what is no NCIP message of a version we speak."""
    try:
        root = fromstring(content, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise InvalidRequestError("ncip_malformed") from problem
    body = next(iter(root), None)
    if root.tag != "NCIPMessage" or body is None:
        raise InvalidRequestError("ncip_malformed")
    header = body.find("InitiationHeader")
    sender = header if header is not None else body
    return Asked(
        verb=body.tag,
        body=body,
        from_isil=text(sender, "FromAgencyId/UniqueAgencyId/Value"),
        to_isil=text(sender, "ToAgencyId/UniqueAgencyId/Value"),
        secret=text(sender, "FromAgencyAuthentication"),
    )


def text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()[:_LONGEST_TEXT]


def answer(asked: Asked) -> Element:
    """The response to a message, with its header: from whom was asked, to whoever asked."""
    response = Element(f"{asked.verb}Response")
    header = SubElement(response, "ResponseHeader")
    for name, isil in (("FromAgencyId", asked.to_isil), ("ToAgencyId", asked.from_isil)):
        add_scheme(SubElement(header, name), "UniqueAgencyId", ISIL_SCHEME, isil)
    return response


def add(parent: Element, name: str, value: str) -> None:
    SubElement(parent, name).text = value


def add_scheme(parent: Element, name: str, scheme: str, value: str) -> None:
    """A value with the list that it comes from."""
    element = SubElement(parent, name)
    add(element, "Scheme", scheme)
    add(element, "Value", value)


def add_id(parent: Element, kind: str, isil: str, value: str) -> None:
    """`UniqueUserId`, `UniqueItemId`, `UniqueRequestId`: whose number, and which."""
    element = SubElement(parent, f"Unique{kind}Id")
    add_scheme(element, "UniqueAgencyId", ISIL_SCHEME, isil)
    add(element, f"{'User' if kind == 'User' else kind}IdentifierValue", value)


def add_description(parent: Element, creators: Sequence[str], year: int | None, title: str) -> None:
    description = SubElement(SubElement(parent, "ItemOptionalFields"), "BibliographicDescription")
    if creators:
        add(description, "Author", creators[0])
    if year is not None:
        add(description, "PublicationDate", str(year))
    add(description, "Title", title)


def problem(asked: Asked, found: ProblemError) -> Element:
    response = answer(asked)
    error = SubElement(SubElement(response, "Problem"), "ProcessingError")
    scheme = "generalprocessingerror" if found.is_general else f"{asked.verb.lower()}processingerror"
    add_scheme(error, "ProcessingErrorType", f"{_PROBLEMS}/{scheme}.scm", found.value)
    about = SubElement(error, "ProcessingErrorElement")
    add(about, "ElementName", found.element)
    if found.told:
        add(about, "ProcessingErrorValue", found.told)
    return response


def written(response: Element) -> bytes:
    root = Element("NCIPMessage", {"version": _VERSION})
    root.append(response)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=False)
    return _DOCTYPE + body
