"""Looking at one claim, and at one payment once more."""

from datetime import date

from faelles.fees.claims import store
from faelles.fees.claims.model import BatchDays, ClaimStory
from faelles.fees.desk.model import Receipt
from faelles.fees.desk.operations import books_of, claims
from faelles.fees.desk.store import load_payment
from faelles.fees.model import ChargeKind
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import ChargeId, PatronId
from faelles.people.model import Caller


async def show_claim(
    tx: Transaction, caller: Caller, patron: PatronId, charge: ChargeId, *, is_known: bool = False
) -> ClaimStory:
    """A claim of the patron's, or one the patron is liable for, in a division that the caller may look into.

    Raises NotFoundError for any other. `is_known`: the caller was let through to the patron in this transaction.
    """
    found = await claims(tx, caller, patron, only_open=False, before=charge + 1, limit=1, is_known=is_known)
    if not found or found[0].charge != charge:
        raise NotFoundError("charge_unknown")
    batch, rule = await store.how_raised(tx, charge)
    return ClaimStory(
        claim=found[0],
        rule=rule,
        days=_days_of(batch) if found[0].kind is ChargeKind.OVERDUE else None,
        loans=await store.loans_of(tx, charge),
        entries=await store.entries_of(tx, charge),
    )


def _days_of(batch: str) -> BatchDays:
    """What `rules.overdue_batch` put together."""
    lent_on, due_on, settled_on = (date.fromisoformat(part) for part in batch.split("/"))
    return BatchDays(lent_on=lent_on, due_on=due_on, settled_on=settled_on)


async def show_receipt(
    tx: Transaction, caller: Caller, patron: PatronId, reference: str, *, is_known: bool = False
) -> Receipt:
    """A payment on one of the patron's accounts. Raises NotFoundError for any other. `is_known`: as in `show_claim`."""
    divisions = await books_of(tx, caller, patron, "show_receipt", is_known=is_known)
    payment = await load_payment(tx, reference)
    if payment is None or not await store.is_account_of(tx, patron, payment.account, divisions):
        raise NotFoundError("payment_unknown")
    return payment.receipt
