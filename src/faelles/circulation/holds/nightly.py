"""What a new day means for holds: interest runs out, absences begin and end, branches open and close."""

from datetime import date, time
from typing import Final

from faelles.circulation.desk.hold_states import WAITING, HoldState
from faelles.circulation.holds import change_store, queue_store
from faelles.circulation.holds.model import ClosedWhy
from faelles.ground.database import Transaction
from faelles.ground.jobs import Job, Slice

_AT_ONCE: Final = 500


async def turn_day(tx: Transaction, day: date, _: str | None) -> Slice:
    """Close the holds whose interest ended before `day`, so many at a time; then have every queue matched anew."""
    over = await change_store.interest_over(tx, day, _AT_ONCE)
    closed = await change_store.close(tx, over, HoldState.EXPIRED, ClosedWhy.INTEREST_OVER, only_from=WAITING)
    if len(over) == _AT_ONCE:
        return Slice(next="expiring", counts={"holds_expired": len(closed)})
    marked = await queue_store.mark_all_waiting(tx)
    return Slice(counts={"holds_expired": len(closed), "titles_marked": marked})


TURN_DAY: Final = Job(name="turn_hold_day", work=turn_day, at=time(0, 10))
