"""The end of a claim that a copy was returned: it is back, by whatever way."""

from faelles.circulation.loans import work_store
from faelles.circulation.loans.facts import LoanFacts
from faelles.ground.database import Transaction
from faelles.ground.events import Event, append


async def settle_claim(tx: Transaction, loan: LoanFacts) -> None:
    """Nobody need search any more, and whoever said so hears that they were believed."""
    if loan.claimed_returned_at is None:
        return
    await work_store.settle_search(tx, loan.id)
    await append(tx, Event(kind="claim.settled", loan=loan.id, item=loan.item, dimensions={"division": loan.division}))
