"""What should lie in a till. Pure."""

from collections.abc import Mapping, Sequence

from faelles.fees.desk.model import Means
from faelles.fees.tills.model import Moved, MovementKind, ReportLine
from faelles.ground.money import Ore

_CASH_MOVES = {MovementKind.DEPOSIT, MovementKind.WITHDRAWAL}
NOTHING = Ore(0)


def report_lines(float_ore: Ore, moved: Sequence[Moved], counted: Mapping[Means, Ore]) -> tuple[ReportLine, ...]:
    """A line for cash, and for every other means that was used or counted."""
    used = {Means.CASH, *counted, *(each.means for each in moved)}
    return tuple(_line(means, float_ore, moved, counted) for means in Means if means in used)


def cash_in(float_ore: Ore, moved: Sequence[Moved]) -> Ore:
    """What should lie in the till in coins and notes."""
    return Ore(float_ore + sum(each.amount_ore for each in moved if each.means is Means.CASH))


def _line(means: Means, float_ore: Ore, moved: Sequence[Moved], counted: Mapping[Means, Ore]) -> ReportLine:
    mine = [each for each in moved if each.means is means]
    taken, paid_back = _sum(mine, {MovementKind.PAYMENT}), _sum(mine, {MovementKind.PAID_BACK})
    carried = _sum(mine, _CASH_MOVES)
    start = float_ore if means is Means.CASH else NOTHING
    expected, found = Ore(start + taken + paid_back + carried), counted.get(means)
    return ReportLine(
        means=means,
        payments=sum(each.number for each in mine if each.kind is MovementKind.PAYMENT),
        taken_ore=taken,
        paid_back_ore=paid_back,
        moved_ore=carried,
        expected_ore=expected,
        counted_ore=found,
        difference_ore=None if found is None else Ore(found - expected),
    )


def _sum(moved: Sequence[Moved], kinds: set[MovementKind]) -> Ore:
    return Ore(sum(each.amount_ore for each in moved if each.kind in kinds))
