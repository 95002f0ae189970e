"""What every route declares: who may call it, and a request that succeeds.

The declaration is the route's `opt`. The application refuses to start with a route that has none; the guard in
`authentication.py` enforces it; a test walks all routes with the example, as the rightful caller and as all others.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from faelles.people.model import Permission

OPT_KEY = "access"
OPT_KINDS = "kinds"
"""Beside it: the media types of an answer that is not JSON, where there are several."""

Plain = str | int | bool | None


class Audience(StrEnum):
    """Whom a route is for."""

    PUBLIC = "public"
    """Anybody: signing in, health."""
    SIGNED_IN = "signed_in"
    """Everybody we know, about themselves only."""
    NATION = "nation"
    """The operator's own staff at the nation, who hold the route's permission there; no municipality's."""
    PERMITTED = "permitted"
    """Those who hold the route's permission somewhere; at which place is for the operation to check."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A request that succeeds in a furnished municipality.

    A text of the form `{patron}` stands for that object of the municipality and becomes its id or number, in the
    path by the parameter's name, anywhere in `query` and `body` by value. The names are in
    tests/doors/rest/furniture.py.
    """

    path: Mapping[str, Plain] = {}
    query: Mapping[str, Plain] = {}
    body: Any = None
    answers_neighbours: str = ""
    """Why another agency's staff may get an answer to this very request (the national catalogue, a foreign book
    handed in). Left empty, they must be refused whenever the example names one of the municipality's own objects."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One route's declaration."""

    audience: Audience
    permission: Permission | None
    example: Example


def guarded(permission: Permission, *, example: Example | None = None) -> dict[str, Access]:
    """The route needs `permission` at some place of the agency; the operation checks at which."""
    return _declared(Audience.PERMITTED, permission, example)


def for_the_nation(permission: Permission, *, example: Example | None = None) -> dict[str, Access]:
    """The route is for the nation's own staff with `permission`; the operation refuses every municipality's."""
    return _declared(Audience.NATION, permission, example)


def own_account(*, example: Example | None = None) -> dict[str, Access]:
    """The route is for a signed-in patron, about that patron."""
    return _declared(Audience.PERMITTED, Permission.OWN_ACCOUNT, example)


def signed_in(*, example: Example | None = None) -> dict[str, Access]:
    """The route is for every known caller, about the caller alone."""
    return _declared(Audience.SIGNED_IN, None, example)


def public(*, example: Example | None = None) -> dict[str, Access]:
    """The route is for anybody."""
    return _declared(Audience.PUBLIC, None, example)


def _declared(audience: Audience, permission: Permission | None, example: Example | None) -> dict[str, Access]:
    return {OPT_KEY: Access(audience=audience, permission=permission, example=example or Example())}
