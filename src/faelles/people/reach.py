"""Nobody gives away, or takes from somebody else, more than they hold: the one rule of everything done to colleagues,
machines and programs.
"""

from faelles.ground.errors import ForbiddenError
from faelles.people.model import Caller, Grant, Permission
from faelles.people.rules import covers

_EDIT = frozenset({Permission.PEOPLE_EDIT})


def require_covering(caller: Caller, grant: Grant) -> None:
    """Raise ForbiddenError unless the caller may edit people, and holds all of `grant`, at least as widely as it is."""
    if not covers(caller.grants, Grant(grant.permissions | _EDIT, grant.division, grant.branch)):
        raise ForbiddenError("beyond_own_permissions")
