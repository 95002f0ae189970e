"""Into which bin a copy goes, by the machine's own list of rules; the first that fits counts."""

from faelles.circulation.sorting.rules import Sorted, bin_for
from faelles.doors.sip2.exchange import Exchange
from faelles.ground.ids import PlacementId


def sort_bin(exchange: Exchange, copy: Sorted) -> str | None:
    """CL; None where the machine sorts nothing."""
    return bin_for(exchange.profile.sorting, copy, exchange.profile.default_bin)


def collection(exchange: Exchange, placement: PlacementId) -> str | None:
    """CR: the department where the copy stands."""
    found = exchange.where.placements.get(placement)
    return found.department if found else None
