"""Every route there is, as everybody who should not get through it, and as the one who should.

Routes are found in the application and sent their declared example, so a new route is tested here without this file
being touched. The routes of one room are walked together; whichever answered wrongly are named.
"""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from doors.rest.callers import EVERYTHING_FOR_STAFF, bearer, patron, staff
from doors.rest.digest import Ledger, open_ledger
from doors.rest.furniture import Furniture, furnish, names_in
from doors.rest.walk import Route, every_route, routes_of
from faelles.doors.rest.access import Audience, Example
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import NATION
from faelles.people.model import Grant
from town import found_town

REFUSALS = (401, 403, 404, 409, 422)
NOBODY: tuple[dict[str, str], ...] = (
    {},
    {"authorization": "Bearer fa_x.y"},
    {"authorization": "Bearer ft_guessed"},
)


def by_room(routes: list[Route]) -> pytest.MarkDecorator:
    rooms: dict[str, list[Route]] = {}
    for route in routes:
        rooms.setdefault(route.room, []).append(route)
    return pytest.mark.parametrize("routes", rooms.values(), ids=rooms.keys())


ROUTES = every_route()
every_room = by_room(ROUTES)
every_room_of_patrons = by_room([route for route in ROUTES if route.for_patrons])
every_closed_room = by_room([route for route in ROUTES if not route.is_public])
every_room_that_asks_for_a_permission = by_room(
    [route for route in ROUTES if not route.is_public and route.access.audience is not Audience.SIGNED_IN]
)


def told(route: Route, answer: httpx.Response) -> str:
    return f"{route}: {answer.status_code} {answer.text}"


@pytest.fixture(scope="session")
async def ledger(owner_url: str) -> AsyncIterator[Ledger]:
    connection = await asyncpg.connect(owner_url, server_settings={"search_path": "faelles, public"})
    yield await open_ledger(connection)
    await connection.close()


@pytest.fixture(scope="session")
async def next_door(database: Database, keyring: Keyring, password_hash: str) -> Furniture:
    """Another municipality with one of everything of its own."""
    return await furnish(database, keyring, await found_town(database), password_hash)


@every_closed_room
async def test_nobody_gets_nothing(
    routes: list[Route], client: httpx.AsyncClient, showcase: Furniture, ledger: Ledger
) -> None:
    before = await ledger.digest(0, showcase.town.agency)
    wrong = []
    for route in routes:
        for headers in NOBODY:
            answer = await route.send(client, showcase, headers)
            if answer.status_code != 401 or showcase.marker in answer.text:
                wrong.append(told(route, answer))
    assert wrong == []
    assert await ledger.digest(0, showcase.town.agency) == before


@every_room_that_asks_for_a_permission
async def test_the_wrong_caller_of_the_same_agency_is_refused(
    routes: list[Route],
    client: httpx.AsyncClient,
    keyring: Keyring,
    showcase: Furniture,
    ledger: Ledger,
) -> None:
    agency = showcase.town.agency
    without_permission = staff(agency, showcase.number("staff"), ())
    employee, reader = staff(agency, showcase.number("staff")), patron(agency, showcase.number("patron"))
    before = await ledger.digest(0, agency)
    wrong = []
    for route in routes:
        for caller in (without_permission, employee if route.for_patrons else reader):
            answer = await route.send(client, showcase, bearer(keyring, caller))
            if answer.status_code != 403 or showcase.marker in answer.text:
                wrong.append(told(route, answer))
    assert wrong == []
    assert await ledger.digest(0, agency) == before


@every_closed_room
async def test_another_agency_sees_nothing_and_changes_nothing(
    routes: list[Route],
    client: httpx.AsyncClient,
    keyring: Keyring,
    showcase: Furniture,
    next_door: Furniture,
    ledger: Ledger,
) -> None:
    theirs = next_door.town.agency
    before = await ledger.digest(NATION, showcase.town.agency)
    wrong = []
    for route in routes:
        by_patron = route.for_patrons
        caller = patron(theirs, next_door.number("patron")) if by_patron else staff(theirs, next_door.number("staff"))
        answer = await route.send(client, showcase, bearer(keyring, caller))
        private = route.names_what_is_private(showcase) and not route.access.example.answers_neighbours
        is_right = answer.status_code in REFUSALS if private or route.for_the_nation else answer.status_code < 500
        if not is_right or showcase.marker in answer.text:
            wrong.append(told(route, answer))
    assert wrong == []
    assert await ledger.digest(NATION, showcase.town.agency) == before


OF_ONE_PATRON = frozenset({"booking", "charge", "hold", "loan", "message", "patron", "payment_order", "ready_hold"})
NOTED = frozenset({"access_log", "event", "idempotency"})
"""What a refusal may leave."""


