"""A patron's addresses, interests and choices, as they are set and shown."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from faelles.ground.fields import Code, LongText, ShortText
from faelles.patrons.model import PhoneText

EmailText = Annotated[str, Meta(min_length=3, max_length=254)]


class NewEmail(Struct, frozen=True, forbid_unknown_fields=True):
    address: EmailText
    takes_notices: bool = True

    def __repr__(self) -> str:
        return "NewEmail()"


class NewPhone(Struct, frozen=True, forbid_unknown_fields=True):
    number: PhoneText
    takes_notices: bool = True

    def __repr__(self) -> str:
        return "NewPhone()"


class Email(Struct, frozen=True, kw_only=True):
    address: str
    takes_notices: bool
    verified_at: datetime | None


class Phone(Struct, frozen=True, kw_only=True):
    number: str
    takes_notices: bool


class OtherAddress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second address, beside the one in the patron's own record."""

    street: ShortText | None = None
    postal_code: ShortText | None = None
    city: ShortText | None = None
    country: ShortText | None = None
    co_name: ShortText | None = None

    def __repr__(self) -> str:
        return "OtherAddress()"


class Profile(Struct, frozen=True, kw_only=True):
    """The first address and number are where notices go. `emails` and `phones` are None where the address is protected
    from the caller.
    """

    emails: tuple[Email, ...] | None
    phones: tuple[Phone, ...] | None
    interests: tuple[str, ...]
    takes_post: bool
    guardian_sees: bool
    """Every guardian may look, not only the one who pays."""
    contact_person: str | None
    """Of a group or an institution."""
    isil: str | None
    """Of an institution that is a library itself."""
    protocols: tuple[str, ...]
    """Ways beside mail and SMS that the patron wants notices by."""
    tags: tuple[str, ...]
    """What other programs of the library know the patron by."""
    other_address: OtherAddress | None
    """None, too, where the address is protected from the caller."""
    message: str | None
    """What the library tells the patron on its pages; the desk's note is another."""


class SetProfile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; what is left out stays. Lists are replaced as a whole, the first of each comes first."""

    emails: Annotated[tuple[NewEmail, ...], Meta(max_length=10)] | UnsetType = UNSET
    phones: Annotated[tuple[NewPhone, ...], Meta(max_length=10)] | UnsetType = UNSET
    interests: Annotated[tuple[Code, ...], Meta(max_length=100)] | UnsetType = UNSET
    takes_post: bool | UnsetType = UNSET
    guardian_sees: bool | UnsetType = UNSET
    contact_person: ShortText | UnsetType | None = UNSET
    isil: Code | UnsetType | None = UNSET
    protocols: Annotated[tuple[Code, ...], Meta(max_length=10)] | UnsetType = UNSET
    tags: Annotated[tuple[Code, ...], Meta(max_length=50)] | UnsetType = UNSET
    other_address: OtherAddress | UnsetType | None = UNSET
    message: LongText | UnsetType | None = UNSET


class Choices(Struct, frozen=True, kw_only=True):
    """What stands in the patron's own row of choices."""

    interests: tuple[str, ...] = ()
    takes_post: bool = True
    guardian_sees: bool = False
    contact_person: str | None = None
    isil: str | None = None
    protocols: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    other_address: OtherAddress | None = None
    message: str | None = None


class Way(Struct, frozen=True, kw_only=True):
    """One stored address or number."""

    value: str
    takes_notices: bool = True
    verified_at: datetime | None = None


class Interest(Struct, frozen=True, kw_only=True):
    code: str
    name: str
    """In the caller's language."""


class NewInterest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Code
    name_da: ShortText
    name_en: ShortText
