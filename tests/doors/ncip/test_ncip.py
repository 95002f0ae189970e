"""NCIP 1 between two libraries: what is asked is done, what is refused is told in NCIP's words."""

from collections.abc import AsyncIterator
from typing import Any, cast
from xml.etree.ElementTree import Element, fromstring

import pytest
from httpx import ASGITransport, AsyncClient, Response

from circulation.conftest import library  # noqa: F401 - a fixture
from circulation.lending_library import LendingLibrary, Reader
from faelles.doors.ncip.door import ncip
from faelles.doors.rest.app import create_app
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.people.machines.model import NewClient
from faelles.people.machines.operations import create_client
from faelles.people.model import EVERY_PERMISSION

_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE NCIPMessage PUBLIC "-//NISO//NCIP DTD Version 1.0//EN"'
    ' "http://www.niso.org/ncip/v1_0/imp1/dtd/ncip_v1_0.dtd">'
)


def scheme(name: str, value: str) -> str:
    return f"<{name}><Scheme>http://biblstandard.dk/isil/schemes/1.1/</Scheme><Value>{value}</Value></{name}>"


class Neighbour:
    """Another library's system."""

    def __init__(self, http: AsyncClient, ours: LendingLibrary, secret: str) -> None:
        self.http, self.ours, self.secret = http, ours, secret

    async def post(self, body: str | bytes) -> Response:
        return await self.http.post("/rest/ncip/", content=body)

    async def ask(self, verb: str, body: str, secret: str | None = None) -> Element:
        header = (
            f"<FromAgencyId>{scheme('UniqueAgencyId', 'DK-775100')}</FromAgencyId>"
            f"<FromAgencyAuthentication>{secret or self.secret}</FromAgencyAuthentication>"
            f"<ToAgencyId>{scheme('UniqueAgencyId', self.ours.town.isil)}</ToAgencyId>"
        )
        whole = f"<{verb}><InitiationHeader>{header}</InitiationHeader>{body}</{verb}>"
        answer = await self.post(f'{_DOCTYPE}<NCIPMessage version="1.0">{whole}</NCIPMessage>')
        assert answer.status_code == 200, answer.text
        (response,) = fromstring(answer.content)
        assert response.tag == f"{verb}Response"
        assert response.findtext("ResponseHeader/FromAgencyId/UniqueAgencyId/Value") == self.ours.town.isil
        return response

    def user(self, reader: Reader) -> str:
        return f"<UniqueUserId><UserIdentifierValue>{reader.card}</UserIdentifierValue></UniqueUserId>"


def card(number: str) -> str:
    return f"<VisibleUserId><VisibleUserIdentifier>{number}</VisibleUserIdentifier></VisibleUserId>"


def item(number: str) -> str:
    return f"<UniqueItemId><ItemIdentifierValue>{number}</ItemIdentifierValue></UniqueItemId>"


def request(number: str | None) -> str:
    return f"<UniqueRequestId><RequestIdentifierValue>{number}</RequestIdentifierValue></UniqueRequestId>"


def problem(response: Element) -> str | None:
    return response.findtext("Problem/ProcessingError/ProcessingErrorType/Value")


@pytest.fixture
async def neighbour(database: Database, keyring: Keyring, library: LendingLibrary) -> AsyncIterator[Neighbour]:  # noqa: F811 - the fixture
    library.clock.now = utc_now()
    new = NewClient(username="ncip-dk-775100", name="Nabo", permissions=EVERY_PERMISSION)
    made = await library.run(lambda tx: create_client(tx, library.librarian, new))
    app = create_app(database, keyring, neighbours={"/rest": ncip})
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://faelles.test") as http:
        yield Neighbour(http, library, made.secret)


async def test_a_patron_is_told_with_loans_and_requests_where_they_are_asked_for(neighbour: Neighbour):
    reader, number = await neighbour.ours.reader(), await neighbour.ours.copy()
    await neighbour.ours.lend(reader, number)
    wanted = "<UserElementType><Scheme>x</Scheme><Value>Name Information</Value></UserElementType>"
    told = await neighbour.ask("LookupUser", neighbour.user(reader) + wanted + "<LoanedItemsDesired/>")
    assert told.findtext("UserTransaction/LoanedItem/UniqueItemId/ItemIdentifierValue") == number
    assert told.find("UserTransaction/RequestedItem") is None
    assert told.findtext("UserOptionalFields/NameInformation/PersonalNameInformation/UnstructuredPersonalUserName")
    assert told.find("UserOptionalFields/DateOfBirth") is None


