"""Copies on their way, over REST: journeys, crates, vans and other municipalities' books."""

from datetime import date
from typing import Final

from litestar import Router, delete, get, post, put
from litestar.params import FromQuery, JSONBody

from faelles.circulation.transit import crates, operations, rounds
from faelles.circulation.transit.model import (
    BookHandedOver,
    Crate,
    ForeignShown,
    HandOver,
    JourneyShown,
    NewVan,
    PackCrate,
    Put,
    PutInCrate,
    RouteSheet,
    SendItem,
    Van,
)
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId, QueryId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import BranchId
from faelles.people.model import Permission

_LOGISTICS: Final = Permission.LOGISTICS
_EDIT: Final = Permission.AGENCY_EDIT
_THIS_VAN: Final = {"van": "{van}"}
_A_WEEK: Final = [{"weekday": 1, "stops": [{"branch": "{branch}", "calls_at": "08:15:00"}, {"branch": "{suburb}"}]}]


def _branch(given: int | None) -> BranchId | None:
    return None if given is None else BranchId(given)


# -- Journeys


@get("/", opt=guarded(_LOGISTICS, example=Example()), summary="Copies on their way within the agency")
async def list_journeys(
    request: ApiRequest,
    from_branch: QueryId = None,
    to_branch: QueryId = None,
    crate: QueryId = None,
    *,
    overdue: FromQuery[bool] = False,
    limit: Limit = 50,
    after: After = None,
) -> Page[JourneyShown]:
    """The earliest first; `overdue`: only what should have arrived. `crate_received`: its crate has."""
    start = read_cursor(after, int) or 0
    found = await request.read(
        lambda tx: operations.list_journeys(
            tx,
            request.caller,
            from_branch=_branch(from_branch),
            to_branch=_branch(to_branch),
            crate=crate,
            only_overdue=overdue,
            after=start,
            limit=limit,
        )
    )
    return page(found, limit, key=lambda journey: journey.id)


@post(
    "/",
    opt=guarded(
        _LOGISTICS, example=Example(body={"item": "{standing_item_number}", "branch": "{branch}", "to": "{suburb}"})
    ),
    summary="Send a copy to another branch",
)
async def send_item(
    request: ApiRequest, data: JSONBody[SendItem], idempotency_key: IdempotencyKey = None
) -> JourneyShown:
    """Where it belongs does not change: scanned there, it goes on to wherever it is needed."""
    return await request.run(lambda tx: operations.send_item(tx, request.caller, data, idempotency_key))


journey_router = Router(path="/journeys", route_handlers=[list_journeys, send_item], tags=["transit"])


# -- Crates


@get("/", opt=guarded(_LOGISTICS, example=Example()), summary="Crates being packed or on their way")
async def list_crates(
    request: ApiRequest, branch: QueryId = None, limit: Limit = 50, after: After = None
) -> Page[Crate]:
    start = read_cursor(after, int) or 0
    found = await request.read(
        lambda tx: crates.list_crates(tx, request.caller, branch=_branch(branch), after=start, limit=limit)
    )
    return page(found, limit, key=lambda crate: crate.id)


@post(
    "/",
    opt=guarded(_LOGISTICS, example=Example(body={"label": "K-17", "branch": "{branch}", "to": "{suburb}"})),
    summary="Open a crate to another branch",
)
async def pack_crate(request: ApiRequest, data: JSONBody[PackCrate], idempotency_key: IdempotencyKey = None) -> Crate:
    return await request.run(lambda tx: crates.pack_crate(tx, request.caller, data, idempotency_key))


@post(
    "/{crate:int}/copies",
    opt=guarded(_LOGISTICS, example=Example(path={"crate": "{crate}"}, body={"items": ["{travelling_item_number}"]})),
    status_code=200,
    summary="Put copies into a crate",
)
async def put_in_crate(request: ApiRequest, crate: PathId, data: JSONBody[PutInCrate]) -> list[Put]:
    """Those that travel the crate's way; each is answered by itself."""
    return await request.run(lambda tx: crates.put_in_crate(tx, request.caller, crate, data))


@post(
    "/{crate:int}/departure",
    opt=guarded(_LOGISTICS, example=Example(path={"crate": "{crate}"})),
    status_code=200,
    summary="A crate leaves",
)
async def send_crate(request: ApiRequest, crate: PathId) -> Crate:
    return await request.run(lambda tx: crates.send_crate(tx, request.caller, crate))


