"""What is asked and answered about providers that staff sign in at."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from faelles.ground.fields import PRINTABLE, Code, Id, ShortText

BASIC_PRIVILEGES: Final = "dk:gov:saml:attribute:Privileges_intermediate"
"""Where the municipal access service puts what somebody may (OIO Basic Privilege Profile, base64)."""

Address = Annotated[str, Meta(min_length=8, max_length=500, pattern=r"^[^\x00-\x20\x7f]+$(?!\n)")]
Claim = Annotated[str, Meta(min_length=1, max_length=200, pattern=PRINTABLE)]
Outside = Annotated[str, Meta(min_length=1, max_length=500, pattern=PRINTABLE)]
"""A role, a place or somebody in the provider's words."""
Pem = Annotated[str, Meta(min_length=1, max_length=20_000)]
Metadata = Annotated[str, Meta(min_length=1, max_length=500_000)]
Cvr = Annotated[str, Meta(pattern=r"^[0-9]{8}$(?!\n)")]


class Protocol(StrEnum):
    OPENID = "oidc"
    SAML = "saml"


USUAL_ROLE_CLAIMS: Final = {Protocol.OPENID: "roles", Protocol.SAML: BASIC_PRIVILEGES}
"""Where somebody's roles are read where a provider's settings name no claim."""


class RoleHere(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a role of the provider's is here: `role` at `branch`, in `division`, (neither) in the whole agency, or
    (`is_by_place`) at the places that the provider names for each person.
    """

    outside: Outside
    role: Code
    division: Id | None = None
    branch: Id | None = None
    is_by_place: bool = False


class PlaceHere(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The provider's word for a branch or a division: exactly one of the two."""

    outside: Outside
    division: Id | None = None
    branch: Id | None = None

    def __post_init__(self) -> None:
        if (self.division is None) == (self.branch is None):
            raise ValueError("one of division and branch")


class SetProvider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of a provider's settings. What is secret and not given stays as it was.

    OpenID: `client`, and `secret` the first time. SAML: `metadata` (the provider's own XML); `key` and `certificate`
    (PEM) are ours, and made where none are given the first time. Claims not named are the protocol's usual ones.
    """

    name: ShortText
    protocol: Protocol
    issuer: Address
    client: Claim | None = None
    secret: Claim | None = None
    metadata: Metadata | None = None
    key: Pem | None = None
    certificate: Pem | None = None
    subject_claim: Claim | None = None
    username_claim: Claim | None = None
    name_claim: Claim | None = None
    role_claim: Claim | None = None
    cvr: Cvr | None = None
    """The municipality's company number; needed for privileges that name one."""
    is_open: bool = True
    roles: tuple[RoleHere, ...] = ()
    places: tuple[PlaceHere, ...] = ()

    def __repr__(self) -> str:
        return "SetProvider()"


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as it is shown: everything but its secret."""

    id: int
    code: str
    name: str
    protocol: Protocol
    issuer: str
    client: str | None
    certificate: str | None
    subject_claim: str | None
    username_claim: str | None
    name_claim: str | None
    role_claim: str
    cvr: str | None
    is_open: bool
    set_at: datetime
    set_by: str
    roles: tuple[RoleHere, ...]
    places: tuple[PlaceHere, ...]


class Offered(msgspec.Struct, frozen=True):
    """A way to sign in, as anybody may know of it."""

    code: str
    name: str


class Keyed(msgspec.Struct, frozen=True):
    """A provider and what only the program may know of it."""

    provider: Provider
    secret: str
    metadata: str | None

    def __repr__(self) -> str:
        return f"Keyed({self.provider.id})"


class Privilege(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody may, in the provider's words. `cvr`: for that company alone. `places`: there alone; None
    for everywhere.
    """

    outside: str
    cvr: str | None = None
    places: tuple[str, ...] | None = None


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody has proved to be. `answer`: what tells this proof from every other."""

    subject: str
    username: str
    name: str
    role_values: tuple[str, ...]
    answer: str

    def __repr__(self) -> str:
        return "Proven()"


class Granted(msgspec.Struct, frozen=True, order=True):
    """A role at a branch, in a division, or in the whole agency."""

    role: str
    division: int | None = None
    branch: int | None = None