FROM_ANY_PLACE = {
    "titles, and what is looked for, are the whole municipality's": (
        "PATCH /records/{record}",
        "POST /records",
        "POST /records/finding",
        "POST /records/provisional",
        "POST /records/search",
        "POST /records/{record}/aliases",
        "POST /records/{record}/issues",
        "PUT /records/{record}/successor",
        "DELETE /records/{record}/aliases/{alias}",
        "POST /titles/loans",
        "POST /titles/standing",
        "POST /policies/simulations",
        "POST /policies/touched-loans",
    ),
    "a copy is looked after wherever it is handed in": (
        "POST /items/{item}/notes",
        "DELETE /items/{item}/notes/{note}",
        "PUT /items/{item}/parts",
        "PUT /items/{item}/parts/{part}",
        "POST /scans",
    ),
    "what is asked about several is answered for each, within the caller's reach": (
        "POST /exclusions/notices",
        "POST /holds/cancellations",
        "POST /holds/unfillable/cancellations",
        "POST /offline-transactions",
        "POST /patrons/identify",
        "POST /patrons/search",
        "POST /register-updates/rehearsal",
    ),
    "the example is the school's own": ("POST /classes", "POST /classes/roster"),
    "the web site's, for whoever asks it": (
        "POST /newsletters/subscriber",
        "POST /newsletters/subscriptions",
        "POST /newsletters/unsubscriptions",
    ),
    "set once for the whole municipality, by whoever holds the permission anywhere in it": (
        "PUT /items/number-series",
        "POST /interlibrary-requests/from-libraries",
        "POST /lending-requests/outgoing/{lending_request}/withdraw",
        "POST /staff",
        "DELETE /staff/{user}/one-time-password",
        "DELETE /tokens/{token}",
        "POST /tokens/revoke",
    ),
}
"""What staff of one branch may change though it is no branch's own; all else is refused them where it is another's."""
SERVED_FROM_ANY_PLACE = {
    f"{method} /api/v1{path}"
    for named in FROM_ANY_PLACE.values()
    for method, _, path in (each.partition(" ") for each in named)
}


async def test_a_permission_at_a_school_reaches_nothing_of_the_library(
    client: httpx.AsyncClient, keyring: Keyring, showcase: Furniture, ledger: Ledger
) -> None:
    """Every permission there is, held at the school alone, by somebody of the same municipality."""
    town = showcase.town
    at_school = Grant(EVERYTHING_FOR_STAFF, division=town.schools, branch=town.school)
    caller = bearer(keyring, msgspec.structs.replace(staff(town.agency, showcase.number("staff")), grants=(at_school,)))
    before = await ledger.digest(NATION, town.agency)
    wrong = []
    for route in ROUTES:
        is_of_a_patron = names_in(Example(path=route.access.example.path)) & OF_ONE_PATRON
        is_others = route.method != "GET" or is_of_a_patron
        if route.access.audience is not Audience.PERMITTED or route.for_patrons or not is_others:
            continue
        if str(route) in SERVED_FROM_ANY_PLACE:
            continue
        answer = await route.send(client, showcase, caller)
        if answer.status_code not in {403, 404} or showcase.marker in answer.text:
            wrong.append(told(route, answer))
    assert wrong == []
    assert {str(route) for route in ROUTES} >= SERVED_FROM_ANY_PLACE
    assert await ledger.digest(NATION, town.agency) == before


@every_room_of_patrons
async def test_another_patron_of_the_same_agency_sees_nothing_of_the_first_and_changes_nothing_of_it(
    routes: list[Route], client: httpx.AsyncClient, keyring: Keyring, furnished: Furniture, ledger: Ledger
) -> None:
    agency = furnished.town.agency
    other = bearer(keyring, patron(agency, furnished.number("other_patron")))
    of_the_first = [str(furnished.objects[mark]) for mark in ("patron", "card")]
    wrong = []
    for route in routes:
        of_theirs = names_in(Example(body=route.access.example.body)) & OF_ONE_PATRON
        before = await ledger.digest(agency) if of_theirs else {}
        answer = await route.send(client, furnished, other)
        after = await ledger.digest(agency) if of_theirs else {}
        if changed := {table for table in before if before[table] != after[table]} - NOTED:
            wrong.append(f"{told(route, answer)}: changed {sorted(changed)}")
        names_an_object = names_in(Example(path=route.access.example.path))
        is_right = answer.status_code in REFUSALS if names_an_object else answer.status_code < 500
        if not is_right or any(mark in answer.text for mark in of_the_first):
            wrong.append(told(route, answer))
    assert wrong == []


@every_room
async def test_the_rightful_caller_is_served(
    routes: list[Route],
    client: httpx.AsyncClient,
    database: Database,
    keyring: Keyring,
    furnished: Furniture,
    password_hash: str,
) -> None:
    """In the municipality as the routes before left it; where they used up what this one needs, in a new one."""
    wrong = []
    for route in sorted(routes, key=lambda each: each.method != "GET"):
        answer = await route.send(client, furnished, rightful(route, keyring, furnished))
        if 400 <= answer.status_code < 500:
            furnished = await furnish(database, keyring, await found_town(database), password_hash)
            answer = await route.send(client, furnished, rightful(route, keyring, furnished))
        if answer.is_error:
            wrong.append(told(route, answer))
    assert wrong == []


def rightful(route: Route, keyring: Keyring, furnished: Furniture) -> dict[str, str]:
    agency = furnished.town.agency
    if route.is_public:
        return {}
    if route.for_patrons:
        return bearer(keyring, patron(agency, furnished.number("patron")))
    if route.for_the_nation:
        return bearer(keyring, staff(NATION, furnished.number("supporter")))
    return bearer(keyring, staff(agency, furnished.number("staff")))


async def test_every_route_is_walked(app: Litestar) -> None:
    assert {str(route) for route in routes_of(app)} == {str(route) for route in ROUTES}
