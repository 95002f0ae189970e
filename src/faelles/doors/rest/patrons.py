"""Patrons over REST: finding, registering, changing and showing them."""

from datetime import date, datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, get, patch, post, put
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.accesses import AccessShown, shown
from faelles.doors.rest.answers import Version
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import IdempotencyKey, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.fields import PageSize
from faelles.ground.ids import PatronId
from faelles.patrons import operations
from faelles.patrons.looking import operations as looking
from faelles.patrons.looking.model import Candidate, IdentifyPatron, NamePart, PatronSummary, PatronView, SearchPatrons
from faelles.patrons.model import ChangePatron, Registered, RegisterPatron
from faelles.patrons.own_account.model import Consent
from faelles.people.model import Permission
from faelles.privacy.consents import operations as consents
from faelles.privacy.consents.model import ConsentKind, SetConsent

_VIEW: Final = Permission.PATRON_VIEW
_EDIT: Final = Permission.PATRON_EDIT
_THIS: Final = {"patron": "{patron}"}
_NO_MARKS: Final = "only their own patrons are looked through"


class PatronSearch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By parts of the name in any order, by birth date (`yyyy-mm-dd`), or both."""

    name: NamePart | None = None
    birth_date: date | None = None
    limit: PageSize = 50
    after: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[A-Za-z0-9_-]*$(?!\n)")] | None = None
    """`next` of the page before."""


class Identified(msgspec.Struct, frozen=True):
    """Nobody, one, or several to ask about. A card that no longer holds says why in `ended_why`."""

    candidates: list[Candidate]


@post(
    "/",
    opt=guarded(
        _EDIT,
        example=Example(
            body={
                "name": "Karen Blixen",
                "home_branch": "{branch}",
                "identifiers": [{"kind": "card", "value": "B7000001"}, {"kind": "cpr", "value": "7704854000"}],
                "memberships": [{"division": "{division}", "role": "borrower", "group": "{patron_group}"}],
                "contact": {"street": "Rungsted Strandvej 111", "postal_code": "2960", "city": "Rungsted Kyst"},
                "pin": "1885",
            }
        ),
    ),
    summary="Register a patron",
)
async def register_patron(
    request: ApiRequest, data: JSONBody[RegisterPatron], idempotency_key: IdempotencyKey = None
) -> Registered:
    """In one go: the person, what they are recognised by, their memberships, their guardians. All of it or none."""
    keyring = request.services.keyring
    return await request.run(lambda tx: operations.register(tx, request.caller, keyring, data, key=idempotency_key))


@post(
    "/search",
    status_code=200,
    opt=guarded(_VIEW, example=Example(body={"name": "patron"})),
    summary="Find patrons by name or birth date",
)
async def search_patrons(request: ApiRequest, data: JSONBody[PatronSearch]) -> Page[PatronSummary]:
    """In the order of names. Every patron shown is recorded as seen; protected addresses are left out."""
    wanted = SearchPatrons(
        name=data.name, birth_date=data.birth_date, after=read_cursor(data.after, int), limit=data.limit
    )
    found = await request.run(lambda tx: looking.search(tx, request.caller, wanted))
    return page(found, data.limit, key=lambda patron: patron.id)


@post(
    "/identify",
    status_code=200,
    opt=guarded(_VIEW, example=Example(body={"scan": "{patron_card}"}, answers_neighbours=_NO_MARKS)),
    summary="Whose card or number is this?",
)
async def identify_patron(request: ApiRequest, data: JSONBody[IdentifyPatron]) -> Identified:
    """A library card, a health card, a UNI-Login, an e-mail address, a CVR or EAN number."""
    keyring = request.services.keyring
    return Identified(await request.run(lambda tx: looking.identify(tx, request.caller, keyring, data.scan)))


@get("/{patron:int}", opt=guarded(_VIEW, example=Example(path=_THIS)), summary="One patron")
async def show_patron(request: ApiRequest, patron: PathId) -> PatronView:
    """As far as the caller may see: other divisions' memberships and blocks, and protected addresses, are left out."""
    return await request.look(lambda tx: looking.show_patron(tx, request.caller, PatronId(patron)))


@patch(
    "/{patron:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS, body={"version": 1, "home_branch": "{suburb}"})),
    summary="Change a patron",
)
async def change_patron(request: ApiRequest, patron: PathId, data: JSONBody[ChangePatron]) -> Version:
    """What is left out stays. 409 `version_conflict` where somebody else was faster."""
    return Version(await request.run(lambda tx: operations.change(tx, request.caller, PatronId(patron), data)))


@get("/{patron:int}/accesses", opt=guarded(_VIEW, example=Example(path=_THIS)), summary="Who looked at a patron")
async def list_accesses(
    request: ApiRequest, patron: PathId, before: FromQuery[datetime | None] = None, limit: Limit = 100
) -> Page[AccessShown]:
    """The latest first; go on with `before`, the moment of the last one."""
    entries = await request.run(
        lambda tx: looking.access_report(tx, request.caller, PatronId(patron), before=before, limit=limit)
    )
    return Page(items=shown(entries, request.language), next=None)


@put(
    "/{patron:int}/consent",
    status_code=204,
    opt=guarded(_EDIT, example=Example(path=_THIS, body={"keeps_history": True})),
    summary="Keep a patron's finished loans, or no longer",
)
async def set_consent(request: ApiRequest, patron: PathId, data: JSONBody[Consent]) -> None:
    """A withdrawal erases what was kept."""
    history = SetConsent(kind=ConsentKind.HISTORY, is_given=data.keeps_history)
    keyring = request.services.keyring
    await request.run(lambda tx: consents.set_consent(tx, request.caller, keyring, PatronId(patron), history))


router = Router(
    path="/patrons",
    tags=["patrons"],
    route_handlers=[
        register_patron,
        search_patrons,
        identify_patron,
        show_patron,
        change_patron,
        list_accesses,
        set_consent,
    ],
)
