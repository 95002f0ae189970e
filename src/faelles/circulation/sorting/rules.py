"""Into which bin? Pure: the machine's rules and a copy in, a bin out."""

from collections.abc import Sequence
from dataclasses import dataclass

from faelles.ground.ids import BranchId, MaterialGroupId, PlacementId
from faelles.people.machines.terminal import Alert, SortRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """A copy in the sorter. `material_groups` are its own and all above it; empty, like None, where it is not known."""

    destination: BranchId | None = None
    alert: Alert | None = None
    is_for_hold: bool = False
    is_foreign: bool = False
    material_groups: frozenset[MaterialGroupId] = frozenset()
    material_type: str | None = None
    placement: PlacementId | None = None


def bin_for(rules: Sequence[SortRule], copy: Sorted, reject: str | None) -> str | None:
    """The bin of the first rule that fits, else the reject bin; None where the machine sorts nothing."""
    return next((rule.bin for rule in rules if _fits(rule, copy)), reject)


def _fits(rule: SortRule, copy: Sorted) -> bool:
    asked = (
        (rule.alert, copy.alert),
        (rule.hold, copy.is_for_hold),
        (rule.foreign, copy.is_foreign),
        (rule.destination, copy.destination),
        (rule.material_type, copy.material_type),
        (rule.placement, copy.placement),
    )
    in_group = rule.material_group is None or rule.material_group in copy.material_groups
    return in_group and all(wanted is None or wanted == found for wanted, found in asked)
