"""What there is to subscribe to."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from faelles.ground.fields import ShortText

Address = Annotated[str, Meta(max_length=300, pattern=r"^https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~/%-]*)?$(?!\n)")]
Secret = Annotated[str, Meta(min_length=16, max_length=200, pattern=r"^[\x21-\x7e]+$(?!\n)")]
EmailText = Annotated[str, Meta(min_length=3, max_length=254)]


class Choice(Struct, frozen=True, kw_only=True):
    """A tag or an interest, by the id that the provider knows it by."""

    id: ShortText
    name: str = ""


class Category(Struct, frozen=True, kw_only=True):
    id: ShortText
    title: str = ""
    interests: Annotated[tuple[Choice, ...], Meta(max_length=200)] = ()


class Newsletter(Struct, frozen=True, kw_only=True):
    """A list, with all that can be chosen of it, or with what somebody chose."""

    list_id: ShortText
    name: str = ""
    tags: Annotated[tuple[Choice, ...], Meta(max_length=200)] = ()
    categories: Annotated[tuple[Category, ...], Meta(max_length=50)] = ()


class Subscription(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address, and what it is signed up to or off."""

    email: EmailText
    newsletters: Annotated[tuple[Newsletter, ...], Meta(max_length=50)] = ()

    def __repr__(self) -> str:
        return "Subscription()"


class SubscriberOf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: EmailText

    def __repr__(self) -> str:
        return "SubscriberOf()"


class Adapter(StrEnum):
    HTTP = "http"
    BUILT_IN = "built_in"
    """A pretended one, for demonstrations and tests; refused in production."""


class SetProvider(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An HTTP system has an address, and a secret that both sides sign with."""

    adapter: Adapter = Adapter.HTTP
    address: Address | None = None
    secret: Secret | None = None

    def __repr__(self) -> str:
        return "SetProvider()"
