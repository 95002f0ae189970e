"""How long yet? Pure: when the copies come back, how long each is away, who is before.

Every copy serves the queue again and again: the first time when it is free or due, then once for each cycle. A cycle is
what the title's returns of the last months show, and where those are few, the loan period.
"""

import heapq
from collections.abc import Sequence
from datetime import timedelta

LOOKED_BACK = timedelta(days=90)
_HANDLING_DAYS = 2
"""From the shelf or the desk to somebody's hands: fetching, the van, the hold shelf."""
_LONGEST_CYCLES = 4
"""A copy that is away for longer than so many loan periods is an exception, no cycle."""


def cycle_days(copies: int, returned_lately: int, loan_days: int) -> int:
    """How long a copy is away each time, with the days it takes from one patron to the next."""
    expected = loan_days + _HANDLING_DAYS
    if copies == 0 or returned_lately < copies:
        return expected
    observed = copies * LOOKED_BACK.days // returned_lately
    return max(_HANDLING_DAYS, min(observed, expected * _LONGEST_CYCLES))


def wait_days(position: int, free_in: Sequence[int], cycle: int, begins_in: int = 0) -> int | None:
    """Days until it is the turn of `position` (1: next), with a copy that is free in so many days each, and not before
    the hold begins; None without copies.
    """
    if not free_in:
        return None
    rounds, place = divmod(position - 1, len(free_in))
    # Whole rounds serve everybody once; only the last is looked at copy by copy.
    turn = heapq.nsmallest(place + 1, free_in)[-1]
    return max(turn + rounds * cycle, begins_in) + _HANDLING_DAYS
