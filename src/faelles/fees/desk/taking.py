"""Money that comes in, by whatever way: one payment under its reference, spread over what is owed."""

from collections.abc import Sequence
from typing import Final

from faelles.fees import ledger
from faelles.fees.books_store import load_claims
from faelles.fees.desk import store
from faelles.fees.desk.model import NewPayment, Taken
from faelles.fees.model import EntryKind, Posting, Share
from faelles.fees.operations import post
from faelles.ground.database import Transaction
from faelles.ground.ids import AccountId, ChargeId, DivisionId
from faelles.ground.money import Ore

ONLINE: Final = "online/"
COLLECTED: Final = "debt/"
"""What the references of a payment provider's and of the debtor system's payments begin with; nobody else's do."""


async def take(tx: Transaction, new: NewPayment, debts: Sequence[Share], *, division: DivisionId) -> Taken | None:
    """Enter a payment and spread it over `debts` in their order; None where its reference is known already.

    What is more than they are becomes credit: then `debts` must be all that the patron owes in the division. The caller
    has locked the patron.
    """
    payment = await store.insert_payment(tx, new)
    if payment is None:
        return None
    parts = ledger.allocate(new.amount_ore, debts)
    rest = Ore(new.amount_ore - sum(part.amount_ore for part in parts))
    postings = [_paid(payment, part.account, part.charge, part.amount_ore) for part in parts]
    if rest > 0:
        postings.append(_paid(payment, new.account, None, rest))
    claims = await load_claims(tx, {part.charge for part in parts})
    await post(tx, postings, claims, division=division, branch=new.branch)
    return Taken(payment=payment, parts=tuple(parts), credit_ore=rest)


def _paid(payment: int, account: AccountId, charge: ChargeId | None, amount: Ore) -> Posting:
    return Posting(account=account, charge=charge, kind=EntryKind.PAYMENT, amount_ore=Ore(-amount), payment=payment)
