"""The settings there are. Programs ask for them by key; what no division set is as it stands here."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

from msgspec import Meta, Struct

from faelles.ground.fields import PRINTABLE

YES: Final = "true"
NO: Final = "false"
SettingText = Annotated[str, Meta(max_length=500, pattern=PRINTABLE)]


class Form(StrEnum):
    """What a setting's texts are."""

    YES_NO = "yes_no"
    NUMBER = "number"
    TEXT = "text"
    LIST = "list"


class Setting(Struct, frozen=True, kw_only=True):
    """One key with what holds for a division."""

    key: str
    form: Form
    values: tuple[str, ...]
    is_default: bool


class SetSetting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One text, but for a list."""

    values: Annotated[tuple[SettingText, ...], Meta(max_length=100)]


class Declared(Struct, frozen=True):
    form: Form
    default: tuple[str, ...]


GUARDIAN_VIEW: Final = "loaner.guardianVisibility.enabled"
"""Whether guardians see, renew, reserve and pay for the children they answer for."""
SELF_REGISTRATION: Final = "loaner.selfCreation.enabled"
BOOKINGS: Final = "booking.enabled"
PAYMENTS: Final = "payment.enabled"
"""Whether web sites may offer payment of fees."""
PIN_RESET_PAGE: Final = "loaner.pincodeReset.url"
"""The page that the mailed link leads to; `{token}` stands for the link's token. Empty: the library system's own."""
NOTIFICATION_PROTOCOLS: Final = "loaner.notificationProtocols"
"""Ways beside mail and SMS that patrons may choose."""
LANGUAGES: Final = "loaner.preferredLanguages"
"""What patrons may be spoken to in."""
VERIFICATION_PAGE: Final = "loaner.emailVerification.url"

DECLARED: Final[Mapping[str, Declared]] = MappingProxyType(
    {
        GUARDIAN_VIEW: Declared(Form.YES_NO, (NO,)),
        SELF_REGISTRATION: Declared(Form.YES_NO, (YES,)),
        BOOKINGS: Declared(Form.YES_NO, (YES,)),
        PIN_RESET_PAGE: Declared(Form.TEXT, ("",)),
        VERIFICATION_PAGE: Declared(Form.TEXT, ("",)),
        PAYMENTS: Declared(Form.YES_NO, (YES,)),
        "reservation.parallel.enabled": Declared(Form.YES_NO, (YES,)),
        "loaner.pincode.length.min": Declared(Form.NUMBER, ("4",)),
        "loaner.pincode.length.max": Declared(Form.NUMBER, ("8",)),
        LANGUAGES: Declared(Form.LIST, ("da", "en")),
        NOTIFICATION_PROTOCOLS: Declared(Form.LIST, ()),
        "branches.hidden": Declared(Form.LIST, ()),
    }
)
