"""How else a patron is reached, what they like and chose, over REST; at the desk and of one's own."""

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.answers import Made
from faelles.doors.rest.paging import Page
from faelles.doors.rest.parameters import IdempotencyKey, PathCode, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import PatronId
from faelles.notices.guardians import operations as registering
from faelles.patrons.favourites import operations as favourites
from faelles.patrons.favourites.model import FavouriteList, SetFavourites
from faelles.patrons.guardians.model import GuardianGiven
from faelles.patrons.identification import operations as identification
from faelles.patrons.identification.model import BlockCard
from faelles.patrons.model import Registered, RegisterPatron
from faelles.patrons.profile import operations
from faelles.patrons.profile.model import Interest, NewInterest, Profile, SetProfile
from faelles.people.model import Permission

_EDIT = Permission.PATRON_EDIT
_THIS = {"patron": "{patron}"}
_ADDRESSES = {
    "emails": [{"address": "karen@example.dk"}, {"address": "blixen@example.dk", "takes_notices": False}],
    "phones": [{"number": "+45 12 34 56 78"}],
}
_FAVOURITES = {"lists": [{"name": "Læs igen", "favourites": [{"record": "870970-basis:51989252"}]}]}
_GUARDIAN = {"name": "Wilhelm Dinesen", "cpr": "7704654000", "contact": {"email": "wilhelm@example.dk"}}