@post(
    "/{crate:int}/arrival",
    opt=guarded(_LOGISTICS, example=Example(path={"crate": "{sent_crate}"})),
    status_code=200,
    summary="A crate has arrived",
)
async def receive_crate(request: ApiRequest, crate: PathId) -> Crate:
    """Each copy in it is still on its way until it is scanned."""
    return await request.run(lambda tx: crates.receive_crate(tx, request.caller, crate))


crate_router = Router(
    path="/crates", route_handlers=[list_crates, pack_crate, put_in_crate, receive_crate, send_crate], tags=["transit"]
)


# -- Vans


@get("/", opt=guarded(_LOGISTICS, example=Example()), summary="Vans and their rounds")
async def list_vans(request: ApiRequest) -> list[Van]:
    return await request.read(lambda tx: rounds.list_vans(tx, request.caller))


@post("/", opt=guarded(_EDIT, example=Example(body={"name": "Ny bil", "rounds": _A_WEEK})), summary="A new van")
async def add_van(request: ApiRequest, data: JSONBody[NewVan], idempotency_key: IdempotencyKey = None) -> Van:
    return await request.run(lambda tx: rounds.add_van(tx, request.caller, data, idempotency_key))


@put(
    "/{van:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_VAN, body={"name": "Blå bil", "rounds": _A_WEEK})),
    summary="Change a van, its whole week included",
)
async def change_van(request: ApiRequest, van: PathId, data: JSONBody[NewVan]) -> Van:
    return await request.run(lambda tx: rounds.change_van(tx, request.caller, van, data))


@delete("/{van:int}", opt=guarded(_EDIT, example=Example(path=_THIS_VAN)), summary="A van drives no more")
async def retire_van(request: ApiRequest, van: PathId) -> None:
    await request.run(lambda tx: rounds.retire_van(tx, request.caller, van))


@get(
    "/{van:int}/route-sheet",
    opt=guarded(_LOGISTICS, example=Example(path=_THIS_VAN, query={"day": "2027-03-01"})),
    summary="What a driver fetches and leaves at each stop",
)
async def show_route_sheet(request: ApiRequest, van: PathId, day: FromQuery[date | None] = None) -> RouteSheet:
    """Today's, or another day's, from what waits now."""
    return await request.read(lambda tx: rounds.show_route_sheet(tx, request.caller, van, day))


van_router = Router(
    path="/vans", route_handlers=[add_van, change_van, list_vans, retire_van, show_route_sheet], tags=["transit"]
)


# -- Books of other municipalities


@get("/", opt=guarded(_LOGISTICS, example=Example()), summary="Other municipalities' books that wait for a driver")
async def list_foreign_books(
    request: ApiRequest, branch: QueryId = None, limit: Limit = 50, after: After = None
) -> Page[ForeignShown]:
    start = read_cursor(after, int) or 0
    found = await request.read(
        lambda tx: operations.list_foreign(tx, request.caller, branch=_branch(branch), after=start, limit=limit)
    )
    return page(found, limit, key=lambda book: book.id)


@get("/coming-home", opt=guarded(_LOGISTICS, example=Example()), summary="Our books that other municipalities found")
async def list_books_coming_home(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[ForeignShown]:
    """Those that were not seen at home since. Nothing is told of who handed them in, nor at which desk."""
    start = read_cursor(after, tuple[int, int]) or (0, 0)
    found = await request.read(lambda tx: operations.list_coming_home(tx, request.caller, after=start, limit=limit))
    return page(found, limit, key=lambda book: (book.finder, book.id))


@post(
    "/hand-over",
    opt=guarded(_LOGISTICS, example=Example(body={"branch": "{branch}", "books": ["{foreign_book}"]})),
    status_code=200,
    summary="A driver takes other municipalities' books",
)
async def hand_over_books(request: ApiRequest, data: JSONBody[HandOver]) -> list[BookHandedOver]:
    """Each is answered by itself: one that was scanned at another branch since waits there."""
    return await request.run(lambda tx: operations.hand_over(tx, request.caller, data))


foreign_router = Router(
    path="/foreign-books",
    route_handlers=[hand_over_books, list_books_coming_home, list_foreign_books],
    tags=["transit"],
)
