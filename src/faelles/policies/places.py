"""Where a rule holds and where a subject stands, looked up in the agency's directory."""

from faelles.agencies.directory import AgencyDirectory
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import NATION, BranchId, DivisionId, MaterialGroupId, PatronGroupId, PlacementId
from faelles.policies.compiled import Settings
from faelles.policies.model import Scope, ScopeNode, ScopePath, Subject
from faelles.policies.requests import Coordinates


def path_to(directory: AgencyDirectory, node: ScopeNode) -> ScopePath:
    """A place with all above it. Raises NotFoundError for one that the agency does not have."""
    agency = directory.agency.id
    if node.scope is Scope.NATION:
        return ScopePath(NATION)
    if node.scope is Scope.AGENCY:
        return ScopePath(agency)
    if node.scope is Scope.DIVISION:
        division = directory.divisions.get(DivisionId(node.id))
        return ScopePath(agency, division.id) if division else _unknown(node.scope)
    if node.scope is Scope.BRANCH:
        branch = directory.branches.get(BranchId(node.id))
        return ScopePath(agency, branch.division, branch.id) if branch else _unknown(node.scope)
    placement = directory.placements.get(PlacementId(node.id))
    if placement is None:
        return _unknown(node.scope)
    return ScopePath(agency, directory.branches[placement.branch].division, placement.branch, placement.id)


def require_groups(settings: Settings, patron_group: int, material_group: int) -> None:
    """Raise NotFoundError unless both are the nation's or the agency's own."""
    for group, known in ((patron_group, settings.patron_groups), (material_group, settings.material_groups)):
        if group not in known:
            raise NotFoundError("group_unknown", group=group)


def subject_at(settings: Settings, coordinates: Coordinates) -> Subject:
    """Whom knobs are asked for. Raises NotFoundError for a place or group that the agency does not have."""
    require_groups(settings, coordinates.patron_group, coordinates.material_group)
    if coordinates.patron_division is not None and coordinates.patron_division not in settings.directory.divisions:
        raise _problem(Scope.DIVISION)
    division = None if coordinates.patron_division is None else DivisionId(coordinates.patron_division)
    return Subject(
        item=_item_path(settings, coordinates),
        patron=settings.at_division(division),
        desk=_branch_path(settings, coordinates.desk_branch),
        patron_group=PatronGroupId(coordinates.patron_group),
        material_group=MaterialGroupId(coordinates.material_group),
        loan_kind=coordinates.loan_kind,
    )


def _item_path(settings: Settings, coordinates: Coordinates) -> ScopePath:
    """The owning branch, with the placement below it; a placement alone names its own branch."""
    if coordinates.item_placement is None:
        return _branch_path(settings, coordinates.item_branch)
    placement = settings.directory.placements.get(PlacementId(coordinates.item_placement))
    if placement is None:
        raise _problem(Scope.PLACEMENT)
    path = _branch_path(settings, coordinates.item_branch or placement.branch)
    return ScopePath(path.agency, path.division, path.branch, placement.id)


def _branch_path(settings: Settings, branch: int | None) -> ScopePath:
    if branch is None:
        return settings.at_division(None)
    if branch not in settings.directory.branches:
        raise _problem(Scope.BRANCH)
    return settings.at_branch(BranchId(branch))


def _unknown(scope: Scope) -> ScopePath:
    raise _problem(scope)


def _problem(scope: Scope) -> NotFoundError:
    return NotFoundError("scope_unknown", scope=scope.value)
