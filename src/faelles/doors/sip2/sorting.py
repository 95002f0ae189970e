"""Into which bin a copy goes, by the machine's own list of rules; the first that fits counts."""

from faelles.doors.sip2.exchange import Exchange
from faelles.ground.ids import BranchId, PlacementId
from faelles.people.machines.terminal import Alert, SortRule


def sort_bin(
    exchange: Exchange,
    *,
    alert: Alert | None,
    destination: BranchId | None,
    material_type: str | None,
    placement: PlacementId | None = None,
) -> str | None:
    """CL; None where the machine sorts nothing."""

    def fits(rule: SortRule) -> bool:
        wanted = (rule.alert, rule.destination, rule.material_type, rule.placement)
        found = (alert, destination, material_type, placement)
        return all(condition in {None, what} for condition, what in zip(wanted, found, strict=True))

    rule = next((each for each in exchange.profile.sorting if fits(each)), None)
    return rule.bin if rule else exchange.profile.default_bin


def collection(exchange: Exchange, placement: PlacementId) -> str | None:
    """CR: the department where the copy stands."""
    found = exchange.where.placements.get(placement)
    return found.department if found else None
