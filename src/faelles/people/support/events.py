"""The facts about support access, in the log of the agency that is looked into."""

from faelles.ground.events import Event
from faelles.ground.ids import StaffId


def support_granted(grant: int, hours: int) -> Event:
    return Event(kind="support_granted", subject=grant, dimensions={"hours": hours})


def support_entered(grant: int, operator: StaffId) -> Event:
    return Event(kind="support_entered", subject=grant, dimensions={"operator": operator})


def support_revoked(grant: int) -> Event:
    return Event(kind="support_revoked", subject=grant)
