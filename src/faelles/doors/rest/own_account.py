"""A patron's own account over REST: signing in, and what they may see and change of their own."""

from datetime import datetime

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import FromQuery, JSONBody

from faelles.doors.rest.access import Example, own_account, public
from faelles.doors.rest.accesses import AccessShown, shown
from faelles.doors.rest.answers import Made, Version
from faelles.doors.rest.pace import SIGNS_IN
from faelles.doors.rest.paging import Page
from faelles.doors.rest.parameters import Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.errors import ForbiddenError
from faelles.patrons.identification.sign_in import sign_in_patron
from faelles.patrons.looking.model import PatronView
from faelles.patrons.looking.operations import access_report
from faelles.patrons.model import AbsencePeriod
from faelles.patrons.own_account import operations
from faelles.patrons.own_account.model import ChangeOwn, ChangeOwnPin, Consent
from faelles.people.model import IssuedToken
from faelles.people.staff.model import Typed
from faelles.privacy.consents import operations as consents
from faelles.privacy.consents.model import ConsentKind, SetConsent


class PatronSignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The library by its ISIL; a card, CPR number, UNI-Login or e-mail address; the PIN."""

    agency_isil: Typed
    identifier: Typed
    pin: Typed

    def __repr__(self) -> str:
        return "PatronSignIn()"


@post(
    "/sessions/patron",
    opt=public(example=Example(body={"agency_isil": "{isil}", "identifier": "{card}", "pin": "{pin}"}))
    | {SIGNS_IN: True},
    summary="Sign in as a patron",
)
async def begin_patron_session(request: ApiRequest, data: JSONBody[PatronSignIn]) -> IssuedToken:
    """One answer, 401, for an unknown card and a wrong PIN; 429 with Retry-After after five failures with one card."""
    services = request.services
    return await sign_in_patron(
        services.database, services.keyring, agency_isil=data.agency_isil, identifier=data.identifier, pin=data.pin
    )


@get("/own", opt=own_account(example=Example()), summary="What the library knows of me")
async def show_own(request: ApiRequest) -> PatronView:
    return await request.run(lambda tx: operations.show_own(tx, request.caller))


@patch(
    "/own",
    opt=own_account(example=Example(body={"version": 1, "contact": {"phone": "+45 12 34 56 78"}, "language": "en"})),
    summary="Change my contact data, language or home branch",
)
async def change_own(request: ApiRequest, data: JSONBody[ChangeOwn]) -> Version:
    """What is left out stays; `contact` is replaced as a whole."""
    return Version(await request.run(lambda tx: operations.change_own(tx, request.caller, data)))


@put(
    "/own/pin",
    status_code=204,
    opt=own_account(
        example=Example(body={"old": "{pin}", "new": "8080"}, answers_neighbours="it is about the caller alone")
    ),
    summary="Change my PIN",
)
async def change_own_pin(request: ApiRequest, data: JSONBody[ChangeOwnPin]) -> None:
    """Every session ends. A wrong old PIN is a field error on `old`, counted as at sign-in."""
    services = request.services
    await operations.change_own_pin(services.database, services.keyring, request.caller, data)


@post(
    "/own/absences",
    opt=own_account(example=Example(body={"first_day": "2026-12-01", "last_day": "2150-01-31"})),
    summary="Be away for a while",
)
async def set_own_absence(request: ApiRequest, data: JSONBody[AbsencePeriod]) -> Made:
    """Holds keep their place and are skipped meanwhile."""
    return Made(await request.run(lambda tx: operations.set_own_absence(tx, request.caller, data)))


@delete(
    "/own/absences/{absence:int}",
    opt=own_account(example=Example(path={"absence": "{absence}"})),
    summary="Not be away after all",
)
async def remove_own_absence(request: ApiRequest, absence: PathId) -> None:
    await request.run(lambda tx: operations.remove_own_absence(tx, request.caller, absence))


@put(
    "/own/consent",
    status_code=204,
    opt=own_account(example=Example(body={"keeps_history": True})),
    summary="Keep my finished loans, or no longer",
)
async def set_own_consent(request: ApiRequest, data: JSONBody[Consent]) -> None:
    """A withdrawal erases what was kept."""
    history = SetConsent(kind=ConsentKind.HISTORY, is_given=data.keeps_history)
    keyring = request.services.keyring
    await request.run(lambda tx: consents.set_own_consent(tx, request.caller, keyring, history))


@get("/own/accesses", opt=own_account(example=Example()), summary="Who looked at me")
async def list_own_accesses(
    request: ApiRequest, before: FromQuery[datetime | None] = None, limit: Limit = 100
) -> Page[AccessShown]:
    """The latest first; go on with `before`, the moment of the last one."""
    own = request.caller.patron
    if own is None:
        raise ForbiddenError("permission_missing", permission="own_account")
    entries = await request.run(lambda tx: access_report(tx, request.caller, own, before=before, limit=limit))
    return Page(items=shown(entries, request.language), next=None)


router = Router(
    path="/",
    tags=["own account"],
    route_handlers=[
        begin_patron_session,
        show_own,
        change_own,
        change_own_pin,
        set_own_absence,
        remove_own_absence,
        set_own_consent,
        list_own_accesses,
    ],
)
