"""Consents: GDPR article 7. Free, dated, as easily taken back as given."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from faelles.ground.fields import Code


class ConsentKind(StrEnum):
    """`consent_<kind>` says in words what is agreed to."""

    HISTORY = "history"
    """Finished loans are kept, and shown to the patron."""
    NATIONAL_REGISTER = "national_register"
    """Name and address are kept in step with the national register of patrons."""
    RECOMMENDATIONS = "recommendations"
    NEWSLETTERS = "newsletters"


class SetConsent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`text_version` names the wording that was agreed to."""

    kind: ConsentKind
    is_given: bool
    text_version: Code | None = None


class ConsentLine(Struct, frozen=True, kw_only=True):
    """One consent from when it was given. `by`: what kind of caller; a colleague is not named to the patron."""

    kind: str
    given_at: datetime
    given_by: str
    text_version: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class ConsentSet(Struct, frozen=True, kw_only=True):
    """`erased_loans`: how many finished loans went with a withdrawal."""

    consents: list[ConsentLine]
    erased_loans: int
