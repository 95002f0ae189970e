"""Whose the copy on the desk is; more of the line is read where it fits nobody near the head."""

import msgspec

from faelles.circulation.desk.opening import Desk
from faelles.circulation.holds.in_hand import Claimant
from faelles.circulation.holds.line import read_line
from faelles.circulation.loans import return_store
from faelles.circulation.loans.return_facts import ReturnFacts
from faelles.ground.database import Transaction


async def find_claimant(
    tx: Transaction, desk: Desk, facts: ReturnFacts, *, makes_ready: bool
) -> tuple[ReturnFacts, Claimant]:
    """The first whom the copy fits, and the facts with the line as far as that, and, where it is picked up here and
    somebody is there to shelve it, with its number.
    """
    read = facts.check_in
    if facts.item is None or read is None or read.queue.bound is not None:
        return facts, Claimant()
    queue = read.queue
    today = desk.local_day(desk.now)
    line = await read_line(tx, desk.settings, facts.item.record, queue.copy, queue.waiting, today)
    if line.waiting is queue.waiting:
        return facts, line.first
    number, hold = queue.free_number, line.first.hold
    if number is None and makes_ready and hold is not None and hold.pickup == desk.branch:
        number = await return_store.free_shelf_number(tx, desk.branch)
    queue = msgspec.structs.replace(queue, waiting=line.waiting, free_number=number)
    read = msgspec.structs.replace(read, queue=queue)
    return msgspec.structs.replace(facts, check_in=read), line.first
