"""The facts about one-time passwords."""

from faelles.ground.events import Event
from faelles.ground.ids import StaffId


def enrolled(staff: StaffId) -> Event:
    return Event(kind="one_time_enrolled", subject=staff)


def removed(staff: StaffId) -> Event:
    return Event(kind="one_time_removed", subject=staff)


def recovery_code_used(staff: StaffId, left: int) -> Event:
    return Event(kind="recovery_code_used", subject=staff, dimensions={"left": left})
