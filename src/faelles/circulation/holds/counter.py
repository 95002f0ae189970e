"""Who asks about holds, by which rules, on which day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from faelles.agencies.model import Branch
from faelles.ground.actor import ActorKind
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import ForbiddenError, NotFoundError
from faelles.ground.ids import BranchId, DivisionId
from faelles.people.model import Caller, Permission
from faelles.policies import model as policies
from faelles.policies.compiled import Settings, Terms
from faelles.policies.model import SettingsRevision
from faelles.policies.operations import settings_for

_SELF_SERVICE = frozenset({ActorKind.MACHINE, ActorKind.PATRON})


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """`division` is the one whose rules count for the patron: that of the pickup branch. `permissions` are the
    caller's anywhere in it, for a hold is often placed at one branch and picked up at another.
    """

    settings: Settings
    pickup: Branch
    permissions: frozenset[Permission]
    today: date
    terms_of: Callable[[policies.Subject], Terms]
    is_self_service: bool

    @property
    def division(self) -> DivisionId:
        return self.pickup.division


async def open_counter(
    tx: Transaction, caller: Caller, revision: SettingsRevision, pickup: int, permission: Permission
) -> Counter:
    """The counter for holds to be picked up at `pickup`. Raises NotFoundError for a branch the agency has not got,
    ForbiddenError where the caller lacks `permission` in its division.
    """
    settings = await settings_for(tx, revision)
    branch = settings.directory.branches.get(BranchId(pickup))
    if branch is None:
        raise NotFoundError("branch_unknown")
    held = permissions_in(caller, branch.division)
    if permission not in held:
        raise ForbiddenError("permission_missing", permission=permission.value)
    return Counter(
        settings=settings,
        pickup=branch,
        permissions=held,
        today=today_in(settings, tx),
        terms_of=lambda subject: settings.policy.terms(subject, tx.now),
        is_self_service=caller.actor.kind in _SELF_SERVICE or caller.patron is not None,
    )


def permissions_in(caller: Caller, division: DivisionId) -> frozenset[Permission]:
    """What the caller may do anywhere in the division."""
    reaching = (grant.permissions for grant in caller.grants if grant.division in {None, division})
    return frozenset().union(*reaching)


def today_in(settings: Settings, tx: Transaction) -> date:
    return local_date(tx.now, settings.directory.agency.time_zone)
