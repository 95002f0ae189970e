"""Patrons over REST: finding, registering and changing them, what they are recognised by, and what stops them."""

from datetime import date, datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.accesses import AccessShown, shown
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import IdempotencyKey, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.fees.cards.model import CardReplaced
from faelles.fees.cards.operations import replace_card_for_fee
from faelles.ground.fields import PageSize
from faelles.ground.ids import PatronId
from faelles.patrons import operations
from faelles.patrons.blocks import operations as blocks
from faelles.patrons.blocks.model import SetBlock
from faelles.patrons.identification import operations as identification
from faelles.patrons.identification.model import ChangeCpr, EndIdentifier, ReplaceCard, SetPin
from faelles.patrons.looking import operations as looking
from faelles.patrons.looking.model import (
    Candidate,
    IdentifyPatron,
    NamePart,
    PatronSummary,
    PatronView,
    SearchPatrons,
)
from faelles.patrons.model import (
    AbsencePeriod,
    ChangePatron,
    NewIdentifier,
    NewMembership,
    Registered,
    RegisterPatron,
)
from faelles.patrons.own_account.model import Consent
from faelles.patrons.relations import operations as relations
from faelles.patrons.relations.model import AddGuardian, EndOn
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


class Made(msgspec.Struct, frozen=True):
    """The id of what was added."""

    id: int


class Version(msgspec.Struct, frozen=True):
    """The version to decide the next change on."""

    version: int


class RevealedCpr(msgspec.Struct, frozen=True):
    cpr: str


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


@post(
    "/{patron:int}/identifiers",
    opt=guarded(_EDIT, example=Example(path=_THIS, body={"kind": "uni_login", "value": "karen1885"})),
    summary="Give a patron an identifier",
)
async def add_identifier(request: ApiRequest, patron: PathId, data: JSONBody[NewIdentifier]) -> Made:
    """409 `identifier_taken` where somebody else carries it."""
    caller, keyring = request.caller, request.services.keyring
    return Made(
        await request.run(lambda tx: identification.add_identifier(tx, caller, keyring, PatronId(patron), data))
    )


@post(
    "/{patron:int}/identifiers/{identifier:int}/end",
    status_code=204,
    opt=guarded(_EDIT, example=Example(path=_THIS | {"identifier": "{patron_identifier}"}, body={"why": "corrected"})),
    summary="End an identifier",
)
async def end_identifier(
    request: ApiRequest, patron: PathId, identifier: PathId, data: JSONBody[EndIdentifier]
) -> None:
    """It stays as history; a card that was lost or stolen is never given to anybody else."""
    await request.run(lambda tx: identification.end_identifier(tx, request.caller, PatronId(patron), identifier, data))


@post(
    "/{patron:int}/cards/replace",
    status_code=200,
    opt=guarded(
        _EDIT,
        example=Example(path=_THIS, body={"identifier": "{patron_identifier}", "why": "lost", "card": "B7000002"}),
    ),
    summary="Replace a card",
)
async def replace_card(request: ApiRequest, patron: PathId, data: JSONBody[ReplaceCard]) -> CardReplaced:
    """The old one ends as lost, stolen, replaced or corrected; without `card` the patron has none for now. A new card
    for one that was lost or stolen costs what the home library's rules say.
    """
    caller, keyring = request.caller, request.services.keyring
    return await request.run(lambda tx: replace_card_for_fee(tx, caller, keyring, PatronId(patron), data))


@put(
    "/{patron:int}/cpr",
    opt=guarded(Permission.PATRON_CPR, example=Example(path=_THIS, body={"cpr": "7705804000"})),
    summary="Change a CPR number",
)
async def change_cpr(request: ApiRequest, patron: PathId, data: JSONBody[ChangeCpr]) -> Made:
    """The old number stays found as history. Needs `patron_edit` too."""
    caller, keyring = request.caller, request.services.keyring
    return Made(await request.run(lambda tx: identification.change_cpr(tx, caller, keyring, PatronId(patron), data)))


@post(
    "/{patron:int}/cpr/reveal",
    status_code=200,
    opt=guarded(Permission.PATRON_CPR, example=Example(path={"patron": "{child}"})),
    summary="Show a CPR number",
)
async def reveal_cpr(request: ApiRequest, patron: PathId) -> RevealedCpr:
    """The look is recorded under its own name."""
    caller, keyring = request.caller, request.services.keyring
    return RevealedCpr(await request.run(lambda tx: identification.reveal_cpr(tx, caller, keyring, PatronId(patron))))


