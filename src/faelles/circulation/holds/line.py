"""The line for a copy in hand, read no further than to the first whom it fits, and to its end where it fits nobody.

Most often it fits somebody near the head, which is read with everything else. A copy that serves the locals first may
be for the last in line. The queue must be locked whole.
"""

from datetime import date
from typing import Final, NamedTuple

from faelles.circulation.holds import queue_store
from faelles.circulation.holds.facts import Copy, Waiting
from faelles.circulation.holds.in_hand import Claimant, claimant, may_serve, serves_locals_first
from faelles.ground.database import Transaction
from faelles.ground.ids import RecordId
from faelles.policies.compiled import Settings

_AT_ONCE: Final = 500


class Line(NamedTuple):
    """Those in line as far as they were read, and whose the copy is."""

    waiting: tuple[Waiting, ...]
    first: Claimant


async def read_line(
    tx: Transaction, settings: Settings, record: RecordId, copy: Copy | None, waiting: tuple[Waiting, ...], today: date
) -> Line:
    """`waiting` is the head of the line, as it was read already."""
    if not waiting or not may_serve(copy):
        return Line(waiting, Claimant())
    if serves_locals_first(settings, copy, tx.now, today):
        return await _read_whole(tx, settings, record, copy, waiting, today)
    first = claimant(settings, waiting, copy, tx.now, today)
    if first.hold is not None:
        return Line(waiting, first)
    more = await queue_store.read_on(tx, record, waiting[-1].rank, _AT_ONCE)
    while more:
        waiting += more
        first = _joined(first, claimant(settings, more, copy, tx.now, today))
        if first.hold is not None:
            break
        more = await queue_store.read_on(tx, record, waiting[-1].rank, _AT_ONCE)
    return Line(waiting, first)


async def _read_whole(
    tx: Transaction, settings: Settings, record: RecordId, copy: Copy, waiting: tuple[Waiting, ...], today: date
) -> Line:
    while more := await queue_store.read_on(tx, record, waiting[-1].rank, _AT_ONCE):
        waiting += more
    return Line(waiting, claimant(settings, waiting, copy, tx.now, today))


def _joined(before: Claimant, after: Claimant) -> Claimant:
    return Claimant(after.hold, before.passed + after.passed)
