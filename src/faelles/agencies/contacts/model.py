"""Addresses of branches."""

from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import ShortText
from faelles.ground.ids import BranchId

Website = Annotated[str, Meta(max_length=300, pattern=r"^https?://[^\s\x00-\x1f]+$(?!\n)")]


class BranchContact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not known is null. Setting it replaces all of it."""

    street: ShortText | None = None
    postal_code: ShortText | None = None
    city: ShortText | None = None
    phone: ShortText | None = None
    email: ShortText | None = None
    website: Website | None = None


class ContactShown(msgspec.Struct, frozen=True, kw_only=True):
    branch: BranchId
    contact: BranchContact
