"""A copy in hand that somebody else still has on loan: it has evidently come back, and that loan is over first."""

from datetime import datetime

from faelles.circulation.desk.dimensions import loan_dimensions
from faelles.circulation.desk.facts import ItemFacts, PatronFacts
from faelles.circulation.desk.opening import Desk
from faelles.circulation.loans import correction_store
from faelles.circulation.loans.cases import terms_for
from faelles.circulation.loans.claims import settle_claim
from faelles.circulation.loans.facts import ClosedHow, LoanFacts
from faelles.circulation.loans.late import charge_if_late
from faelles.circulation.loans.losses import settle_found
from faelles.ground.access import record_access
from faelles.ground.database import Transaction
from faelles.ground.events import Event, append
from faelles.policies.knobs import LOST_WAIVES_OVERDUE


async def charge_holder(
    tx: Transaction, desk: Desk, item: ItemFacts, loan: LoanFacts, *, holder: PatronFacts, at: datetime
) -> None:
    """What handing it in at this moment would have cost whoever had it."""
    terms = terms_for(desk, holder, item, at)
    if loan.lost_at is None or not terms[LOST_WAIVES_OVERDUE].value:
        await charge_if_late(tx, desk, terms, loan=loan, patron=holder, settled_on=desk.local_day(at))


async def close_for_next(
    tx: Transaction, desk: Desk, item: ItemFacts, loan: LoanFacts, *, holder: PatronFacts, at: datetime, look: str
) -> None:
    """Close what was open when the copy was lent to somebody else, at that moment; if it was lost, it is found, and if
    it was searched for, nobody need search any more. `look` is what the holder reads of it in the report of looks.
    """
    await settle_claim(tx, loan)
    await settle_found(tx, desk, terms_for(desk, holder, item, at), loan, at)
    closed_on = desk.local_day(at)
    await correction_store.close_loan(
        tx, loan.id, ClosedHow.RETURNED, closed_at=at, closed_on=closed_on, branch=desk.branch
    )
    await record_access(tx, look, [holder.id])
    dimensions = loan_dimensions(
        item=item,
        branch=desk.branch,
        division=loan.division,
        patron=holder,
        group=loan.patron_group,
        day=closed_on,
    )
    await append(tx, Event(kind="loan.returned", loan=loan.id, item=loan.item, dimensions=dimensions))
