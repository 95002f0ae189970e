"""What a check-in reads more of where the copy fits nobody near the head of the line."""

import msgspec

from faelles.circulation.desk.opening import Desk
from faelles.circulation.holds.line import read_line
from faelles.circulation.loans import return_store
from faelles.circulation.loans.return_facts import ReturnFacts
from faelles.ground.database import Transaction


async def read_on(tx: Transaction, desk: Desk, facts: ReturnFacts, *, makes_ready: bool) -> ReturnFacts:
    """The facts with the line as far as the first whom the copy fits, and, where it is picked up here and somebody is
    there to shelve it, with its number.
    """
    read = facts.check_in
    if facts.item is None or read is None or read.bound is not None:
        return facts
    today = desk.local_day(desk.now)
    line = await read_line(tx, desk.settings, facts.item.record, read.copy, read.waiting, today)
    if line.waiting is read.waiting:
        return facts
    number, hold = read.free_number, line.first.hold
    if number is None and makes_ready and hold is not None and hold.pickup == desk.branch:
        number = await return_store.free_shelf_number(tx, desk.branch)
    return msgspec.structs.replace(
        facts, check_in=msgspec.structs.replace(read, waiting=line.waiting, free_number=number)
    )
