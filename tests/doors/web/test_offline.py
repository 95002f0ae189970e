"""What the server does for a desk without a connection: what it lets the browser keep, and what it takes afterwards."""

import base64
import hmac
import json
import re
import secrets
from datetime import timedelta

import pytest
from httpx import Response

from circulation.lending_library import LendingLibrary, Reader
from doors.web.school import a_class
from doors.web.visitor import Visitor
from faelles.circulation.loans.offline_model import CONFLICTS
from faelles.circulation.looking.operations import show_loan
from faelles.doors.web.offline.advice import advice_on
from faelles.ground.clock import utc_now
from faelles.ground.i18n import Language, knows
from faelles.ground.ids import LoanId

BLOCK = (
    "INSERT INTO patron_block (agency_id, patron_id, code, starts_on, set_by)"
    " VALUES ($1, $2, $3, current_date - 1, 'staff:1')"
)


async def sent(employee: Visitor, library: LendingLibrary, scan: str, told: str, **more: object) -> Response:
    form = {"scan": scan, "told": told, "branch": library.town.main, "key": secrets.token_hex(8)}
    form["happened_at"] = (utc_now() - timedelta(minutes=5)).isoformat()
    return await employee.send("/desk/offline-scans", form | more, headers={"x-fragment": "1"})


async def kept(nobody: Visitor) -> dict[str, object]:
    found = re.match(r"const KEPT = (\{.*\});\n", (await nobody.get("/service-worker.js")).text)
    assert found is not None
    told: dict[str, object] = json.loads(found[1])
    return told


async def test_what_is_kept_is_the_same_for_everybody_and_there(nobody: Visitor, employee: Visitor):
    told = await kept(nobody)
    assert told == await kept(employee)
    files, pages = told["files"], told["pages"]
    assert isinstance(files, list)
    assert isinstance(pages, dict)
    kept_pages = [path for places in pages.values() for path in places.values()]
    assert sorted(pages) == ["/desk", "/group-loan"]
    for path in [*files, *kept_pages]:
        assert (await nobody.get(path)).status_code == 200, path
    for path in files:
        answer = await nobody.http.get(path, headers={"accept-encoding": "gzip"})
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
    for path in kept_pages:
        page = await employee.get(path)
        assert page.text == (await nobody.get(path)).text
        assert 'name="form-token" content=""' in page.text


async def test_a_script_names_others_by_their_content(nobody: Visitor):
    files = (await kept(nobody))["files"]
    assert isinstance(files, list)
    desk = next(path for path in files if path.endswith("/desk.js"))
    named = re.findall(r'from "\.\./([0-9a-f]+/[a-z]+\.js)"', (await nobody.get(desk)).text)
    assert named
    assert {f"/static/{name}" for name in named} <= set(files)


