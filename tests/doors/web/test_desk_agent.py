"""A desk with a pad and a printer beside the browser, both pretended."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from playwright.async_api import Page, expect

from circulation.lending_library import LendingLibrary
from doors.web.browsing import Hands, picture
from faelles.doors.desk_agent.pad import PretendedPad
from faelles.doors.desk_agent.pairing import Pairing
from faelles.doors.desk_agent.printing import PretendedPrinter
from faelles.doors.desk_agent.server import Desk, serve
from faelles.doors.desk_agent.tags import FREE, SECURED
from waiting import PATIENCE, free_port

OWNER = "DK-710100"


@pytest.fixture
async def beside(page: Page, address: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """An agent that the page has been paired with."""
    port = free_port()
    monkeypatch.setattr("faelles.doors.desk_agent.address.ADDRESS", f"http://127.0.0.1:{port}")
    codes: list[str] = []
    desk = Desk(Pairing(address, None, codes.append), PretendedPad(), PretendedPrinter())
    is_open = asyncio.Event()
    running = asyncio.create_task(serve(desk, port, is_open.set))
    await is_open.wait()
    await page.goto("/desk")
    await page.locator("#agent summary").click()
    await page.locator("#agent-code").fill(codes[-1])
    await page.locator("#agent-code").press("Enter")
    await expect(page.locator("#agent-said")).to_have_text("Plade og printer er klar.")
    await expect(page.locator("#scan")).to_be_focused()
    yield desk
    await page.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)


async def test_a_set_on_the_pad_is_lent_when_complete_and_freed_after_the_answer(
    page: Page, beside: Desk, library: LendingLibrary
):
    pad, hands = beside.pad, Hands(page)
    assert isinstance(pad, PretendedPad)
    reader, item = await library.reader(), await library.copy()
    await hands.scan(reader.card)
    await hands.answered(1)
    pad.lay(item, owner=OWNER, parts=2, missing=1)
    await expect(hands.latest).to_contain_text("Dele mangler på pladen: 1 af 2.")
    assert {tag.family for tag in pad.tags.values()} == {SECURED}
    pad.clear()
    pad.stubborn = dict.fromkeys(pad.lay(item, owner=OWNER, parts=2), 1)
    await expect(hands.latest).to_contain_text("Udlånt.")
    await until(lambda: {tag.family for tag in pad.tags.values()} == {FREE})
    assert await library.state_of(item) == "on_loan"
    await picture(page, "desk-agent")


async def test_a_refused_copy_stays_secured_and_a_tag_that_does_not_switch_is_told(
    page: Page, beside: Desk, library: LendingLibrary
):
    pad, hands = beside.pad, Hands(page)
    assert isinstance(pad, PretendedPad)
    reader, item, reference = await library.reader(), await library.copy(), await library.copy("reference")
    await hands.scan(reader.card)
    await hands.answered(1)
    pad.lay(reference, owner=OWNER)
    await expect(hands.latest).to_contain_text("Afvist.")
    assert {tag.family for tag in pad.tags.values()} == {SECURED}
    pad.clear()
    pad.stubborn = dict.fromkeys(pad.lay(item, owner=OWNER), 100)
    await expect(hands.latest).to_contain_text("Sikringen kunne ikke slås fra.")


async def test_a_receipt_is_printed_without_a_question(page: Page, beside: Desk, library: LendingLibrary):
    printer, hands = beside.printer, Hands(page)
    assert isinstance(printer, PretendedPrinter)
    reader, item = await library.reader(), await library.copy()
    await hands.scan(reader.card)
    await hands.scan(item)
    await hands.answered(2)
    await hands.press("Alt+k")
    await until(lambda: len(printer.sheets) == 1)
    assert "Frøken Smillas fornemmelse for sne" in printer.sheets[0][2]
    assert not any("Søren" in line for line in printer.sheets[0])
