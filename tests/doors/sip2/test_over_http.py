"""SIP2 in XML over HTTP: the same conversation, worded as the national system's clients know it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape, quoteattr

import pytest
from httpx import ASGITransport, AsyncClient, Response

from circulation.holds.wishing import title_of, wish
from circulation.lending_library import LendingLibrary
from doors.impatient import GUESSES, impatient
from doors.sip2.conftest import Hall
from doors.sip2.machine import BLANK, sip_date
from faelles.circulation.self_service.model import HeldTold
from faelles.doors.rest.app import create_app
from faelles.doors.sip2.messages import Message, parse
from faelles.doors.sip2.over_http import NAMESPACE, over_http
from faelles.doors.sip2.parts import described, joined
from faelles.fees.desk.model import ManualCharge, ManualKind
from faelles.fees.desk.operations import charge_manually
from faelles.ground.clock import utc_now
from faelles.ground.i18n import Language, text
from faelles.patrons.blocks.model import BlockCode, SetBlock
from faelles.patrons.blocks.operations import set_block
from faelles.people.machines.model import MachineSecret

SIP = f"{{{NAMESPACE}}}sip"


class WebClient:
    def __init__(self, http: AsyncClient, library: LendingLibrary, made: MachineSecret) -> None:
        self.http, self.library, self.made = http, library, made

    async def post(self, body: str | bytes, isil: str | None = None) -> Response:
        return await self.http.post(f"/rest/sip2/{isil or self.library.town.isil}", content=body)

    def said(self, message: str, **changed: str) -> str:
        login, password = changed.get("login", self.made.username), changed.get("password", self.made.secret)
        return (
            f'<s:sip xmlns:s="{NAMESPACE}" login={quoteattr(login)} password={quoteattr(password)}>'
            f"<request>{escape(message)}</request></s:sip>"
        )

    async def ask(self, message: str) -> Message:
        answer = await self.post(self.said(message))
        assert answer.status_code == 200, answer.text
        return parse(response_in(answer))


def response_in(answer: Response) -> str:
    return child_of(answer, "response")


def error_in(answer: Response) -> str:
    return child_of(answer, "error")


def child_of(answer: Response, tag: str) -> str:
    """What is in the answer's one child, which has no namespace."""
    root = fromstring(answer.content)
    assert (root.tag, [child.tag for child in root]) == (SIP, [tag])
    return root[0].text or ""


@pytest.fixture(params=[over_http], ids=[""])
async def web(hall: Hall, request: pytest.FixtureRequest) -> AsyncIterator[WebClient]:
    app = create_app(hall.services.database, hall.services.keyring, routers=(), neighbours={"/rest": request.param})
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://faelles.test") as opened:
        yield WebClient(opened, hall.library, await hall.machine(pin="when_given"))


async def test_the_status_is_the_agencys(web: WebClient):
    told = await web.ask("9900802.00")
    assert (told.fixed["timeout_period"], told.fixed["retries_allowed"], len(told.get("BX"))) == ("600", "999", 17)
    assert told.get("AM").startswith("By ")


async def test_a_loan_tells_its_copy_in_parts_and_a_repeat_is_the_same_transaction(web: WebClient):
    reader, item = await web.library.reader(), await web.library.copy()
    message = f"11NN{sip_date()}{BLANK}AOx|AA{reader.card}|AB{item}|AC|AD{reader.pin}|"
    lent, again = await web.ask(message), await web.ask(message)
    assert (lent.fixed["ok"], lent.get("AA"), lent.get("AB")) == ("1", f"LN:{reader.id}", item)
    assert lent.get("AH").endswith("    000000")
    assert (lent.get("CH").count("%"), len(lent.get("BK"))) == (4, 36)
    assert again.get("BK") == lent.get("BK")


async def test_lists_are_told_in_parts_and_a_patron_number_is_as_good_as_the_card(web: WebClient):
    reader, item = await web.library.reader(), await web.library.copy()
    await web.library.lend(reader, item)
    for called in (reader.card, f"ANY:{reader.card}", f"LN:{reader.id}"):
        told = await web.ask(f"63009{sip_date()}  Y       AOx|AA{called}|AC|AD{reader.pin}|")
        number, due, title, *rest = told.get("AU").split("%")
        assert (number, len(due), bool(title), len(rest)) == (item, 8, True, 4)
        assert (told.get("AA"), told.get("BL"), told.get("CQ")) == (f"LN:{reader.id}", "Y", "Y")
        assert (told.get("BZ"), told.get("BH")) == ("9999", "DKK")


