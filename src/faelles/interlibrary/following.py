"""What circulation did with other libraries' copies, read in the event log: lent wherever it was, and back again."""

from typing import Final

from faelles.ground import events
from faelles.ground.database import Transaction
from faelles.ground.events import RecordedEvent, read_next
from faelles.ground.ids import LoanId
from faelles.interlibrary import store
from faelles.interlibrary.events import moved
from faelles.interlibrary.model import State

READER: Final = "interlibrary"


async def follow_loans(tx: Transaction) -> tuple[int, int]:
    """Read on: how many events were read, how many requests were moved or told of."""
    happened = await read_next(tx, READER)
    lent = await store.lent_of_received(tx, _loans(happened, "loan.opened"))
    for request, loan in lent:
        await store.lock(tx, request)
        await store.move(tx, request, State.LENT, loan=loan)
        await _tell(tx, request, State.LENT)
    back = await store.returned_of_lent(tx, _loans(happened, "loan.returned"))
    for request in back:
        await _tell(tx, request, State.RETURNED)
    return len(happened), len(lent) + len(back)


def _loans(happened: list[RecordedEvent], kind: str) -> list[LoanId]:
    return [LoanId(event.loan) for event in happened if event.kind == kind and event.loan is not None]


async def _tell(tx: Transaction, request: int, state: State) -> None:
    found = await store.find(tx, request)
    if found is not None:
        await events.append(tx, moved(found, state))