class WithGuardian(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A child as any patron is registered, and the adult who answers for it."""

    patron: RegisterPatron
    guardian: GuardianGiven


@post(
    "/patrons/with-guardian",
    opt=guarded(
        _EDIT,
        example=Example(
            body={
                "patron": {
                    "name": "Ingeborg Dinesen",
                    "home_branch": "{branch}",
                    "birth_date": "2016-04-17",
                    "identifiers": [{"kind": "card", "value": "B7000003"}],
                },
                "guardian": _GUARDIAN,
            }
        ),
    ),
    summary="Register a child with a guardian",
)
async def register_with_guardian(
    request: ApiRequest, data: JSONBody[WithGuardian], idempotency_key: IdempotencyKey = None
) -> Registered:
    """An adult who is a patron here already stays one patron, by the CPR number."""
    caller, keyring = request.caller, request.services.keyring
    return await request.run(
        lambda tx: registering.register_with_guardian(
            tx, caller, keyring, data.patron, data.guardian, key=idempotency_key
        )
    )


@put(
    "/patrons/{patron:int}/guardian",
    opt=guarded(_EDIT, example=Example(path={"patron": "{child}"}, body=_GUARDIAN)),
    summary="Give a child another guardian",
)
async def replace_guardian(request: ApiRequest, patron: PathId, data: JSONBody[GuardianGiven]) -> Made:
    """Whoever answered until now does so no longer; claims keep whoever answered when they arose."""
    caller, keyring = request.caller, request.services.keyring
    work = registering.replace_guardian
    return Made(await request.run(lambda tx: work(tx, caller, keyring, PatronId(patron), data)))


@get(
    "/patrons/{patron:int}/profile",
    opt=guarded(Permission.PATRON_VIEW, example=Example(path=_THIS)),
    summary="A patron's addresses, interests and choices",
)
async def show_patron_profile(request: ApiRequest, patron: PathId) -> Profile:
    """The first e-mail address and number are those that notices go to."""
    return await request.run(lambda tx: operations.show_profile(tx, request.caller, PatronId(patron)))


@patch(
    "/patrons/{patron:int}/profile",
    opt=guarded(_EDIT, example=Example(path=_THIS, body=_ADDRESSES)),
    summary="Change a patron's addresses, interests and choices",
)
async def set_patron_profile(request: ApiRequest, patron: PathId, data: JSONBody[SetProfile]) -> Profile:
    """What is left out stays; a list is replaced as a whole. Who takes notices comes first."""
    return await request.run(lambda tx: operations.set_profile(tx, request.caller, PatronId(patron), data))


@get("/own/profile", opt=own_account(example=Example()), summary="My addresses, interests and choices")
async def show_own_profile(request: ApiRequest) -> Profile:
    return await request.run(lambda tx: operations.show_own_profile(tx, request.caller))


@patch("/own/profile", opt=own_account(example=Example(body=_ADDRESSES)), summary="Change my addresses and choices")
async def set_own_profile(request: ApiRequest, data: JSONBody[SetProfile]) -> Profile:
    return await request.run(lambda tx: operations.set_own_profile(tx, request.caller, data))


@get(
    "/patrons/{patron:int}/favourites",
    opt=guarded(_EDIT, example=Example(path=_THIS)),
    summary="A patron's favourites",
)
async def show_favourites(request: ApiRequest, patron: PathId) -> list[FavouriteList]:
    """For the web sites that keep them here for their users; the look is recorded."""
    return list(await request.run(lambda tx: favourites.show_favourites(tx, request.caller, PatronId(patron))))


@put(
    "/patrons/{patron:int}/favourites",
    status_code=204,
    opt=guarded(_EDIT, example=Example(path=_THIS, body=_FAVOURITES)),
    summary="Replace a patron's favourites",
)
async def set_favourites(request: ApiRequest, patron: PathId, data: JSONBody[SetFavourites]) -> None:
    await request.run(lambda tx: favourites.set_favourites(tx, request.caller, PatronId(patron), data))


@get("/own/favourites", opt=own_account(example=Example()), summary="My favourites")
async def show_own_favourites(request: ApiRequest) -> list[FavouriteList]:
    return list(await request.run(lambda tx: favourites.show_own_favourites(tx, request.caller)))


@put(
    "/own/favourites",
    status_code=204,
    opt=own_account(example=Example(body=_FAVOURITES)),
    summary="Replace my favourites",
)
async def set_own_favourites(request: ApiRequest, data: JSONBody[SetFavourites]) -> None:
    await request.run(lambda tx: favourites.set_own_favourites(tx, request.caller, data))


@post(
    "/patrons/{patron:int}/cards/block",
    status_code=204,
    opt=guarded(_EDIT, example=Example(path=_THIS, body={"value": "{patron_card}"})),
    summary="Block a card by its number",
)
async def block_card(request: ApiRequest, patron: PathId, data: JSONBody[BlockCard]) -> None:
    """It is reported lost or stolen, and never given to anybody else."""
    caller, keyring = request.caller, request.services.keyring
    await request.run(lambda tx: identification.block_card(tx, caller, keyring, PatronId(patron), data))


@post(
    "/own/cards/block",
    status_code=204,
    opt=own_account(example=Example(body={"value": "{card}"})),
    summary="Block my card",
)
async def block_own_card(request: ApiRequest, data: JSONBody[BlockCard]) -> None:
    """Lost or stolen: nobody can use it from now on."""
    caller, keyring = request.caller, request.services.keyring
    await request.run(lambda tx: operations.block_own_card(tx, caller, keyring, data))


@get("/interests", opt=guarded(Permission.PATRON_VIEW, example=Example()), summary="What patrons may be interested in")
async def list_interests(request: ApiRequest) -> Page[Interest]:
    """The agency's own and the nation's, in the caller's language. One page."""
    return Page(items=await request.read(lambda tx: operations.list_interests(tx, request.caller)), next=None)


@put(
    "/interests",
    status_code=204,
    opt=guarded(
        Permission.AGENCY_EDIT,
        example=Example(body={"code": "krimi", "name_da": "Krimi", "name_en": "Crime fiction"}),
    ),
    summary="Offer an interest, or name it anew",
)
async def offer_interest(request: ApiRequest, data: JSONBody[NewInterest]) -> None:
    await request.run(lambda tx: operations.offer_interest(tx, request.caller, data))


@delete(
    "/interests/{interest:str}",
    opt=guarded(Permission.AGENCY_EDIT, example=Example(path={"interest": "{interest}"})),
    summary="Offer an interest no longer",
)
async def withdraw_interest(request: ApiRequest, interest: PathCode) -> None:
    """Who chose it keeps it."""
    await request.run(lambda tx: operations.withdraw_interest(tx, request.caller, interest))


router = Router(
    path="/",
    tags=["patrons"],
    route_handlers=[
        register_with_guardian,
        replace_guardian,
        show_patron_profile,
        set_patron_profile,
        show_own_profile,
        set_own_profile,
        show_favourites,
        set_favourites,
        show_own_favourites,
        set_own_favourites,
        block_card,
        block_own_card,
        list_interests,
        offer_interest,
        withdraw_interest,
    ],
)
