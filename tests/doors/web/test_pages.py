"""Every page there is, as the one it is for and as everybody else; and the words on it."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from doors.rest.digest import Ledger, open_ledger
from doors.rest.furniture import Furniture, filled
from doors.rest.walk import Route
from doors.web.conftest import session_of_staff
from doors.web.visitor import ORIGIN, Visitor
from doors.web.walk import CLOSED, PAGES
from faelles.doors.web.start.help import TOPICS
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.i18n import Language, knows
from faelles.ground.ids import NATION
from faelles.people.model import EVERY_PERMISSION
from house import SOURCE
from town import found_town

TEMPLATES = SOURCE / "doors" / "web" / "templates"

every_page = pytest.mark.parametrize("route", PAGES, ids=str)


def test_the_help_leads_nobody_to_a_page_that_they_may_not_open():
    asked = {page.path: page.access.permission for page in PAGES}
    for topic, path, needed in TOPICS:
        assert asked[path] in {*needed, None}, topic


async def sent(route: Route, visitor: Visitor, furniture: Furniture):
    example = route.access.example
    path = route.path.format(**filled(dict(example.path), furniture.objects))
    if route.method == "GET":
        return await visitor.http.get(path, params=filled(dict(example.query), furniture.objects))
    return await visitor.send(path, filled(example.body, furniture.objects) or {})


@pytest.fixture
async def ledger(owner_url: str) -> AsyncIterator[Ledger]:
    connection = await asyncpg.connect(owner_url, server_settings={"search_path": "faelles, public"})
    yield await open_ledger(connection)
    await connection.close()


def nobody_from(port: Litestar, address: str) -> Visitor:
    transport = ASGITransport(cast("Any", port), client=(address, 4711))
    return Visitor(AsyncClient(transport=transport, base_url=ORIGIN))


async def test_nobody_sees_and_changes_nothing(port: Litestar, showcase: Furniture, ledger: Ledger):
    """From several addresses: so many questions from one would be refused for their pace."""
    before, wrong = await ledger.digest(NATION, showcase.town.agency), []
    for number, route in enumerate(CLOSED):
        answer = await sent(route, nobody_from(port, f"10.0.0.{number // 50}"), showcase)
        door = "/mine/sign-in" if route.for_patrons else "/sign-in?next="
        is_sent_to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith(door)
        if not (is_sent_to_sign_in or answer.status_code == 401) or showcase.marker in answer.text:
            wrong.append(f"{route}: {answer.status_code}")
    assert wrong == []
    assert await ledger.digest(NATION, showcase.town.agency) == before


async def test_staff_without_the_permission_are_refused(
    visit: Callable[[str], Visitor], showcase: Furniture, database: Database, ledger: Ledger
):
    session = await database.run(showcase.town.agency, SYSTEM, lambda tx: session_of_staff(tx, frozenset()))
    before, visitor, wrong = await ledger.digest(NATION, showcase.town.agency), visit(session), []
    for route in CLOSED:
        if route.access.permission is None:  # for everybody who is signed in
            continue
        answer = await sent(route, visitor, showcase)
        if answer.status_code != 403 or showcase.marker in answer.text:
            wrong.append(f"{route}: {answer.status_code}")
    assert wrong == []
    assert await ledger.digest(NATION, showcase.town.agency) == before


async def test_another_agency_sees_and_changes_nothing(
    visit: Callable[[str], Visitor], showcase: Furniture, database: Database, ledger: Ledger
):
    neighbour = await found_town(database)
    session = await database.run(neighbour.agency, SYSTEM, lambda tx: session_of_staff(tx, EVERY_PERMISSION))
    before, wrong = await ledger.digest(showcase.town.agency), []
    for route in CLOSED:
        answer = await sent(route, visit(session), showcase)
        if answer.status_code >= 500 or showcase.marker in answer.text:
            wrong.append(f"{route}: {answer.status_code}")
    assert wrong == []
    assert await ledger.digest(showcase.town.agency) == before


@every_page
async def test_staff_see_the_page(
    route: Route, visit: Callable[[str], Visitor], showcase: Furniture, database: Database
):
    session = await database.run(showcase.town.agency, SYSTEM, lambda tx: session_of_staff(tx, EVERY_PERMISSION))
    answer = await sent(route, visit(session), showcase)
    assert answer.status_code == 200, answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", answer.text)


def _said(template: Path) -> set[str]:
    return set(re.findall(r'\bt\("([a-z0-9_]+)"[,)]', template.read_text("utf-8"))) | set(
        re.findall(r"\bt\('([a-z0-9_]+)'[,)]", template.read_text("utf-8"))
    )


every_template = pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda file: str(file.relative_to(TEMPLATES))
)


@every_template
def test_what_a_template_says_stands_in_the_catalogues(template: Path):
    assert {code for code in _said(template) for language in Language if not knows(code, language)} == set()


@every_template
def test_no_words_stand_in_a_template_itself(template: Path):
    markup = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", " ", template.read_text("utf-8"), flags=re.DOTALL)
    words = set(re.findall(r"[A-Za-zÆØÅæøå]{2,}", re.sub(r'<[^>]*>|[a-z-]+="[^"]*"', " ", markup))) - {
        "Fælles",
        "Esc",
        "Alt",
    }
    assert words == set()


async def test_a_file_is_kept_for_ever_under_the_address_of_its_content(nobody: Visitor):
    page = (await nobody.get("/sign-in")).text
    (address,) = re.findall(r'href="(/static/[0-9a-f]+/faelles\.css)"', page)
    answer = await nobody.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]
    assert (await nobody.get("/static/0/../app.py")).status_code == 404


async def test_a_page_that_is_not_there_says_so_as_a_page(nobody: Visitor):
    answer = await nobody.get("/nowhere")
    assert answer.status_code == 404
    assert "Siden findes ikke." in answer.text
