"""The person register and the nation's login over REST."""

import msgspec
from litestar import Router, get, post
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded, public
from faelles.doors.rest.pace import SIGNS_IN
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import PatronId
from faelles.patrons.model import IdentifierText, Registered, RegisterPatron
from faelles.patrons.registers import operations, updating
from faelles.patrons.registers.login import login_provider, sign_in_by_login
from faelles.patrons.registers.model import NameKept, RegisterReport, Update
from faelles.patrons.registers.port import person_register
from faelles.people.model import IssuedToken, Permission
from faelles.people.staff.model import Typed


class ByCpr(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Name, address and protection of `patron` are the register's, whatever stands there."""

    cpr: IdentifierText
    patron: RegisterPatron

    def __repr__(self) -> str:
        return "ByCpr()"


class Refreshed(msgspec.Struct, frozen=True):
    is_changed: bool


class LoginSignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the login provider's page came back with, and the page that it came back to."""

    agency_isil: Typed
    code: Typed
    return_url: Typed

    def __repr__(self) -> str:
        return "LoginSignIn()"


@post(
    "/patrons/by-cpr",
    opt=guarded(
        Permission.PATRON_EDIT,
        example=Example(body={"cpr": "7706854011", "patron": {"name": "-", "home_branch": "{branch}"}}),
    ),
    summary="Register a patron from the person register",
)
async def register_by_cpr(
    request: ApiRequest, data: JSONBody[ByCpr], idempotency_key: IdempotencyKey = None
) -> Registered:
    """404 `person_unknown` for a number that is nobody's. 503 while the register does not answer: register by hand."""
    services, caller = request.services, request.caller
    return await operations.register_by_cpr(
        services.database,
        caller,
        services.keyring,
        person_register(services.installation),
        data.cpr,
        data.patron,
        key=idempotency_key,
    )


@post(
    "/patrons/{patron:int}/register-refresh",
    status_code=200,
    opt=guarded(Permission.PATRON_CPR, example=Example(path={"patron": "{child}"})),
    summary="Fetch a patron's name and address from the person register",
)
async def refresh_patron(request: ApiRequest, patron: PathId) -> Refreshed:
    """Needs `patron_edit` too. Whoever is deceased is blocked."""
    services, caller = request.services, request.caller
    register = person_register(services.installation)
    work = operations.refresh(services.database, caller, services.keyring, register, PatronId(patron))
    return Refreshed(is_changed=await work)


@get(
    "/register-updates",
    opt=guarded(Permission.PATRON_CPR, example=Example()),
    summary="How far the night's updates from the person register are",
)
async def show_register_updates(request: ApiRequest) -> RegisterReport:
    """`failure` while the register does not answer: nothing is lost, it is asked again."""
    return await request.run(lambda tx: updating.show_register_updates(tx, request.caller))


@get(
    "/register-updates/names-kept",
    opt=guarded(Permission.PATRON_CPR, example=Example()),
    summary="Patrons whose name was chosen by hand",
)
async def list_names_kept(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[NameKept]:
    """Another name than the register's; a refresh takes the register's."""
    start, caller = read_cursor(after, int) or 0, request.caller
    found = await request.run(lambda tx: updating.list_names_kept(tx, caller, after=start, limit=limit))
    return page(found, limit, key=lambda each: each.patron)


@post(
    "/register-updates/rehearsal",
    status_code=200,
    opt=guarded(Permission.PATRON_CPR, example=Example()),
    summary="What an update from the person register would change now",
)
async def rehearse_update(request: ApiRequest) -> list[Update]:
    """Asks the register, and changes nothing. 503 while it does not answer."""
    services, caller = request.services, request.caller
    caller.require(Permission.PATRON_CPR)
    register = person_register(services.installation)
    return await updating.rehearse_update(services.database, services.keyring, register, caller.agency)


@post(
    "/sessions/patron/login",
    opt=public(
        example=Example(
            body={"agency_isil": "{isil}", "code": "{login_code}", "return_url": "https://bibliotek.example.dk/ind"}
        )
    )
    | {SIGNS_IN: True},
    summary="Sign in as a patron with the nation's login",
)
async def sign_in_patron_by_login(request: ApiRequest, data: JSONBody[LoginSignIn]) -> IssuedToken:
    """One answer, 401, for a code that is none and for somebody who is no patron here."""
    services = request.services
    return await sign_in_by_login(
        services.database,
        services.keyring,
        login_provider(services.installation),
        agency_isil=data.agency_isil,
        code=data.code,
        return_url=data.return_url,
    )


router = Router(
    path="/",
    tags=["registers"],
    route_handlers=[
        register_by_cpr,
        refresh_patron,
        show_register_updates,
        list_names_kept,
        rehearse_update,
        sign_in_patron_by_login,
    ],
)
