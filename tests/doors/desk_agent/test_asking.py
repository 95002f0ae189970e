"""Asking the agent over HTTP: who may, and what it does with a pad and a printer."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient

from faelles.doors.desk_agent.pad import PretendedPad, start_supplier
from faelles.doors.desk_agent.pairing import Pairing
from faelles.doors.desk_agent.printing import PretendedPrinter
from faelles.doors.desk_agent.server import Desk, application
from faelles.doors.desk_agent.tags import FREE, SECURED
from faelles.ground.errors import MisconfiguredError

ORIGIN = "https://bibliotek.test"
NUMBER = "5000000001"


@pytest.fixture
def codes() -> list[str]:
    return []


@pytest.fixture
def desk(tmp_path: Path, codes: list[str]) -> Desk:
    return Desk(Pairing(ORIGIN, tmp_path / "token", codes.append), PretendedPad(), PretendedPrinter())


@pytest.fixture
async def page(desk: Desk) -> AsyncIterator[AsyncClient]:
    """A page of ours, not paired yet."""
    transport = ASGITransport(cast("Any", application(desk)))
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8731", headers={"origin": ORIGIN}) as client:
        yield client


@pytest.fixture
async def paired(page: AsyncClient, codes: list[str]) -> AsyncClient:
    answer = await page.post("/v1/pair", json={"code": codes[-1]})
    page.headers["authorization"] = f"Bearer {answer.json()['token']}"
    return page


@pytest.mark.parametrize("path", ["/v1/pad", "/v1/status"])
async def test_a_page_of_another_origin_is_not_served(paired: AsyncClient, path: str):
    answer = await paired.get(path, headers={"origin": "https://elsewhere.test"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_a_name_that_only_points_here_is_not_served(paired: AsyncClient):
    assert (await paired.get("/v1/pad", headers={"host": "rebound.test:8731"})).status_code == 403


async def test_without_a_pairing_there_is_only_the_status(page: AsyncClient):
    assert (await page.get("/v1/pad")).status_code == 401
    status = (await page.get("/v1/status")).json()
    assert (status["is_paired"], status["is_simulated"]) == (False, True)


async def test_a_code_is_used_up_and_five_wrong_ones_change_it(page: AsyncClient, codes: list[str]):
    first = codes[-1]
    assert (await page.post("/v1/pair", json={"code": first})).status_code == 200
    assert (await page.post("/v1/pair", json={"code": first})).status_code == 403
    second = codes[-1]
    for _ in range(4):
        await page.post("/v1/pair", json={"code": "wrong"})
    assert codes[-1] != second != first


async def test_a_pairing_outlives_the_program(desk: Desk, paired: AsyncClient):
    again = Pairing(ORIGIN, desk.pairing.keep, lambda _: None)
    assert again.knows(paired.headers["authorization"].removeprefix("Bearer "))
    assert not again.knows("")


async def test_what_lies_on_the_pad_is_told_with_what_is_missing(desk: Desk, paired: AsyncClient):
    cast("PretendedPad", desk.pad).lay(NUMBER, owner="DK-710100", parts=3, missing=1)
    told = (await paired.get("/v1/pad")).json()
    assert [(each["number"], each["seen"], each["is_complete"]) for each in told["copies"]] == [(NUMBER, [1, 2], False)]
    assert (await paired.get("/v1/pad", params={"after": told["mark"], "wait": 0})).json() == told


async def test_security_is_switched_on_every_part_and_tried_again(desk: Desk, paired: AsyncClient):
    pad = cast("PretendedPad", desk.pad)
    first, second = pad.lay(NUMBER, owner="DK-710100", parts=2)
    pad.stubborn = {second: 2}
    answer = await paired.post("/v1/security", json={"number": NUMBER, "secured": False})
    assert answer.json() == {"done": True, "failed": []}
    assert {pad.tags[first].family, pad.tags[second].family} == {FREE}


async def test_a_tag_that_never_takes_it_is_named(desk: Desk, paired: AsyncClient):
    pad = cast("PretendedPad", desk.pad)
    (uid,) = pad.lay(NUMBER, owner="DK-710100")
    pad.stubborn = {uid: 100}
    answer = await paired.post("/v1/security", json={"number": NUMBER, "secured": False})
    assert answer.json() == {"done": False, "failed": [uid]}
    assert pad.tags[uid].family == SECURED


async def test_what_does_not_lie_there_cannot_be_switched(paired: AsyncClient):
    assert (await paired.post("/v1/security", json={"number": NUMBER, "secured": True})).status_code == 404


async def test_lines_are_printed_without_a_question(desk: Desk, paired: AsyncClient):
    answer = await paired.post("/v1/print", json={"lines": ["Reserveret", "42"]})
    assert answer.json() == {"done": True}
    assert cast("PretendedPrinter", desk.printer).sheets == [("Reserveret", "42")]


async def test_the_simulator_is_for_hands_and_not_for_pages(page: AsyncClient):
    laid = {"number": NUMBER, "parts": 2}
    assert (await page.post("/v1/simulated", json=laid)).status_code == 403
    del page.headers["origin"]
    assert len((await page.post("/v1/simulated", json=laid)).json()["tags"]) == 2


async def test_a_suppliers_program_is_asked_in_lines(tmp_path: Path):
    program = tmp_path / "pad.py"
    program.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    asked = json.loads(line)\n"
        "    tags = [{'uid': 'E004', 'block': '00' * 32, 'family': 7}]\n"
        "    said = {'tags': tags} if asked['ask'] == 'read' else {'done': asked['uid'] == 'E004'}\n"
        "    print(json.dumps(said), flush=True)\n"
    )
    pad = await start_supplier(f"{sys.executable} {program}")
    assert [tag.uid for tag in await pad.read()] == ["E004"]
    assert await pad.write_family("E004", FREE)
    assert not await pad.write_family("E005", FREE)
    pad.program.kill()
    await pad.program.wait()
    with pytest.raises(OSError):
        await pad.read()


async def test_a_program_that_is_not_there_is_said_so():
    with pytest.raises(MisconfiguredError):
        await start_supplier("/nowhere/pad")
