"""The facts this room tells. `subject` is the id of the division or branch that changed; none for the agency itself."""

from datetime import date

from faelles.agencies.model import AddBranch, AddDivision, ChangeBranch, FoundAgency
from faelles.ground.events import Event
from faelles.ground.ids import BranchId, DivisionId


def agency_founded(request: FoundAgency) -> Event:
    return Event(kind="agency_founded", dimensions={"isil": request.isil, "kind": request.kind.value})


def agency_renamed(name: str) -> Event:
    return Event(kind="agency_renamed", dimensions={"name": name})


def division_added(division: DivisionId, request: AddDivision) -> Event:
    return Event(kind="division_added", subject=division, dimensions={"isil": request.isil, "kind": request.kind.value})


def division_renamed(division: DivisionId, name: str) -> Event:
    return Event(kind="division_renamed", subject=division, dimensions={"name": name})


def division_isil_changed(division: DivisionId, isil: str, first_day: date) -> Event:
    return Event(
        kind="division_isil_changed",
        subject=division,
        dimensions={"isil": isil, "first_day": first_day.isoformat()},
    )


def branch_added(branch: BranchId, request: AddBranch) -> Event:
    return Event(
        kind="branch_added",
        subject=branch,
        dimensions={"division": request.division, "code": request.code, "kind": request.kind.value},
    )


def branch_changed(branch: BranchId, request: ChangeBranch) -> Event:
    return Event(
        kind="branch_changed",
        subject=branch,
        dimensions={"name": request.name, "kind": request.kind.value, "is_pickup": request.is_pickup},
    )


def branch_closed(branch: BranchId, closed_from: date | None) -> Event:
    """`closed_from` None: the branch stays open after all."""
    day = None if closed_from is None else closed_from.isoformat()
    return Event(kind="branch_closed", subject=branch, dimensions={"closed_from": day})


def placements_added(branch: BranchId, count: int) -> Event:
    return Event(kind="placements_added", subject=branch, dimensions={"count": count})
