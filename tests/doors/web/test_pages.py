"""Every page there is, as the one it is for and as everybody else; and the words on it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from doors.rest.furniture import Furniture, filled, names_in
from doors.rest.walk import Route, routes_of
from doors.web.conftest import session_of_staff
from doors.web.visitor import Visitor
from faelles.doors.rest.app import ON_THIS_MACHINE
from faelles.doors.rest.services import Limits, Services
from faelles.doors.web.app import create_application
from faelles.doors.web.start.help import TOPICS
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring, new_master_key, parse_master_keys
from faelles.ground.database import Database
from faelles.ground.i18n import Language, knows
from faelles.people.model import EVERY_PERMISSION
from house import SOURCE
from town import found_town

# Only looked through for its routes: it is never sent a request.
ROUTES = routes_of(
    create_application(
        Services(
            installation=ON_THIS_MACHINE,
            database=Database(cast("Any", None)),
            keyring=Keyring(parse_master_keys(new_master_key())),
            authenticate=cast("Any", None),
            limits=Limits(),
        )
    )
)
CLOSED = [route for route in ROUTES if not route.is_public]
PAGES = [route for route in CLOSED if route.method == "GET" and not route.for_patrons]
TEMPLATES = SOURCE / "doors" / "web" / "templates"

every_closed_route = pytest.mark.parametrize("route", CLOSED, ids=str)
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


@every_closed_route
async def test_nobody_sees_and_changes_nothing(route: Route, nobody: Visitor, showcase: Furniture):
    answer = await sent(route, nobody, showcase)
    assert answer.status_code in (303, 401)
    assert showcase.marker not in answer.text
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/mine/sign-in" if route.for_patrons else "/sign-in?next=")


@every_closed_route
async def test_staff_without_the_permission_are_refused(
    route: Route, visit: Callable[[str], Visitor], showcase: Furniture, database: Database
):
    if route.access.permission is None:
        pytest.skip("for everybody who is signed in")
    session = await database.run(showcase.town.agency, SYSTEM, lambda tx: session_of_staff(tx, frozenset()))
    answer = await sent(route, visit(session), showcase)
    assert answer.status_code == 403, answer.text
    assert showcase.marker not in answer.text


@every_closed_route
async def test_another_agency_sees_nothing(
    route: Route, visit: Callable[[str], Visitor], showcase: Furniture, database: Database
):
    if not names_in(route.access.example) - showcase.open_to_all:
        pytest.skip("it names nothing that is one municipality's own")
    neighbour = await found_town(database)
    session = await database.run(neighbour.agency, SYSTEM, lambda tx: session_of_staff(tx, EVERY_PERMISSION))
    answer = await sent(route, visit(session), showcase)
    assert showcase.marker not in answer.text


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
