"""The one scan field: what each scan does and says."""

import re
import secrets

import pytest
from httpx import Response

from circulation.conftest import lender  # noqa: F401 - a fixture
from circulation.holds.wishing import title_of, wish
from circulation.lending_library import LendingLibrary
from doors.web.visitor import Visitor
from faelles.catalog.model import NewProvisionalRecord
from faelles.catalog.operations import create_provisional_record
from faelles.ground.access import looks_at
from faelles.ground.ids import PatronId

LOAN = re.compile(r'data-loan="(\d+)"')
PATRON = re.compile(r'data-patron="(\d+)"')


class Desk:
    """Somebody who scans at the main branch; who is open is whoever the last answer says."""

    def __init__(self, employee: Visitor, library: LendingLibrary) -> None:
        self.employee = employee
        self.branch = library.town.main
        self.open: int | None = None

    async def scan(self, scan: str, *, key: str = "", **more: str) -> str:
        form = {"scan": scan, "branch": self.branch, "key": key or secrets.token_hex(8), **more}
        if self.open:
            form["patron"] = self.open
        return self.told(await self.do("/desk/scans", form))

    async def do(self, path: str, form: dict[str, object]) -> Response:
        return await self.employee.send(path, form, headers={"x-fragment": "1"})

    def told(self, answer: Response) -> str:
        assert answer.status_code == 200, answer.text
        if found := PATRON.search(answer.text):
            self.open = int(found[1])
        return answer.text


@pytest.fixture
def desk(employee: Visitor, library: LendingLibrary) -> Desk:
    return Desk(employee, library)


async def test_a_card_opens_its_patron(desk: Desk, library: LendingLibrary):
    reader = await library.reader()
    said = await desk.scan(reader.card)
    assert PatronId(desk.open or 0) == reader.id
    assert "Søren Låner" in said


async def test_whoever_is_opened_was_looked_at_once_for_all_that_is_shown(desk: Desk, library: LendingLibrary):
    reader = await library.reader()
    await desk.scan(reader.card)
    looks = await library.run(lambda tx: looks_at(tx, [reader.id], before=None, limit=10))
    assert sorted(look.operation for look in looks) == ["identify_patron", "open_at_desk"]


