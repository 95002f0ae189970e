"""Who may do what privacy is about: whoever holds PRIVACY for the whole agency, because a person is not parted."""

from faelles.ground.errors import ForbiddenError
from faelles.people.model import Caller, Permission


def require_privacy(caller: Caller) -> None:
    """Raise ForbiddenError unless PRIVACY is held for the whole agency."""
    caller.require(Permission.PRIVACY)
    if caller.divisions(Permission.PRIVACY) is not None:
        raise ForbiddenError("permission_missing", permission=Permission.PRIVACY.value)
