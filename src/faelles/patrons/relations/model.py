"""Memberships and guardians as stored."""

from dataclasses import dataclass
from datetime import date

from msgspec import Struct

from faelles.ground.fields import Id
from faelles.ground.ids import DivisionId, PatronGroupId, PatronId
from faelles.patrons.model import Role


class EndOn(Struct, frozen=True, forbid_unknown_fields=True):
    """The last day; None: yesterday, so that it no longer holds today."""

    last_day: date | None = None


class AddGuardian(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    guardian: Id
    is_financially_responsible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    id: int
    patron: PatronId
    division: DivisionId
    role: Role
    group: PatronGroupId
    starts_on: date | None
    ends_on: date | None
    """The last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardianship:
    id: int
    ward: PatronId
    ward_name: str
    guardian: PatronId
    guardian_name: str
    is_financially_responsible: bool
    starts_on: date | None
    ends_on: date | None
