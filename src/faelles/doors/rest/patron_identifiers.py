"""What patrons are recognised by, over REST: cards and other identifiers, CPR numbers, PINs."""

from typing import Final

import msgspec
from litestar import Router, post, put
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.answers import Made
from faelles.doors.rest.parameters import PathId
from faelles.doors.rest.request import ApiRequest
from faelles.fees.cards.model import CardReplaced
from faelles.fees.cards.operations import replace_card_for_fee
from faelles.ground.ids import PatronId
from faelles.patrons.identification import operations as identification
from faelles.patrons.identification.model import ChangeCpr, EndIdentifier, ReplaceCard, SetPin
from faelles.patrons.model import NewIdentifier
from faelles.people.model import Permission

_EDIT: Final = Permission.PATRON_EDIT
_THIS: Final = {"patron": "{patron}"}


class RevealedCpr(msgspec.Struct, frozen=True):
    cpr: str


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


router = Router(
    path="/patrons",
    tags=["patrons"],
    route_handlers=[
        add_identifier,
        end_identifier,
        replace_card,
        change_cpr,
        reveal_cpr,
        set_pin,
    ],
)