@put(
    "/{patron:int}/pin",
    status_code=204,
    opt=guarded(_EDIT, example=Example(path=_THIS, body={"pin": "8080"})),
    summary="Give a patron a new PIN",
)
async def set_pin(request: ApiRequest, patron: PathId, data: JSONBody[SetPin]) -> None:
    """Failed tries are forgiven, and the patron's sessions end."""
    caller, keyring = request.caller, request.services.keyring
    await request.run(lambda tx: identification.set_pin(tx, caller, keyring, PatronId(patron), data))


@post(
    "/{patron:int}/memberships",
    opt=guarded(
        _EDIT,
        example=Example(
            path=_THIS, body={"division": "{school_division}", "role": "teacher", "group": "{patron_group}"}
        ),
    ),
    summary="Make a patron a member of a division",
)
async def add_membership(request: ApiRequest, patron: PathId, data: JSONBody[NewMembership]) -> Made:
    """One at a time in each division; from today where `starts_on` is left out."""
    return Made(await request.run(lambda tx: relations.add_membership(tx, request.caller, PatronId(patron), data)))


@post(
    "/{patron:int}/memberships/{membership:int}/end",
    status_code=204,
    opt=guarded(_EDIT, example=Example(path=_THIS | {"membership": "{membership}"}, body={})),
    summary="End a membership",
)
async def end_membership(request: ApiRequest, patron: PathId, membership: PathId, data: JSONBody[EndOn]) -> None:
    """Without `last_day` yesterday was the last."""
    await request.run(lambda tx: relations.end_membership(tx, request.caller, PatronId(patron), membership, data))


@post(
    "/{patron:int}/guardians",
    opt=guarded(_EDIT, example=Example(path={"patron": "{child}"}, body={"guardian": "{other_patron}"})),
    summary="Let an adult answer for a patron",
)
async def add_guardian(request: ApiRequest, patron: PathId, data: JSONBody[AddGuardian]) -> Made:
    return Made(await request.run(lambda tx: relations.add_guardian(tx, request.caller, PatronId(patron), data)))


@post(
    "/{patron:int}/guardians/{guardianship:int}/end",
    status_code=204,
    opt=guarded(_EDIT, example=Example(path={"patron": "{child}", "guardianship": "{guardianship}"}, body={})),
    summary="End a guardianship",
)
async def end_guardian(request: ApiRequest, patron: PathId, guardianship: PathId, data: JSONBody[EndOn]) -> None:
    """Without `last_day` yesterday was the last. Claims keep whoever answered when they arose."""
    await request.run(lambda tx: relations.end_guardian(tx, request.caller, PatronId(patron), guardianship, data))


@post(
    "/{patron:int}/blocks",
    opt=guarded(Permission.PATRON_BLOCK, example=Example(path=_THIS, body={"code": "U", "division": "{division}"})),
    summary="Block a patron",
)
async def set_block(
    request: ApiRequest, patron: PathId, data: JSONBody[SetBlock], idempotency_key: IdempotencyKey = None
) -> Made:
    """In one division, or, without one, in the whole agency. O stolen card, U excluded, F extended exclusion, S
    self-service, W self-created, E debt, D deceased, M by hand.
    """
    return Made(
        await request.run(lambda tx: blocks.set_block(tx, request.caller, PatronId(patron), data, key=idempotency_key))
    )


@delete(
    "/{patron:int}/blocks/{block:int}",
    opt=guarded(Permission.PATRON_BLOCK, example=Example(path={"patron": "{other_patron}", "block": "{block}"})),
    summary="Lift a block",
)
async def lift_block(request: ApiRequest, patron: PathId, block: PathId) -> None:
    """By itself; the others stand."""
    await request.run(lambda tx: blocks.lift_block(tx, request.caller, PatronId(patron), block))


@post(
    "/{patron:int}/absences",
    opt=guarded(_EDIT, example=Example(path=_THIS, body={"first_day": "2026-12-01", "last_day": "2150-01-31"})),
    summary="Note that a patron is away",
)
async def set_absence(request: ApiRequest, patron: PathId, data: JSONBody[AbsencePeriod]) -> Made:
    """Holds keep their place and are skipped meanwhile."""
    return Made(await request.run(lambda tx: blocks.set_absence(tx, request.caller, PatronId(patron), data)))


@delete(
    "/{patron:int}/absences/{absence:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS | {"absence": "{absence}"})),
    summary="Take an absence away",
)
async def remove_absence(request: ApiRequest, patron: PathId, absence: PathId) -> None:
    await request.run(lambda tx: blocks.remove_absence(tx, request.caller, PatronId(patron), absence))


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
        add_identifier,
        end_identifier,
        replace_card,
        change_cpr,
        reveal_cpr,
        set_pin,
        add_membership,
        end_membership,
        add_guardian,
        end_guardian,
        set_block,
        lift_block,
        set_absence,
        remove_absence,
    ],
)
