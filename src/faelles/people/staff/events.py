"""The facts about staff and roles. Who somebody is stands in the table, not in the log."""

from faelles.ground.events import Event
from faelles.ground.ids import BranchId, DivisionId, RoleId, StaffId


def staff_created(staff: StaffId) -> Event:
    return Event(kind="staff_created", subject=staff)


def staff_changed(staff: StaffId) -> Event:
    return Event(kind="staff_changed", subject=staff)


def staff_disabled(staff: StaffId) -> Event:
    return Event(kind="staff_disabled", subject=staff)


def staff_enabled(staff: StaffId) -> Event:
    return Event(kind="staff_enabled", subject=staff)


def password_set(staff: StaffId) -> Event:
    return Event(kind="password_set", subject=staff)


def desk_pin_set(staff: StaffId) -> Event:
    return Event(kind="desk_pin_set", subject=staff)


def desk_pin_removed(staff: StaffId) -> Event:
    return Event(kind="desk_pin_removed", subject=staff)


def role_assigned(staff: StaffId, role: str, division: DivisionId | None, branch: BranchId | None) -> Event:
    dimensions = {"role": role, "division": division, "branch": branch}
    return Event(kind="role_assigned", subject=staff, dimensions=dimensions)


def role_withdrawn(staff: StaffId, role: str, division: DivisionId | None, branch: BranchId | None) -> Event:
    dimensions = {"role": role, "division": division, "branch": branch}
    return Event(kind="role_withdrawn", subject=staff, dimensions=dimensions)


def role_created(role: RoleId) -> Event:
    return Event(kind="role_created", subject=role)


def role_changed(role: RoleId) -> Event:
    return Event(kind="role_changed", subject=role)