async def test_a_loan_is_taken_as_fact_once(employee: Visitor, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    form = {"card": reader.card, "key": "told-only-once"}
    moment = {"happened_at": (utc_now() - timedelta(minutes=5)).isoformat()}
    for _ in range(2):
        answer = await sent(employee, library, item, "checkout", **form, **moment)
        assert 'data-tone="done"' in answer.text
    assert await library.state_of(item) == "on_loan"


async def test_whoever_was_open_before_is_lent_to(employee: Visitor, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    assert 'data-tone="done"' in (await sent(employee, library, item, "checkout", patron=reader.id)).text
    assert await library.state_of(item) == "on_loan"


async def test_a_class_answers_for_whoever_is_known_by_a_card_alone(employee: Visitor, library: LendingLibrary):
    pupil, item = await library.reader("child"), await library.copy()
    made = await a_class(library, [pupil])
    answer = await sent(employee, library, item, "checkout", card=pupil.card, answering=made)
    told = re.search(r'data-loan="(\d+)"', answer.text)
    assert told is not None
    loan = await library.run(lambda tx: show_loan(tx, library.librarian, LoanId(int(told[1]))))
    assert (loan.borrower, loan.second_borrower) == (made, pupil.id)


async def test_nothing_is_lent_to_a_class_for_a_card_that_is_nobodys_any_more(
    employee: Visitor, library: LendingLibrary
):
    pupil, item = await library.reader("child"), await library.copy()
    made = await a_class(library, [pupil])
    ended = "UPDATE patron_identifier SET ended_at = now(), ended_why = 'lost' WHERE agency_id = $1 AND patron_id = $2"
    await library.run(lambda tx: tx.execute(ended, tx.agency, pupil.id))
    answer = await sent(employee, library, item, "checkout", card=pupil.card, answering=made)
    assert 'data-code="web_offline_taken_refused"' in answer.text
    assert ("data-loan" in answer.text, await library.state_of(item)) == (False, "available")


async def test_a_return_that_was_done_before_the_line_broke_is_known_by_its_key(
    employee: Visitor, library: LendingLibrary
):
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    scan = {"scan": item, "branch": library.town.main, "key": "the-same-return"}
    assert "Afleveret." in (await employee.send("/desk/scans", scan, headers={"x-fragment": "1"})).text
    answer = await sent(employee, library, item, "return", key="the-same-return")
    assert "Var modtaget, før forbindelsen gik." in answer.text


async def test_a_conflict_comes_back_with_what_to_do_and_is_on_the_work_list(
    employee: Visitor, library: LendingLibrary
):
    reader, item = await library.reader(), await library.copy("reference")
    answer = await sent(employee, library, item, "checkout", card=reader.card)
    assert 'data-conflicts="0"' not in answer.text
    assert "Bed låneren om at aflevere" in answer.text
    listed = await employee.get("/lists/work")
    assert item in listed.text
    assert "Bed låneren om at aflevere" in listed.text


@pytest.mark.parametrize("told", ["checkout", "card", "return"])
async def test_a_card_is_a_card_whatever_the_desk_took_it_for(employee: Visitor, library: LendingLibrary, told: str):
    reader = await library.reader()
    assert "Kortet er kendt." in (await sent(employee, library, reader.card, told, card="K000000000")).text


async def test_a_copy_that_was_taken_for_a_card_is_lent_to_the_card_before(employee: Visitor, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await sent(employee, library, item, "card", card=reader.card)
    assert await library.state_of(item) == "on_loan"


async def test_a_moment_to_come_is_now(employee: Visitor, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    tomorrow = (utc_now() + timedelta(days=1)).isoformat()
    assert (
        'data-tone="done"'
        in (await sent(employee, library, item, "checkout", card=reader.card, happened_at=tomorrow)).text
    )


async def blocked(employee: Visitor, library: LendingLibrary) -> tuple[str, dict[str, str]]:
    answer = await employee.get(f"/desk/blocked-cards?branch={library.town.main}")
    assert answer.status_code == 200
    return answer.text, answer.json()


def short(key: str, reader: Reader) -> str:
    return hmac.digest(base64.b64decode(key), reader.card.encode(), "sha256")[:4].hex()


async def test_blocked_cards_are_listed_without_saying_whose(employee: Visitor, library: LendingLibrary):
    stopped, at_machines, free, lost = [await library.reader() for _ in range(4)]
    await library.run(lambda tx: tx.execute(BLOCK, tx.agency, stopped.id, "M"))
    await library.run(lambda tx: tx.execute(BLOCK, tx.agency, at_machines.id, "S"))
    ended = (
        "UPDATE patron_identifier SET ended_at = now(), ended_why = 'stolen' WHERE agency_id = $1 AND patron_id = $2"
    )
    await library.run(lambda tx: tx.execute(ended, tx.agency, lost.id))
    text, told = await blocked(employee, library)
    assert set(told["hashes"]) == {short(told["key"], stopped), short(told["key"], lost)}
    assert short(told["key"], free) not in told["hashes"]
    assert stopped.card not in text
    assert "patron.blocked_cards_listed" in await library.events()


async def test_the_list_of_another_municipality_fits_no_card_here(
    employee: Visitor, library: LendingLibrary, nobody: Visitor
):
    _, told = await blocked(employee, library)
    assert len(base64.b64decode(told["key"])) == 32
    assert (await nobody.http.get("/desk/blocked-cards?branch=1", headers={"x-fragment": "1"})).status_code == 401


@pytest.mark.parametrize("language", list(Language))
def test_every_conflict_has_its_advice(language: Language):
    for kind in ("offline_checkout", "offline_return", "offline_renewal"):
        for code in CONFLICTS:
            assert all(knows(each, language) for each in advice_on(kind, [code]))
    assert advice_on("search_shelves", ["patron_not_found"]) == []