async def test_a_copy_is_lent_to_the_patron_who_is_open(desk: Desk, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await desk.scan(reader.card)
    said = await desk.scan(item)
    assert 'data-tone="done"' in said
    assert "Udlånt." in said
    assert "Afleveres" in said
    assert (await library.state_of(item)) == "on_loan"


async def test_a_copy_is_taken_back_while_nobody_is_open(desk: Desk, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    assert "Afleveret." in await desk.scan(item)
    assert (await library.state_of(item)) == "available"


async def test_a_scan_that_comes_twice_is_done_once(desk: Desk, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await desk.scan(reader.card)
    first = await desk.scan(item, key="the-same-scan")
    again = await desk.scan(item, key="the-same-scan")
    assert LOAN.findall(first) == LOAN.findall(again) != []


async def test_a_refusal_says_why_and_lets_those_who_may_step_over_it(desk: Desk, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy("reference")
    await desk.scan(reader.card)
    said = await desk.scan(item)
    assert 'data-tone="stop"' in said
    assert "Afvist." in said
    (blocks,) = re.findall(r'name="blocks" value="([^"]+)"', said)
    over = {"item": item, "patron": reader.id, "blocks": blocks, "reason": "Skal bruges i dag", "branch": desk.branch}
    assert "Udlånt." in desk.told(await desk.do("/desk/overrides", over | {"key": secrets.token_hex(8)}))


async def test_the_last_loan_can_be_undone(desk: Desk, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await desk.scan(reader.card)
    (loan,) = LOAN.findall(await desk.scan(item))
    undo = {"loan": loan, "branch": desk.branch, "key": secrets.token_hex(8), "patron": reader.id}
    assert "Fortrudt." in desk.told(await desk.do("/desk/undo", undo))
    assert (await library.state_of(item)) == "available"


@pytest.mark.parametrize(("why", "tone"), [("stolen", "stop"), ("lost", "stop"), ("replaced", "notice")])
async def test_a_card_that_holds_no_longer_opens_its_patron_with_a_warning(
    why: str, tone: str, desk: Desk, library: LendingLibrary
):
    reader = await library.reader()
    sql = "UPDATE patron_identifier SET ended_at = $4, ended_why = $3 WHERE agency_id = $1 AND patron_id = $2"
    await library.run(lambda tx: tx.execute(sql, tx.agency, reader.id, why, tx.now))
    said = await desk.scan(reader.card)
    assert desk.open == reader.id
    assert f'data-tone="{tone}"' in said
    assert "Kortet gælder ikke længere" in said


async def test_a_card_of_another_library_is_no_search_that_found_nothing(desk: Desk):
    said = await desk.scan(f"Q{secrets.randbelow(10**8):08d}")
    assert "hverken et kort eller et materiale" in said
    assert 'data-tone="stop"' in said


async def test_another_librarys_copy_is_told_as_that_while_somebody_is_open(
    desk: Desk,
    library: LendingLibrary,
    lender: LendingLibrary,  # noqa: F811 - the fixture
):
    item = await lender.copy()
    assert "tilhører et andet bibliotek og sendes hjem" in await desk.scan(item)
    await desk.scan((await library.reader()).card)
    assert "tilhører et andet bibliotek og lånes ikke ud her" in await desk.scan(item)


async def test_renewing_nothing_is_told_as_that(desk: Desk, library: LendingLibrary):
    await desk.scan((await library.reader()).card)
    form = {"branch": desk.branch, "key": secrets.token_hex(8), "patron": desk.open}
    said = (await desk.do("/desk/renewals", form)).text
    assert "Ingen lån." in said
    assert 'data-tone="notice"' in said


async def test_a_name_is_searched_for(desk: Desk, library: LendingLibrary):
    reader = await library.reader()
    said = await desk.scan("søren låner")
    assert 'data-tone="ask"' in said
    assert f"/desk?patron={reader.id}" in said


async def test_a_search_that_finds_many_leads_on_to_all_of_them(desk: Desk, library: LendingLibrary):
    for _ in range(10):
        await library.reader()
    assert "Vis alle lånere" not in await desk.scan("søren låner")
    await library.reader()
    said = await desk.scan("søren låner")
    assert said.count("/desk?patron=") == 10
    assert "Vis alle lånere" in said
    (name,) = re.findall(r'name="name" value="([^"]+)"', said)
    found = await desk.employee.send("/patrons", {"name": name})
    assert (await desk.employee.get(found.headers["location"])).text.count("Søren Låner") == 11


async def test_a_number_nobody_knows_is_told_apart_from_a_search(desk: Desk):
    assert "hverken et kort eller et materiale" in await desk.scan("123456")


async def test_figures_typed_in_groups_are_one_number(desk: Desk, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await desk.scan(reader.card)
    assert "Udlånt." in await desk.scan(f"{item[:4]} {item[4:7]} {item[7:]}")


async def test_the_publishers_barcode_lends_nothing_and_shows_the_title(desk: Desk, library: LendingLibrary):
    new = NewProvisionalRecord(title="Bag på bogen", isbn="978-0-306-40615-7")
    record = await library.run(lambda tx: create_provisional_record(tx, library.librarian, new))
    await desk.scan((await library.reader()).card)
    for scan in ("9780306406157", "978-0-306-40615-7", "0306406152"):
        said = await desk.scan(scan)
        assert 'data-tone="stop"' in said
        assert "forlagets stregkode" in said
        assert f"/titles/{record.id}" in said


@pytest.mark.parametrize("scan", ["", " ", "x" * 101, "a\x00b", "\x1b[31m"])
async def test_a_scan_that_is_none_is_refused_in_words(desk: Desk, scan: str):
    form = {"scan": scan, "branch": desk.branch, "key": secrets.token_hex(8)}
    answer = await desk.do("/desk/scans", form)
    assert answer.status_code in (200, 400)
    assert 'data-tone="' in answer.text


async def test_a_script_whose_session_is_over_is_told_so_and_not_sent_elsewhere(desk: Desk):
    desk.employee.http.cookies.clear()
    form = {"scan": "K1", "branch": desk.branch, "key": secrets.token_hex(8)}
    assert (await desk.do("/desk/scans", form)).status_code == 401


@pytest.mark.parametrize(("language", "said"), [("da", ("1 lån", "1 reservering ")), ("en", ("1 loan ", "1 hold "))])
async def test_one_loan_and_one_hold_are_not_told_as_several(
    language: str, said: tuple[str, ...], employee: Visitor, library: LendingLibrary
):
    reader = await library.reader()
    await library.lend(reader, await library.copy())
    await wish(library, reader, await title_of(library, await library.copy()))
    employee.http.cookies.set("faelles_language", language, domain="faelles.test")
    for page in (f"/desk?patron={reader.id}", f"/patrons/{reader.id}"):
        words = " ".join(re.sub(r"<[^>]+>", " ", (await employee.get(page)).text).split())
        assert [each for each in said if each not in words] == []
