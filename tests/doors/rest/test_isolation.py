"""Every route there is, as everybody who should not get through it, and as the one who should.

Routes are found in the application and sent their declared example, so a new route is tested here without this file
being touched.
"""

from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import httpx
import pytest
from litestar import Litestar

from doors.rest.callers import bearer, patron, staff
from doors.rest.digest import Ledger, open_ledger
from doors.rest.furniture import Furniture, furnish, names_in
from doors.rest.walk import Route, routes_of
from faelles.doors.rest.access import Audience, Example
from faelles.doors.rest.app import create_app
from faelles.ground.crypto import Keyring, new_master_key, parse_master_keys
from faelles.ground.database import Database
from faelles.ground.ids import NATION
from town import found_town

# Only looked through for its routes: it is never sent a request.
ROUTES = routes_of(create_app(Database(cast("Any", None)), Keyring(parse_master_keys(new_master_key()))))
NOT_PUBLIC = [route for route in ROUTES if not route.is_public]
REFUSALS = (401, 403, 404, 409, 422)

every_route = pytest.mark.parametrize("route", ROUTES, ids=str)
every_patrons_route = pytest.mark.parametrize("route", [route for route in ROUTES if route.for_patrons], ids=str)
every_closed_route = pytest.mark.parametrize("route", NOT_PUBLIC, ids=str)


@pytest.fixture(scope="session")
async def ledger(owner_url: str) -> AsyncIterator[Ledger]:
    connection = await asyncpg.connect(owner_url, server_settings={"search_path": "faelles, public"})
    yield await open_ledger(connection)
    await connection.close()


@pytest.fixture(scope="session")
async def next_door(database: Database, keyring: Keyring, password_hash: str) -> Furniture:
    """Another municipality with one of everything of its own."""
    return await furnish(database, keyring, await found_town(database), password_hash)


@every_closed_route
async def test_nobody_gets_nothing(
    route: Route, client: httpx.AsyncClient, showcase: Furniture, ledger: Ledger
) -> None:
    before = await ledger.digest(0, showcase.town.agency)
    for headers in ({}, {"authorization": "Bearer fa_x.y"}, {"authorization": "Bearer ft_guessed"}):
        answer = await route.send(client, showcase, headers)
        assert answer.status_code == 401, answer.text
        assert showcase.marker not in answer.text
    assert await ledger.digest(0, showcase.town.agency) == before


@every_closed_route
async def test_the_wrong_caller_of_the_same_agency_is_refused(
    route: Route,
    client: httpx.AsyncClient,
    keyring: Keyring,
    showcase: Furniture,
    ledger: Ledger,
) -> None:
    if route.access.audience is Audience.SIGNED_IN:
        pytest.skip("for every known caller, about the caller")
    agency = showcase.town.agency
    all_others = [staff(agency, showcase.number("staff"), ())]
    if route.for_patrons:
        all_others.append(staff(agency, showcase.number("staff")))
    else:
        all_others.append(patron(agency, showcase.number("patron")))
    before = await ledger.digest(0, agency)
    for caller in all_others:
        answer = await route.send(client, showcase, bearer(keyring, caller))
        assert answer.status_code == 403, answer.text
        assert showcase.marker not in answer.text
    assert await ledger.digest(0, agency) == before


@every_closed_route
async def test_another_agency_sees_nothing_and_changes_nothing(
    route: Route,
    client: httpx.AsyncClient,
    keyring: Keyring,
    showcase: Furniture,
    next_door: Furniture,
    ledger: Ledger,
) -> None:
    theirs = next_door.town.agency
    caller = (
        patron(theirs, next_door.number("patron")) if route.for_patrons else staff(theirs, next_door.number("staff"))
    )
    before = await ledger.digest(NATION, showcase.town.agency)
    answer = await route.send(client, showcase, bearer(keyring, caller))
    assert await ledger.digest(NATION, showcase.town.agency) == before
    assert showcase.marker not in answer.text
    private = route.names_what_is_private(showcase) and not route.access.example.answers_neighbours
    if private or route.for_the_nation:
        assert answer.status_code in REFUSALS, answer.text
    else:
        assert answer.status_code < 500, answer.text


@every_patrons_route
async def test_another_patron_of_the_same_agency_sees_nothing_of_the_first(
    route: Route, client: httpx.AsyncClient, keyring: Keyring, furnished: Furniture
) -> None:
    other = patron(furnished.town.agency, furnished.number("other_patron"))
    answer = await route.send(client, furnished, bearer(keyring, other))
    assert answer.status_code < 500, answer.text
    for mark in ("patron", "card"):
        assert str(furnished.objects[mark]) not in answer.text
    if names_in(Example(path=route.access.example.path)):
        assert answer.status_code in REFUSALS, answer.text


@every_route
async def test_the_rightful_caller_is_served(
    route: Route, client: httpx.AsyncClient, keyring: Keyring, furnished: Furniture
) -> None:
    agency = furnished.town.agency
    if route.for_patrons:
        headers = bearer(keyring, patron(agency, furnished.number("patron")))
    elif route.for_the_nation:
        headers = bearer(keyring, staff(NATION, furnished.number("supporter")))
    else:
        headers = bearer(keyring, staff(agency, furnished.number("staff")))
    answer = await route.send(client, furnished, {} if route.is_public else headers)
    assert answer.is_success, answer.text


async def test_every_route_is_walked(app: Litestar) -> None:
    assert {str(route) for route in routes_of(app)} == {str(route) for route in ROUTES}
