"""Where and by whom something is done: the branch, the rules in force, and what the caller may do there."""

from datetime import date, datetime, timedelta

import msgspec

from faelles.agencies.model import Branch
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.facts import RuledItem
from faelles.ground.actor import ActorKind
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError, invalid_field
from faelles.ground.fields import is_plausible
from faelles.ground.ids import BranchId, DivisionId
from faelles.people.model import Caller, Permission, Place
from faelles.policies.compiled import Settings
from faelles.policies.model import SettingsRevision
from faelles.policies.operations import settings_for

_SELF_SERVICE = frozenset({ActorKind.MACHINE, ActorKind.PATRON})
LONGEST_BACKDATING = timedelta(days=365)
"""Nothing is entered further back: what is older is history, not circulation."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """`permissions` are the caller's at this branch."""

    settings: Settings
    place: Place
    permissions: frozenset[Permission]
    now: datetime
    is_self_service: bool
    """A machine, or a patron's own account: nobody of the staff stands by."""

    @property
    def branch(self) -> BranchId:
        return self.place.branch

    @property
    def currency(self) -> str:
        return self.settings.directory.agency.currency

    def local_day(self, moment: datetime) -> date:
        """The calendar day of `moment` here."""
        return local_date(moment, self.settings.directory.agency.time_zone)

    def branch_of(self, branch: BranchId) -> Branch:
        return self.settings.directory.branches[branch]

    def division_of(self, item: RuledItem) -> DivisionId:
        """The item's owning division: whose rules it is lent by."""
        return self.branch_of(item.owner_branch).division

    def require(self, permission: Permission, caller: Caller) -> None:
        caller.require(permission, self.place)


async def open_desk(
    tx: Transaction, caller: Caller, revision: SettingsRevision, branch: int, permission: Permission
) -> Desk:
    """The desk at `branch`, for a caller who holds `permission` there. A machine stands where it stands."""
    settings = await settings_for(tx, revision)
    found = settings.directory.branches.get(BranchId(branch))
    if found is None or (caller.stands_in is not None and caller.stands_in != found.id):
        raise NotFoundError("branch_unknown")
    place = Place(found.division, found.id)
    caller.require(permission, place)
    return Desk(
        settings=settings,
        place=place,
        permissions=caller.permissions_at(place),
        now=tx.now,
        is_self_service=is_self_service(caller),
    )


def is_self_service(caller: Caller) -> bool:
    """Whether nobody of the staff stands by."""
    return caller.actor.kind in _SELF_SERVICE or caller.patron is not None


def check_past(field: str, moment: datetime | None, now: datetime) -> None:
    """Refuse a back-dated moment that is in the future, too long ago, or says no time zone."""
    if moment is None:
        return
    if moment.tzinfo is None:
        raise invalid_field(field, "moment_without_zone")
    if moment > now:
        raise invalid_field(field, "moment_in_future")
    if now - moment > LONGEST_BACKDATING:
        raise invalid_field(field, "moment_too_long_ago")


def check_due_on(due_on: date | None) -> None:
    """Refuse a due date in no library's time."""
    if due_on is not None and not is_plausible(due_on):
        raise invalid_field("due_on", "date_out_of_range")


def check_override(overrides: frozenset[BlockCode], reason: str | None) -> None:
    """Stepping over a rule is on record with its reason, so there must be one."""
    if overrides and not (reason and reason.strip()):
        raise invalid_field("reason", "override_needs_reason")
