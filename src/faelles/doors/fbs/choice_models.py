"""What is answered about what belongs to patrons, and what they may choose from; as in `models.py`."""

from datetime import date

from msgspec import Struct


class Consent(Struct, frozen=True):
    consent_type: str
    consent_date: date


class LoanerIdentifier(Struct, frozen=True, kw_only=True):
    identifier: str
    identifier_type: str
    status: str
    description: str | None
    expiry_date: date | None


class PatronGroup(Struct, frozen=True, kw_only=True):
    patron_group_id: int
    name: str
    description: str
    members_count: int
    child_groups: tuple["PatronGroup", ...]


class PatronInterests(Struct, frozen=True):
    """By code, the name in the client's language."""

    interests: dict[str, str]


class NotificationProtocol(Struct, frozen=True):
    name: str
    display_name: str


class Favorite(Struct, frozen=True, kw_only=True):
    bibliographic_record_id: str
    periodical_number: str | None
    periodical_volume: str | None
    periodical_year: str | None


class Favorites(Struct, frozen=True, kw_only=True):
    patron_id: int
    name: str
    favorites: tuple[Favorite, ...]


class EmailIdentifier(Struct, frozen=True):
    result: str
    success: bool
