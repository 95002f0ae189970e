"""Another library's system, in either version of NCIP. Every answer that it gets is held against the schema."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, fromstring

from httpx import AsyncClient, Response
from lxml import etree

from circulation.lending_library import LendingLibrary, Reader
from faelles.doors.ncip.versions import from_first, from_second

_DATA: Final = Path(__file__).parent / "data"
FIRST_SCHEMA: Final = etree.DTD(file=str(_DATA / "ncip_v1.dtd"))
SECOND_SCHEMA: Final = etree.XMLSchema(file=str(_DATA / "ncip_v2_02.xsd"))
_LIST: Final = "http://biblstandard.dk/isil/schemes/1.1/"
_DOCTYPE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE NCIPMessage PUBLIC "-//NISO//NCIP DTD Version 1.0//EN"'
    ' "http://www.niso.org/ncip/v1_0/imp1/dtd/ncip_v1_0.dtd">'
)


@dataclass(frozen=True)
class First:
    """How NCIP 1 is written."""

    unique = "Unique"

    def whole(self, message: str) -> str:
        return f'{_DOCTYPE}<NCIPMessage version="http://www.niso.org/ncip/v1_0/imp1/dtd/ncip_v1_0.dtd">{message}</NCIPMessage>'

    def schemed(self, name: str, value: str) -> str:
        return f"<{name}><Scheme>{_LIST}</Scheme><Value>{value}</Value></{name}>"

    def read(self, content: bytes) -> Element:
        assert FIRST_SCHEMA.validate(etree.fromstring(content)), FIRST_SCHEMA.error_log
        root = fromstring(content)
        from_first(root)
        return root

    def told(self, problem: Element) -> tuple[str, str, str]:
        error = problem.find("ProcessingError")
        assert error is not None
        names = [each.text or "" for each in error.iter("ElementName")]
        told = next((each.text or "" for each in error.iter("ProcessingErrorValue")), "")
        return error.findtext("ProcessingErrorType", ""), "/".join(names), told


@dataclass(frozen=True)
class Second:
    """How NCIP 2.02 is written: with the namespace, and a scheme as an attribute."""

    unique = ""

    def whole(self, message: str) -> str:
        name = "http://www.niso.org/2008/ncip"
        return f'<NCIPMessage xmlns="{name}" xmlns:n="{name}" n:version="2.02">{message}</NCIPMessage>'

    def schemed(self, name: str, value: str) -> str:
        return f'<{name} n:Scheme="{_LIST}">{value}</{name}>'

    def read(self, content: bytes) -> Element:
        assert SECOND_SCHEMA.validate(etree.fromstring(content)), SECOND_SCHEMA.error_log
        root = fromstring(content)
        from_second(root)
        return root

    def told(self, problem: Element) -> tuple[str, str, str]:
        return (
            problem.findtext("ProblemType", ""),
            problem.findtext("ProblemElement", ""),
            problem.findtext("ProblemValue", ""),
        )


Tongue = First | Second


class Neighbour:
    """A library that may ask ours everything, speaking one version. Answers come with names as NCIP 2 has them."""

    isil = "DK-775100"

    def __init__(self, http: AsyncClient, ours: LendingLibrary, secret: str, tongue: Tongue) -> None:
        self.http, self.ours, self.secret, self.tongue = http, ours, secret, tongue

    async def post(self, body: str | bytes) -> Response:
        return await self.http.post("/rest/ncip/", content=body)

    async def ask(self, verb: str, body: str = "", secret: str | None = None) -> Element:
        header = (
            f"<FromAgencyId>{self._agency(self.isil)}</FromAgencyId>"
            f"<FromAgencyAuthentication>{secret or self.secret}</FromAgencyAuthentication>"
            f"<ToAgencyId>{self._agency(self.ours.town.isil)}</ToAgencyId>"
        )
        message = f"<{verb}><InitiationHeader>{header}</InitiationHeader>{body}</{verb}>"
        answer = await self.post(self.tongue.whole(message))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml; charset=utf-8"), (
            answer.text
        )
        (response,) = self.tongue.read(answer.content)
        assert response.tag == f"{verb}Response"
        assert response.findtext("ResponseHeader/FromAgencyId/AgencyId") == self.ours.town.isil
        return response

    def _agency(self, isil: str) -> str:
        return self.tongue.schemed(f"{self.tongue.unique}AgencyId", isil)

    def number(self, kind: str, value: str | None, isil: str = "") -> str:
        name = f"{self.tongue.unique}{kind}Id"
        whose = self._agency(isil or self.ours.town.isil)
        return f"<{name}>{whose}<{kind}IdentifierValue>{value}</{kind}IdentifierValue></{name}>"

    def user(self, reader: Reader) -> str:
        return self.number("User", reader.card)

    def item(self, number: str) -> str:
        return self.number("Item", number)

    def title(self, faust: str) -> str:
        name = f"{self.tongue.unique}BibliographicId"
        code = self.tongue.schemed("BibliographicRecordIdentifierCode", "FAUST")
        record = f"<BibliographicRecordIdentifier>{faust}</BibliographicRecordIdentifier>{code}"
        return f"<{name}><BibliographicRecordId>{record}</BibliographicRecordId></{name}>"

    def hold(self, number: str | None) -> str:
        return self.number("Request", number)

    def own(self, number: str) -> str:
        return self.number("Request", number, self.isil)

    def elements(self, kind: str, *names: str) -> str:
        return "".join(self.tongue.schemed(f"{kind}ElementType", name) for name in names)

    def signed_in(self, user: str, pin: str) -> str:
        return "".join(
            f"<AuthenticationInput><AuthenticationInputData>{data}</AuthenticationInputData>"
            f"{self.tongue.schemed('AuthenticationDataFormatType', 'text/plain')}"
            f"{self.tongue.schemed('AuthenticationInputType', kind)}</AuthenticationInput>"
            for kind, data in (("User Id", user), ("PIN", pin))
        )

    def shipped_to(self, place: str) -> str:
        address = f"<StructuredAddress><District/><Locality>{place}</Locality></StructuredAddress>"
        kind = self.tongue.schemed("PhysicalAddressType", "Postal Address")
        return f"<ShippingInformation><PhysicalAddress>{address}{kind}</PhysicalAddress></ShippingInformation>"

    def problem(self, response: Element) -> tuple[str, str, str]:
        """What it is called, the element it is about, and what was told there. All empty: none."""
        found = response.find("Problem")
        return ("", "", "") if found is None else self.tongue.told(found)

    async def refused(self, verb: str, body: str = "") -> str:
        return self.problem(await self.ask(verb, body))[0]
