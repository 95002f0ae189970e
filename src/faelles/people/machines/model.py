"""What is asked and answered about machines and API clients."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from faelles.ground.fields import Id, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, ClientId, DivisionId, MachineId
from faelles.people.model import MachineKind, Permission

OwnName = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
"""What stands after the agency's ISIL in the name a machine or client signs in with: `dk-710100.` and `hall-2`."""


WEB_SITE: Final = frozenset(
    {
        Permission.AGENCY_VIEW,
        Permission.CATALOG_VIEW,
        Permission.ITEM_VIEW,
        Permission.PATRON_VIEW,
        Permission.PATRON_EDIT,
        Permission.PATRON_BLOCK,
        Permission.HOLD_VIEW,
        Permission.HOLD_PLACE,
        Permission.RENEW,
        Permission.FEE_VIEW,
        Permission.FEE_PAY,
    }
)
"""What a library's web site needs to serve its users."""


class NewMachine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`renews_on_checkout`: whether scanning a book again that the same patron has on loan renews it."""

    username: OwnName
    kind: MachineKind
    name: ShortText
    branch: Id
    language: Language = Language.DANISH
    renews_on_checkout: bool = True


class MachineChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None leaves as it is."""

    name: ShortText | None = None
    branch: Id | None = None
    language: Language | None = None
    renews_on_checkout: bool | None = None
    is_disabled: bool | None = None


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    id: MachineId
    username: str
    kind: MachineKind
    name: str
    branch: BranchId
    division: DivisionId
    language: Language
    renews_on_checkout: bool
    disabled_at: datetime | None


class MachineSecret(msgspec.Struct, frozen=True, kw_only=True):
    """What a new machine signs in with. The secret is shown this once."""

    id: MachineId
    username: str
    secret: str


class NewClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without a division the client acts for the whole agency."""

    username: OwnName
    name: ShortText
    permissions: frozenset[Permission]
    division: Id | None = None
    language: Language = Language.DANISH


class ClientChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None leaves as it is."""

    name: ShortText | None = None
    permissions: frozenset[Permission] | None = None
    language: Language | None = None
    is_disabled: bool | None = None


class Client(msgspec.Struct, frozen=True, kw_only=True):
    id: ClientId
    username: str
    name: str
    permissions: list[str]
    division: DivisionId | None
    language: Language
    disabled_at: datetime | None


class ClientSecret(msgspec.Struct, frozen=True, kw_only=True):
    """What a new client signs in with. The secret is shown this once."""

    id: ClientId
    username: str
    secret: str
