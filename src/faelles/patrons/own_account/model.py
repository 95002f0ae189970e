"""What patrons may change of their own."""

from msgspec import UNSET, Struct, UnsetType

from faelles.ground.fields import Id
from faelles.ground.i18n import Language
from faelles.patrons.model import Contact, Pin


class ChangeOwn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Name and birth date are not the patron's to change: they come from the register or the desk."""

    version: Id
    contact: Contact | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    home_branch: Id | UnsetType = UNSET


class ChangeOwnPin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    old: Pin
    new: Pin

    def __repr__(self) -> str:
        return "ChangeOwnPin()"


class Consent(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether finished loans may be kept."""

    keeps_history: bool
