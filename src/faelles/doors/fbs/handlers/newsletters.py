"""Newsletters: what there is, and what an address is signed up to. 404 where the agency has no system for them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.doors.fbs import newsletter_models as shown
from faelles.doors.fbs.call import Call, Handler
from faelles.newsletters import operations
from faelles.newsletters.model import Category, Choice, Newsletter, Subscription


class Subscriber(msgspec.Struct, frozen=True, rename="camel"):
    email_address: str
    patron_id: int


class Picked(msgspec.Struct, frozen=True):
    id: str
    name: str


class PickedCategory(msgspec.Struct, frozen=True):
    id: str
    title: str
    interests: tuple[Picked, ...] | None = None


class PickedList(msgspec.Struct, frozen=True, rename="camel"):
    list_id: str
    name: str
    tags: tuple[Picked, ...] | None = None
    interest_categories: tuple[PickedCategory, ...] | None = None


class Details(msgspec.Struct, frozen=True, rename="camel"):
    email_address: str
    subscriptions: tuple[PickedList, ...] | None = None


async def newsletters(call: Call) -> list[shown.Newsletter]:
    services = call.services
    return _shown(await operations.offered(services.database, call.caller, services.keyring))


async def newsletters_of_patron(call: Call) -> list[shown.Newsletter]:
    services, asked = call.services, call.body(Subscriber)
    chosen = await operations.chosen_by(services.database, call.caller, services.keyring, asked.email_address)
    return _shown(chosen)


async def subscribe(call: Call) -> None:
    services = call.services
    await operations.subscribe(services.database, call.caller, services.keyring, _subscription(call))


async def unsubscribe(call: Call) -> None:
    services = call.services
    await operations.unsubscribe(services.database, call.caller, services.keyring, _subscription(call))


def _subscription(call: Call) -> Subscription:
    details = call.body(Details)
    return Subscription(
        email=details.email_address,
        newsletters=tuple(
            Newsletter(
                list_id=each.list_id,
                name=each.name,
                tags=tuple(Choice(id=tag.id, name=tag.name) for tag in each.tags or ()),
                categories=tuple(
                    Category(
                        id=category.id,
                        title=category.title,
                        interests=tuple(Choice(id=one.id, name=one.name) for one in category.interests or ()),
                    )
                    for category in each.interest_categories or ()
                ),
            )
            for each in details.subscriptions or ()
        ),
    )


def _shown(found: Sequence[Newsletter]) -> list[shown.Newsletter]:
    return [
        shown.Newsletter(
            list_id=each.list_id,
            name=each.name,
            tags=tuple(shown.NewsletterChoice(id=tag.id, name=tag.name) for tag in each.tags),
            interest_categories=tuple(
                shown.NewsletterGroupCategory(
                    id=category.id,
                    title=category.title,
                    interests=tuple(shown.NewsletterChoice(id=one.id, name=one.name) for one in category.interests),
                )
                for category in each.categories
            ),
        )
        for each in found
    ]


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "newsletters": newsletters,
        "newsletters_of_patron": newsletters_of_patron,
        "subscribe": subscribe,
        "unsubscribe": unsubscribe,
    }
)