async def test_a_title_is_requested_once_however_often_it_is_sent_and_cancelled_by_its_user(neighbour: Neighbour):
    reader, other, number = await neighbour.ours.reader(), await neighbour.ours.reader(), await neighbour.ours.copy()
    wish = neighbour.user(reader) + item(number) + request("23770051")
    first, again = await neighbour.ask("RequestItem", wish), await neighbour.ask("RequestItem", wish)
    hold = first.findtext("UniqueRequestId/RequestIdentifierValue")
    assert (hold, hold) == (again.findtext("UniqueRequestId/RequestIdentifierValue"), hold)
    described = await neighbour.ask("LookupRequest", request(hold))
    assert described.findtext("ItemOptionalFields/BibliographicDescription/Title")
    stranger = await neighbour.ask("CancelRequestItem", neighbour.user(other) + request(hold))
    assert problem(stranger) == "Unknown Request"
    assert problem(await neighbour.ask("CancelRequestItem", neighbour.user(reader) + request(hold))) is None
    told = await neighbour.ask("LookupUser", neighbour.user(reader) + "<RequestedItemsDesired/>")
    assert told.find("UserTransaction") is None


async def test_a_loan_is_renewed_for_whoever_has_it_alone(neighbour: Neighbour):
    reader, other, number = await neighbour.ours.reader(), await neighbour.ours.reader(), await neighbour.ours.copy()
    await neighbour.ours.lend(reader, number)
    strangers = await neighbour.ask("RenewItem", neighbour.user(other) + item(number))
    assert problem(strangers) == "Item Not Checked Out To This User"
    renewed = await neighbour.ask("RenewItem", neighbour.user(reader) + item(number))
    assert renewed.findtext("DateDue") or problem(renewed) == "Item Not Renewable"


@pytest.mark.parametrize(
    ("verb", "body", "value"),
    [
        (
            "LookupUser",
            "<VisibleUserId><VisibleUserIdentifier>K0</VisibleUserIdentifier></VisibleUserId>",
            "Unknown User",
        ),
        ("LookupItem", item("0000000000"), "Unknown Item"),
        ("LookupRequest", request("{3DE8CBA5-6F59}"), "Unknown Request"),
        ("LookupRequest", request("99999999"), "Unknown Request"),
        ("AcceptItem", "", "Unsupported Service"),
    ],
)
async def test_what_cannot_be_done_is_told_in_ncips_words(verb: str, body: str, value: str, neighbour: Neighbour):
    assert problem(await neighbour.ask(verb, body)) == value


async def test_an_item_is_described(neighbour: Neighbour):
    number = await neighbour.ours.copy()
    told = await neighbour.ask("LookupItem", item(number))
    assert told.findtext("ItemOptionalFields/BibliographicDescription/Title")


async def test_a_wrong_secret_asks_for_nothing(neighbour: Neighbour):
    reader = await neighbour.ours.reader()
    told = await neighbour.ask("LookupUser", neighbour.user(reader), secret="guess")
    assert (problem(told), told.find("UniqueUserId")) == ("Agency Authentication Failed", None)


async def test_what_is_no_message_is_400_and_entities_are_never_looked_at(neighbour: Neighbour):
    bomb = '<!DOCTYPE NCIPMessage [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><NCIPMessage><X>&b;</X></NCIPMessage>'
    file = '<!DOCTYPE NCIPMessage [<!ENTITY a SYSTEM "file:///etc/passwd">]><NCIPMessage><X>&a;</X></NCIPMessage>'
    for body in ("", "{}", "<NCIPMessage/>", "<other><X/></other>", bomb, file, b"\xff", "<a>" + "x" * 70_000):
        answer = await neighbour.post(body)
        assert (answer.status_code, answer.content) == (400, b"")