async def test_every_list_is_told_at_once_and_the_empty_ones_too(web: WebClient):
    """As machines ask: nine times Y, and a delimiter where the tenth would be."""
    library, reader = web.library, await web.library.reader()
    message = f"63009{sip_date()}YYYYYYYYY|AOx|AA{reader.card}|AC|AD{reader.pin}|"
    lists = ("AS", "AT", "AU", "AV", "BU", "CD")
    bare = await web.ask(message)
    assert [bare.fields.get(field) for field in lists] == [[""]] * 6
    late, lent = await library.copy(), await library.copy()
    library.clock.now = utc_now() - timedelta(days=45)
    await library.lend(reader, late)
    library.clock.now = utc_now()
    await library.lend(reader, lent)
    charge = ManualCharge(branch=library.town.main, kind=ManualKind.MANUAL, amount_ore=4_500, reason="Omslag")
    await library.run(lambda tx: charge_manually(tx, library.librarian, reader.id, charge))
    waited = await library.copy()
    await library.lend(await library.reader(), waited)
    await wish(library, reader, await title_of(library, waited))
    told = await web.ask(f"63009{sip_date()}YYYYYYYYY|AOx|AA{reader.card}|AC|AD{reader.pin}|")
    assert [len(told.fields[field]) for field in lists] == [1, 1, 2, 1, 1, 1]
    assert (told.get("AS"), told.get("BU")) == ("", "")
    assert [each.split("%")[0] for each in told.fields["AU"]] == [late, lent]
    assert told.get("AT") == told.fields["AU"][0]
    number, claim, raised, owed, *what = told.get("AV").split("%")
    assert (number, claim.isdigit(), len(raised), owed, what) == ("", True, 8, "45.00", [""] * 5)
    title, copy, until, *what = told.get("CD").split("%")
    assert (bool(title), copy, len(until), len(what)) == (True, "", 8, 5)
    assert (told.fixed["hold_items_count"], told.fixed["unavailable_holds_count"]) == ("0000", "0001")
    second = await web.ask(f"63009{sip_date()}  Y       AOx|AA{reader.card}|AC|AD{reader.pin}|BP2|")
    assert ([each.split("%")[0] for each in second.fields["AU"]], "CD" in second.fields) == ([lent], False)


async def test_a_lost_book_is_on_loan_and_not_overdue(web: WebClient):
    library, reader, item = web.library, await web.library.reader(), await web.library.copy()
    library.clock.now = utc_now() - timedelta(days=45)
    await library.lend(reader, item)
    library.clock.now = utc_now()
    await library.lose(item)
    told = await web.ask(f"63009{sip_date()} YY       AOx|AA{reader.card}|AC|AD{reader.pin}|")
    assert (told.get("AT"), told.get("AU").split("%")[0], told.fixed["overdue_items_count"]) == ("", item, "0000")


def test_a_title_is_described_by_the_formats_codes():
    told = HeldTold(
        identifier="x:1",
        title="Tørst",
        creators=("Jo Nesbø",),
        material_type="book",
        classification=None,
        item_number=None,
    )
    assert joined(described(told)) == "Tørst%Jo Nesbø%a%xx%"
    assert joined(described(None)) == "%%%%"


async def test_what_lies_ready_is_told_with_its_place_on_the_shelf(web: WebClient):
    library, reader = web.library, await web.library.reader()
    item = await library.copy()
    library.clock.now = utc_now()
    await library.lend(await library.reader(), item)
    await wish(library, reader, await title_of(library, item))
    await library.take_back(item)
    told = await web.ask(f"63009{sip_date()}YYYYYYYYY|AOx|AA{reader.card}|AC|AD{reader.pin}|")
    title, copy, shelf, until, place, *what = told.get("AS").split("%")
    assert (bool(title), copy, bool(shelf), len(until), len(what)) == (True, item, True, 8, 5)
    assert place == f"{library.town.isil}00 - Hovedbiblioteket"
    assert (told.get("CD"), told.fixed["hold_items_count"]) == ("", "0001")


async def test_renewed_and_returned_copies_are_told_with_their_place(web: WebClient):
    reader, item = await web.library.reader(), await web.library.copy()
    await web.library.lend(reader, item)
    renewed = await web.ask(f"65{sip_date()}AOx|AA{reader.card}|AD{reader.pin}|")
    number, how, *rest = (renewed.get("BM") or renewed.get("BN")).split("%")
    assert (number, how in {"SUCCESSFUL", "UNSUCCESSFUL"}, len(rest)) == (item, True, 6)
    back = await web.ask(f"09N{sip_date()}{sip_date()}AP|AOx|AB{item}|AC|")
    assert (back.fixed["ok"], back.get("AQ").count("%"), back.get("CH").count("%")) == ("1", 3, 4)
    assert back.get("AA") == f"LN:{reader.id}"
    never_lent = await web.ask(f"09N{sip_date()}{sip_date()}AP|AOx|AB{await web.library.copy()}|AC|")
    assert "AA" not in never_lent.fields


