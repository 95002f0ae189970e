"""Permissions, the places they hold in, and the caller that every door hands to the operations."""

from enum import StrEnum

import msgspec

from faelles.ground.actor import Actor
from faelles.ground.errors import ForbiddenError
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, BranchId, DivisionId, PatronId


class Permission(StrEnum):
    """What a role can allow. Names are stable: they stand in roles, in tokens and in refusals."""

    CHECKOUT = "checkout"
    RENEW = "renew"
    RETURN = "return"
    BACKDATE = "backdate"
    UNDO = "undo"
    LOST = "lost"
    OFFLINE = "offline"
    WORKLIST = "worklist"
    OVERRIDE_BLOCK = "override_block"
    OVERRIDE_DEBT = "override_debt"
    OVERRIDE_LIMIT = "override_limit"
    OVERRIDE_LENDABLE = "override_lendable"
    OVERRIDE_RENEWAL = "override_renewal"
    OVERRIDE_AGE = "override_age"
    OVERRIDE_DUE_DATE = "override_due_date"
    PATRON_VIEW = "patron_view"
    PATRON_EDIT = "patron_edit"
    PATRON_BLOCK = "patron_block"
    PATRON_MERGE = "patron_merge"
    PATRON_CPR = "patron_cpr"
    PATRON_PROTECTED = "patron_protected"
    FEE_VIEW = "fee_view"
    FEE_CHARGE = "fee_charge"
    FEE_PAY = "fee_pay"
    FEE_WAIVE = "fee_waive"
    ITEM_VIEW = "item_view"
    ITEM_EDIT = "item_edit"
    ITEM_WITHDRAW = "item_withdraw"
    CATALOG_VIEW = "catalog_view"
    CATALOG_EDIT = "catalog_edit"
    POLICY_VIEW = "policy_view"
    POLICY_EDIT = "policy_edit"
    AGENCY_VIEW = "agency_view"
    AGENCY_EDIT = "agency_edit"
    PEOPLE_VIEW = "people_view"
    PEOPLE_EDIT = "people_edit"
    EVENT_READ = "event_read"
    SUPPORT_GRANT = "support_grant"
    OWN_ACCOUNT = "own_account"
    """What a signed-in patron has, and nobody else: their own loans, account and settings."""


class Place(msgspec.Struct, frozen=True):
    """Where something is done: a branch, and the division it belongs to."""

    division: DivisionId
    branch: BranchId


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """Permissions that hold at one branch, in a whole division, or (neither given) in the whole agency."""

    permissions: frozenset[Permission]
    division: DivisionId | None = None
    branch: BranchId | None = None

    def covers(self, place: Place) -> bool:
        if self.branch is not None:
            return self.branch == place.branch
        return self.division is None or self.division == place.division


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: agency, actor, language, and what they may do where. Doors make it, operations read it."""

    agency: AgencyId
    actor: Actor
    language: Language
    grants: tuple[Grant, ...]
    patron: PatronId | None = None
    """Set for a signed-in patron: the only patron they may see."""
    stands_in: BranchId | None = None
    """Set for a machine: the branch it stands in, whatever a request says."""
    support: str | None = None
    """Set for the supplier's staff under a support grant: their name at the operator."""

    def permissions_at(self, place: Place) -> frozenset[Permission]:
        return frozenset().union(*(grant.permissions for grant in self.grants if grant.covers(place)))

    def may(self, permission: Permission) -> bool:
        """Whether the permission is held anywhere in the agency."""
        return any(permission in grant.permissions for grant in self.grants)

    def require(self, permission: Permission, place: Place | None = None) -> None:
        """Raise ForbiddenError unless the permission is held at `place`, or, without a place, anywhere."""
        held = self.may(permission) if place is None else permission in self.permissions_at(place)
        if not held:
            raise ForbiddenError("permission_missing", permission=permission.value)

    def divisions(self, permission: Permission) -> frozenset[DivisionId] | None:
        """The divisions a whole-division grant of `permission` reaches; None where it reaches the whole agency.

        School staff never see the public library's loans and debts, nor the other way round. A grant at one branch
        counts for that branch's division, which the door fills in when it makes the caller.
        """
        granted = [grant for grant in self.grants if permission in grant.permissions]
        if any(grant.division is None and grant.branch is None for grant in granted):
            return None
        return frozenset(grant.division for grant in granted if grant.division is not None)
