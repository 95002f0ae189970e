"""Who may change rules: whoever holds the permission for everything the rule would reach."""

from faelles.ground.errors import ForbiddenError
from faelles.people.model import Caller, Permission, Place
from faelles.policies.model import ScopePath


def require_reach(caller: Caller, path: ScopePath) -> None:
    """Raise ForbiddenError unless the caller may set rules in all of the place that `path` ends in."""
    if path.branch is not None and path.division is not None:
        caller.require(Permission.POLICY_EDIT, Place(path.division, path.branch))
    elif not any(
        Permission.POLICY_EDIT in grant.permissions
        and grant.branch is None
        and (grant.division is None or grant.division == path.division)
        for grant in caller.grants
    ):
        raise ForbiddenError("permission_missing", permission=Permission.POLICY_EDIT.value)


def require_whole_agency(caller: Caller) -> None:
    """Raise ForbiddenError unless the caller may set rules in the whole agency."""
    require_reach(caller, ScopePath(caller.agency))