async def test_who_is_not_known_is_told_as_sent(web: WebClient):
    reader = await web.library.reader()
    for card, pin in (("K0000000", "1"), (reader.card, "0000")):
        told = await web.ask(f"23009{sip_date()}AOx|AA{card}|AC|AD{pin}|")
        assert (told.get("AA"), told.get("BL"), told.get("CQ")) == (f"ANY:{card}", "N", "N")


async def test_who_is_refused_something_is_told_by_number_and_by_their_card_with_a_wrong_pin(web: WebClient):
    reader, other = await web.library.reader(), await web.library.reader()
    lent, free = await web.library.copy(), await web.library.copy()
    await web.library.lend(other, lent)
    barred = SetBlock(code=BlockCode.MANUAL)
    await web.library.run(lambda tx: set_block(tx, web.library.librarian, reader.id, barred))
    borrowing = f"11NN{sip_date()}{BLANK}AOx|AA%s|AB{free}|AC|AD%s|"
    renewing = f"29NN{sip_date()}{BLANK}AOx|AA%s|AB{lent}|AD%s|"
    for message in (borrowing, renewing):
        for pin, told_as in ((reader.pin, f"LN:{reader.id}"), ("0000", f"ANY:{reader.card}")):
            told = await web.ask(message % (reader.card, pin))
            assert (told.fixed["ok"], told.get("AA")) == ("0", told_as), (message, pin)


async def test_a_wrong_login_and_another_librarys_address_are_refused(web: WebClient):
    wrong = [
        await web.post(web.said("9900802.00", password="guess")),
        await web.post(web.said("9900802.00", login="nobody")),
        await web.post(web.said("9900802.00"), isil="DK-999999"),
    ]
    assert [(answer.status_code, error_in(answer)) for answer in wrong] == [
        (401, text("sign_in_refused", Language.DANISH))
    ] * 3


WATCHED = pytest.mark.parametrize("web", [impatient(over_http)], ids=["impatient"], indirect=True)


def is_held_up(answer: Response) -> bool:
    return answer.status_code == 429 and bool(error_in(answer)) and int(answer.headers["retry-after"]) > 0


@WATCHED
async def test_whoever_guesses_at_machines_is_held_up_and_who_knows_is_not(web: WebClient):
    for _ in range(GUESSES + 1):
        await web.ask("9900802.00")
    guesses = [
        web.said("9900802.00", password="guess"),
        web.said("9900802.00", login="nobody"),
        web.said("9900802.00", login="somebody"),
    ]
    assert [(await web.post(each)).status_code for each in guesses] == [401] * GUESSES
    assert is_held_up(await web.post(web.said("9900802.00")))


@WATCHED
async def test_a_machine_that_tries_pins_at_many_cards_is_held_up(web: WebClient):
    reader, unknown = await web.library.reader(), "1234567890"
    right = [
        f"23009{sip_date()}AOx|AA{reader.card}|AC|AD{reader.pin}|",
        f"63009{sip_date()}          AOx|AA{reader.card}|AC|AD{reader.pin}|",
        f"11NN{sip_date()}{BLANK}AOx|AA{reader.card}|AB{unknown}|AC|AD{reader.pin}|",
        f"29NN{sip_date()}{BLANK}AOx|AA{reader.card}|AB{unknown}|AD{reader.pin}|",
        f"65{sip_date()}AOx|AA{reader.card}|AD{reader.pin}|",
    ]
    for message in right:
        await web.ask(message)
    for number in range(GUESSES):
        told = await web.ask(f"23009{sip_date()}AOx|AAK9000000{number}|AC|AD1234|")
        assert told.get("CQ") == "N"
    assert is_held_up(await web.post(web.said(right[0])))
    assert (await web.post(web.said("9900802.00"))).status_code == 200


_BOMB = '<!DOCTYPE sip [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><sip><request>&b;</request></sip>'
_FILE = '<!DOCTYPE sip [<!ENTITY a SYSTEM "file:///etc/passwd">]><sip><request>&a;</request></sip>'


_NO_REQUESTS: list[str | bytes] = [
    "",
    "{}",
    "<sip",
    "<other/>",
    "<sip><request>9700</request></sip>",
    "<sip><request>XX</request></sip>",
    "<sip><request>9300CNx|COy|</request></sip>",
    b"\xff\xfe<",
    "<sip>" + "x" * 70_000 + "</sip>",
    _BOMB,
    _FILE,
]


async def test_what_is_no_request_is_a_clean_no(web: WebClient):
    for body in _NO_REQUESTS:
        answer = await web.post(body)
        assert (answer.status_code in {400, 413}, bool(error_in(answer))) == (True, True)
        assert b"root:" not in answer.content
    assert (await web.http.get("/rest/sip2/DK-1")).status_code == 405
