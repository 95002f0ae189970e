"""Newsletters over REST: which system sends them, what there is, and signing people up and off."""

from typing import Annotated

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.paging import Page
from faelles.doors.rest.request import ApiRequest
from faelles.newsletters import operations
from faelles.newsletters.model import Newsletter, SetProvider, SubscriberOf, Subscription
from faelles.people.model import Permission

_EMAIL = "karen@example.dk"


class OwnSubscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What I am signed up to or off."""

    newsletters: Annotated[tuple[Newsletter, ...], msgspec.Meta(min_length=1, max_length=50)]


@put(
    "/provider",
    status_code=204,
    opt=guarded(
        Permission.AGENCY_EDIT,
        example=Example(body={"adapter": "built_in"}),
    ),
    summary="Choose the system that sends newsletters",
)
async def choose_newsletter_provider(request: ApiRequest, data: JSONBody[SetProvider]) -> None:
    caller, services = request.caller, request.services
    work = operations.set_provider
    await request.run(lambda tx: work(tx, caller, services.keyring, services.installation, data))


@delete("/provider", opt=guarded(Permission.AGENCY_EDIT, example=Example()), summary="Have no newsletters any more")
async def forget_provider(request: ApiRequest) -> None:
    await request.run(lambda tx: operations.forget_provider(tx, request.caller))


@get("/", opt=guarded(Permission.CATALOG_VIEW, example=Example()), summary="The newsletters there are")
async def list_newsletters(request: ApiRequest) -> Page[Newsletter]:
    """404 `newsletters_not_set` where the agency has no system for them. One page."""
    services = request.services
    found = await operations.offered(services.database, request.caller, services.keyring)
    return Page(items=list(found), next=None)


@post(
    "/subscriber",
    status_code=200,
    opt=guarded(Permission.PATRON_EDIT, example=Example(body={"email": _EMAIL})),
    summary="What an address is signed up to",
)
async def show_subscriber(request: ApiRequest, data: JSONBody[SubscriberOf]) -> Page[Newsletter]:
    services = request.services
    found = await operations.chosen_by(services.database, request.caller, services.keyring, data.email)
    return Page(items=list(found), next=None)


@post(
    "/subscriptions",
    status_code=204,
    opt=guarded(Permission.PATRON_EDIT, example=Example(body={"email": _EMAIL, "newsletters": [{"list_id": "nyt"}]})),
    summary="Sign an address up",
)
async def subscribe(request: ApiRequest, data: JSONBody[Subscription]) -> None:
    services = request.services
    await operations.subscribe(services.database, request.caller, services.keyring, data)


@post(
    "/unsubscriptions",
    status_code=204,
    opt=guarded(Permission.PATRON_EDIT, example=Example(body={"email": _EMAIL, "newsletters": [{"list_id": "nyt"}]})),
    summary="Sign an address off",
)
async def unsubscribe(request: ApiRequest, data: JSONBody[Subscription]) -> None:
    services = request.services
    await operations.unsubscribe(services.database, request.caller, services.keyring, data)


@get("/", opt=own_account(example=Example()), summary="The newsletters I am signed up to")
async def list_own_newsletters(request: ApiRequest) -> Page[Newsletter]:
    """By my first e-mail address; 409 without one. One page."""
    services = request.services
    found = await operations.chosen_by_own(services.database, request.caller, services.keyring)
    return Page(items=list(found), next=None)


@post(
    "/subscriptions",
    status_code=204,
    opt=own_account(example=Example(body={"newsletters": [{"list_id": "nyt"}]})),
    summary="Sign me up",
)
async def subscribe_me(request: ApiRequest, data: JSONBody[OwnSubscription]) -> None:
    services = request.services
    await operations.sign_up_own(services.database, request.caller, services.keyring, data.newsletters, is_on=True)


@post(
    "/unsubscriptions",
    status_code=204,
    opt=own_account(example=Example(body={"newsletters": [{"list_id": "nyt"}]})),
    summary="Sign me off",
)
async def unsubscribe_me(request: ApiRequest, data: JSONBody[OwnSubscription]) -> None:
    services = request.services
    await operations.sign_up_own(services.database, request.caller, services.keyring, data.newsletters, is_on=False)


router = Router(
    path="/newsletters",
    tags=["newsletters"],
    route_handlers=[
        choose_newsletter_provider,
        forget_provider,
        list_newsletters,
        show_subscriber,
        subscribe,
        unsubscribe,
    ],
)
own_router = Router(
    path="/own/newsletters",
    tags=["own account"],
    route_handlers=[list_own_newsletters, subscribe_me, unsubscribe_me],
)
