"""What the forms about copies let one choose from."""

import msgspec

from faelles.doors.web.place import Desk
from faelles.doors.web.request import WebRequest
from faelles.doors.web.titles.names import shelf_name
from faelles.ground.alphabet import danish_sort_key
from faelles.ground.database import Transaction
from faelles.policies.groups.model import GroupKind
from faelles.policies.groups.operations import list_groups
from faelles.policies.operations import current_settings


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """`placements`: for each branch, the one somebody works at first, its shelves; the groups by name."""

    placements: tuple[tuple[str, tuple[tuple[int, str], ...]], ...]
    material_groups: tuple[tuple[int, str], ...]

    def shelf(self, placement: int) -> str:
        return next((name for _, shelves in self.placements for number, name in shelves if number == placement), "")

    def group(self, number: int) -> str:
        return next((name for each, name in self.material_groups if each == number), "")


async def choices_of(tx: Transaction, request: WebRequest, desk: Desk) -> Choices:
    """Whoever chooses nothing means where they are."""
    directory = (await current_settings(tx)).directory
    by_branch: dict[str, list[tuple[int, str]]] = {}
    for placement in directory.placements.values():
        branch = directory.branches[placement.branch].name
        by_branch.setdefault(branch, []).append((placement.id, shelf_name(placement)))
    groups = await list_groups(tx, request.caller, GroupKind.MATERIAL)
    return Choices(
        placements=tuple(
            (branch, tuple(sorted(by_branch[branch], key=lambda each: danish_sort_key(each[1]))))
            for branch in sorted(by_branch, key=lambda name: (name != desk.branch.name, danish_sort_key(name)))
        ),
        material_groups=tuple((each.id, each.name(request.language)) for each in groups if each.parent),
    )
