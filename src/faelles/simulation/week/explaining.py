"""What became of every hold, and why those that wait do."""

from collections import Counter
from collections.abc import Sequence

from faelles.circulation.holds import queue_store
from faelles.circulation.holds.matcher import plan_title, present_moment
from faelles.ground.database import Transaction
from faelles.ground.ids import HoldId
from faelles.simulation.week import store
from faelles.simulation.week.model import Fate

_AT_ONCE = 500


async def explain(tx: Transaction) -> tuple[list[Fate], list[HoldId]]:
    """How many holds there are of each fate, and those that wait without a reason. All titles must be matched."""
    known = await store.holds(tx)
    reasons = await _why_waiting(tx, known)
    fates: Counter[tuple[str, str]] = Counter()
    unexplained = []
    for hold in known:
        why = reasons.get(hold.hold, "") if hold.state == "pending" else hold.why or ""
        fates[hold.state, why] += 1
        if hold.state == "pending" and not why:
            unexplained.append(hold.hold)
    return [Fate(state, why, number) for (state, why), number in sorted(fates.items())], unexplained


async def _why_waiting(tx: Transaction, known: Sequence[store.Known]) -> dict[HoldId, str]:
    """Of each hold that waits what stands against it now, as the pure function says. A copy that it would give to
    somebody who waits is not among the answers: it ought to have been planned already.
    """
    at = await present_moment(tx)
    waiting = {hold.hold for hold in known if hold.state == "pending"}
    records = sorted({hold.record for hold in known if hold.hold in waiting})
    reasons: dict[HoldId, str] = {}
    for first in range(0, len(records), _AT_ONCE):
        some = records[first : first + _AT_ONCE]
        for title in (await queue_store.read_titles(tx, some)).values():
            plan = plan_title(title.queue, title.copies, at)
            reasons |= {hold: why.value for hold, why in plan.passed.items() if hold in waiting}
    return reasons
