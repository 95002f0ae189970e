"""Permissions, the places they hold in, and the caller that every door hands to the operations."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from faelles.ground.actor import SYSTEM, Actor
from faelles.ground.errors import ForbiddenError
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION, AgencyId, BranchId, DivisionId, PatronId


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
    LOGISTICS = "logistics"
    """Pick lists, crates and vans, copies on their way, the hold shelf."""
    OVERRIDE_BLOCK = "override_block"
    OVERRIDE_DEBT = "override_debt"
    OVERRIDE_LIMIT = "override_limit"
    OVERRIDE_LENDABLE = "override_lendable"
    OVERRIDE_RENEWAL = "override_renewal"
    OVERRIDE_AGE = "override_age"
    OVERRIDE_DUE_DATE = "override_due_date"
    HOLD_VIEW = "hold_view"
    """See queues, and why a hold got a copy or did not."""
    HOLD_PLACE = "hold_place"
    """Place holds for patrons, change and cancel them."""
    HOLD_MOVE = "hold_move"
    OVERRIDE_HOLD = "override_hold"
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
    FEE_REFUND = "fee_refund"
    """Send money back through the payment provider."""
    TILL_OPERATE = "till_operate"
    """Open, count and close a till."""
    DEBT_COLLECT = "debt_collect"
    """Written notices of exclusion, and claims to and from the debtor system."""
    MONEY_SETUP = "money_setup"
    """Tills, and which payment provider and debtor system the agency uses."""
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
    PRIVACY = "privacy"
    """For the whole agency: what is kept of people and for how long, a person's own file, erasure on request."""
    SUPPORT_GRANT = "support_grant"
    """Let the operator's supporters in, for a time."""
    SUPPORT = "support"
    """Held by the operator's supporters, in the nation alone: enter an agency that lets them in."""
    PATRON_STATUS = "patron_status"
    """What a machine shows a patron who stands at it with card and PIN: may they come in, what have they out."""
    CARD_BLOCK = "card_block"
    """What a machine does with a card it has kept: block the patron, and let them in again."""
    TAG_NOTE = "tag_note"
    """What a machine says of a copy's tag."""
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
    asks_pin: bool = False
    """Set for a machine at which a patron is served with their PIN alone."""
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

    def require_throughout(self, permission: Permission) -> None:
        """Raise ForbiddenError unless the permission is held in the whole agency."""
        if not self.may(permission) or self.divisions(permission) is not None:
            raise ForbiddenError("permission_missing", permission=permission.value)

    def own_or(self, permission: Permission) -> Permission:
        """What a patron needs for their own affairs; `permission` for everybody else."""
        return permission if self.patron is None else Permission.OWN_ACCOUNT

    def oneself(self) -> PatronId:
        """The signed-in patron, for what is everybody's own. Raises ForbiddenError for whoever is none."""
        self.require(Permission.OWN_ACCOUNT)
        if self.patron is None:
            raise ForbiddenError("permission_missing", permission=Permission.OWN_ACCOUNT.value)
        return self.patron

    def divisions(self, permission: Permission) -> frozenset[DivisionId] | None:
        """The divisions whose patrons and loans `permission` reaches; None where it is held in the whole agency.

        School staff never see the public library's loans and debts, nor the other way round. A grant at one branch
        reaches all of that branch's division, which the door fills in when it makes the caller.
        """
        granted = [grant for grant in self.grants if permission in grant.permissions]
        if any(grant.division is None and grant.branch is None for grant in granted):
            return None
        return frozenset(grant.division for grant in granted if grant.division is not None)


def listed(divisions: frozenset[DivisionId] | None) -> list[DivisionId] | None:
    """What `Caller.divisions` says, as a statement takes it: NULL for the whole agency."""
    return None if divisions is None else sorted(divisions)


EVERY_PERMISSION = frozenset(Permission) - {Permission.OWN_ACCOUNT, Permission.SUPPORT}
"""Everything that can be held within an agency by those who work for it."""


def system_caller(agency: AgencyId, language: Language = Language.DANISH) -> Caller:
    """The program itself, with every permission: for seeding, jobs, the operator's commands. Nobody signs in as it."""
    held = EVERY_PERMISSION | {Permission.SUPPORT} if agency == NATION else EVERY_PERMISSION
    return Caller(agency=agency, actor=SYSTEM, language=language, grants=(Grant(held),))


class SubjectKind(StrEnum):
    """Whose token it is. A supporter is the operator's staff inside an agency that has let them in."""

    STAFF = "staff"
    MACHINE = "machine"
    CLIENT = "client"
    PATRON = "patron"
    SUPPORT = "support"


class MachineKind(StrEnum):
    SELF_CHECK = "self_check"
    SORTER = "sorter"
    DOOR = "door"
    READER = "reader"


class Subject(msgspec.Struct, frozen=True):
    """The holder of a token. `id` is theirs within the agency; a supporter's is their staff id at the nation."""

    kind: SubjectKind
    id: int


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    subject: Subject
    language: Language
    label: str | None = None
    signed_in_at: datetime | None = None
    """When the session began that this token carries on; None for a new one."""
    support_grant: int | None = None
    not_after: datetime | None = None
    """A moment the token must not outlive, such as the end of a support grant."""
    idle: timedelta | None = None
    """How long the session may rest before it is over; None: as long as it lasts."""


class IssuedToken(msgspec.Struct, frozen=True, rename={"secret": "token"}):
    """A fresh session token. It is shown this once; the database keeps its hash."""

    id: int
    secret: str
    expires_at: datetime


class TokenSummary(msgspec.Struct, frozen=True):
    """What may be shown of a token afterwards."""

    id: int
    subject: SubjectKind
    subject_id: int
    label: str | None
    signed_in_at: datetime
    issued_at: datetime
    expires_at: datetime


class SignedToken(msgspec.Struct, frozen=True, rename={"secret": "token"}):
    """A signed access token, which is checked without asking the database."""

    secret: str
    expires_at: datetime


class KnownCaller(msgspec.Struct, frozen=True):
    """Who holds a session token, and until when the session lasts (unless it is used again before it has rested)."""

    caller: Caller
    signed_in_at: datetime
    expires_at: datetime
    token: int = 0
    used_at: datetime | None = None
    """Noted every few minutes; None for a session that nobody keeps."""
