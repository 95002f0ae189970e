"""What the desk does with a patron's money: permission, lock, decide, write, tell.

Money taken or let go at a branch belongs to that branch's division; another division's debts are not seen from there.
"""

import secrets
from collections.abc import Sequence

from faelles.fees import ledger, rules
from faelles.fees.books_store import load_claims, load_debts
from faelles.fees.desk import store
from faelles.fees.desk.model import (
    Balance,
    Charged,
    ClaimLine,
    Counter,
    Forgive,
    Forgiven,
    ManualCharge,
    Means,
    NewPayment,
    Owed,
    Part,
    Pay,
    Receipt,
    Reverse,
    Reversed,
    StatementLine,
)
from faelles.fees.desk.taking import COLLECTED, ONLINE, take
from faelles.fees.model import ChargeKind, Claim, Entry, EntryKind, Parties, Posting, Share
from faelles.fees.operations import post, raise_claim, use_credit
from faelles.fees.store import load_live_entries
from faelles.fees.tills.model import MovementKind, NewMovement
from faelles.fees.tills.operations import fill
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError, RefusedError, invalid_field
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import AccountId, ChargeId, PatronId
from faelles.ground.money import Ore
from faelles.patrons.reach import Divisions, looked_at, patron_for, patron_to_change
from faelles.people.model import Caller, Permission, Place

REVERSING = {
    EntryKind.CHARGE: Permission.FEE_CHARGE,
    EntryKind.PAYMENT: Permission.FEE_PAY,
    EntryKind.REDUCTION: Permission.FEE_WAIVE,
    EntryKind.WAIVER: Permission.FEE_WAIVE,
}
"""Who may do a thing may undo it."""


async def charge_manually(
    tx: Transaction, caller: Caller, patron: PatronId, request: ManualCharge, *, key: str | None = None
) -> Charged:
    """Charge something that follows from no loan. Raises as `patron_to_change`."""
    counter = await _counter(tx, caller, request.branch, Permission.FEE_CHARGE)
    await patron_to_change(tx, caller, patron, Permission.FEE_CHARGE, "charge_manually")
    asked = (patron, request)
    if earlier := await recall(tx, "charge_manually", key, asked, Charged):
        return earlier
    responsible = await store.load_responsible(tx, patron, counter.today)
    payer = rules.payer(patron, responsible.guardian, responsible.birth_date, counter.today)
    raised = await raise_claim(
        tx,
        Claim(
            parties=Parties(patron=patron, liable=payer, addressee=payer),
            division=counter.division,
            branch=counter.branch,
            currency=counter.currency,
            kind=ChargeKind(request.kind),
            batch=f"desk/{secrets.token_hex(8)}",
            step=0,
            amount_ore=Ore(request.amount_ore),
            reason=request.reason,
        ),
    )
    answer = Charged(charge=raised.charge, amount_ore=raised.amount_ore)
    await remember(tx, "charge_manually", key, asked, answer)
    return answer


async def pay(tx: Transaction, caller: Caller, patron: PatronId, request: Pay) -> Receipt:
    """Take a payment: for the chosen claims, else the oldest first.

    The same reference again gets the first answer. Raises ConflictError where it stands for another payment,
    RefusedError for more than is owed, InvalidRequestError for another currency, NotFoundError for a claim that is not
    on the patron's account.
    """
    counter = await _counter(tx, caller, request.branch, Permission.FEE_PAY)
    if request.means is Means.COLLECTED:
        raise invalid_field("means", "means_not_at_desk")
    if request.reference.startswith((ONLINE, COLLECTED)):
        raise invalid_field("reference", "payment_reference_reserved")
    await patron_to_change(tx, caller, patron, Permission.FEE_PAY, "pay")
    owed = await store.load_accounts(tx, patron, counter.division)
    if earlier := await _earlier_receipt(tx, owed, request):
        return earlier
    if owed.currency not in (None, request.currency):
        raise InvalidRequestError("currency_differs", currency=owed.currency or counter.currency)
    debts = await _chosen_debts(tx, owed, request)
    total = sum(debt.amount_ore for debt in debts)
    if owed.current is None or request.amount_ore > total:
        raise RefusedError("payment_exceeds_debt", owed_ore=total)
    return await _take(tx, owed.current, request, debts, counter)


async def reduce(
    tx: Transaction, caller: Caller, charge: ChargeId, patron: PatronId, request: Forgive, *, key: str | None = None
) -> Forgiven:
    """Lower a claim that was too high. Raises RefusedError for more than is owed of it."""
    return await _forgive(tx, caller, EntryKind.REDUCTION, charge, patron, request, key)


async def waive(
    tx: Transaction, caller: Caller, charge: ChargeId, patron: PatronId, request: Forgive, *, key: str | None = None
) -> Forgiven:
    """Let go of a claim that was right. Raises RefusedError for more than is owed of it."""
    return await _forgive(tx, caller, EntryKind.WAIVER, charge, patron, request, key)


async def reverse(tx: Transaction, caller: Caller, entry: int, patron: PatronId, request: Reverse) -> Reversed:
    """Undo one entry of the ledger, once: a payment handed back or keyed wrongly, a waiver taken back, a charge made by
    hand.

    What follows from loans is not undone here: the return is undone, or the claim reduced.
    """
    counter = await _counter(tx, caller, request.branch, Permission.FEE_VIEW)
    await patron_to_change(tx, caller, patron, Permission.FEE_VIEW, "reverse")
    owed = await store.load_accounts(tx, patron, counter.division)
    found = await store.load_entry(tx, entry, owed.accounts)
    if found is None:
        raise NotFoundError("ledger_entry_unknown")
    if found.kind is EntryKind.REVERSAL:
        raise ConflictError("reversal_is_final")
    caller.require(REVERSING[found.kind], Place(counter.division, counter.branch))
    if await store.is_reversed(tx, entry):
        raise ConflictError("entry_reversed_already")
    if request.till is not None:
        await _pay_back(tx, found, request.till, counter)
    postings = await _undoing(tx, found, request.reason)
    claims = await load_claims(tx, {posting.charge for posting in postings if posting.charge})
    await post(tx, postings, claims, division=counter.division, branch=counter.branch)
    await use_credit(tx, found.account, division=counter.division, branch=counter.branch)
    return Reversed(entry=entry, amount_ore=Ore(sum(posting.amount_ore for posting in postings)))


async def balances(tx: Transaction, caller: Caller, patron: PatronId, *, is_known: bool = False) -> list[Balance]:
    """What the patron owes in each division that the caller may look into, and what others owe there that the patron is
    liable for. `is_known`: the caller was let through to the patron in this transaction.
    """
    divisions = await books_of(tx, caller, patron, "balances", is_known=is_known)
    found = await store.list_balances(tx, patron, divisions)
    await _others_seen(tx, caller, patron, "balances", found)
    return found


async def claims(
    tx: Transaction,
    caller: Caller,
    patron: PatronId,
    *,
    only_open: bool,
    before: int | None,
    limit: int,
    is_known: bool = False,
) -> list[ClaimLine]:
    """The patron's claims and those on the accounts of others that the patron is liable for, newest first, of the
    divisions that the caller may look into. `is_known`: as in `balances`.
    """
    divisions = await books_of(tx, caller, patron, "claims", is_known=is_known)
    found = await store.list_claims(tx, patron, divisions, only_open=only_open, before=before, limit=limit)
    await _others_seen(tx, caller, patron, "claims", found)
    return found


async def statement(
    tx: Transaction, caller: Caller, patron: PatronId, *, before: int | None, limit: int, is_known: bool = False
) -> list[StatementLine]:
    """The entries of the patron's ledger, newest first, of the divisions that the caller may look into. `is_known`: as
    in `balances`.
    """
    divisions = await books_of(tx, caller, patron, "statement", is_known=is_known)
    return await store.list_entries(tx, patron, divisions, before=before, limit=limit)


async def _counter(tx: Transaction, caller: Caller, branch: int, permission: Permission) -> Counter:
    counter = await store.load_counter(tx, branch)
    if counter is None:
        raise NotFoundError("branch_unknown")
    caller.require(permission, Place(counter.division, counter.branch))
    return counter


async def books_of(
    tx: Transaction, caller: Caller, patron: PatronId, operation: str, *, is_known: bool = False
) -> Divisions:
    """The divisions whose books the caller may see; patrons see all of their own, and nobody else's. `is_known`: the
    caller was let through to the patron in this transaction.
    """
    if caller.patron is None:
        caller.require(Permission.FEE_VIEW)
        if not is_known:
            await patron_for(tx, caller, patron, Permission.FEE_VIEW, operation)
        return caller.divisions(Permission.FEE_VIEW)
    if patron != caller.oneself():
        raise NotFoundError("patron_unknown")
    return None


async def _others_seen(
    tx: Transaction, caller: Caller, patron: PatronId, operation: str, shown: Sequence[Balance | ClaimLine]
) -> None:
    """Beside `patron`'s own account something of these patrons' was shown too: they are told who looked."""
    await looked_at(tx, caller, operation, sorted({line.for_patron for line in shown} - {patron}))


async def _earlier_receipt(tx: Transaction, owed: Owed, request: Pay) -> Receipt | None:
    payment = await store.load_payment(tx, request.reference)
    if payment is None:
        return None
    receipt = payment.receipt
    is_same = (receipt.amount_ore, receipt.means) == (request.amount_ore, request.means)
    if payment.account not in owed.accounts or not is_same:
        raise ConflictError("payment_reference_known")
    return receipt


async def _chosen_debts(tx: Transaction, owed: Owed, request: Pay) -> list[Share]:
    debts = await load_debts(tx, owed.accounts)
    if not request.charges:
        return debts
    chosen = [debt for debt in debts if debt.charge in request.charges]
    if settled := {ChargeId(charge) for charge in request.charges} - {debt.charge for debt in chosen}:
        theirs = [claim for claim in await load_claims(tx, settled) if claim.account in owed.accounts]
        if len(theirs) < len(settled):
            raise NotFoundError("charge_unknown")
    return chosen


async def _take(tx: Transaction, account: AccountId, request: Pay, debts: list[Share], counter: Counter) -> Receipt:
    new = NewPayment(
        account=account,
        reference=request.reference,
        means=request.means,
        amount_ore=Ore(request.amount_ore),
        branch=counter.branch,
    )
    taken = await take(tx, new, debts, division=counter.division)
    if taken is None:
        # Another patron's payment took the reference while this one was being decided.
        raise ConflictError("payment_reference_known")
    if request.till is not None:
        movement = NewMovement(
            kind=MovementKind.PAYMENT, means=new.means, amount_ore=new.amount_ore, payment=taken.payment
        )
        await fill(tx, request.till, counter.branch, movement)
    return Receipt(
        payment=taken.payment,
        reference=new.reference,
        means=new.means,
        amount_ore=new.amount_ore,
        paid_at=tx.now,
        parts=tuple(Part(charge=part.charge, amount_ore=part.amount_ore) for part in taken.parts),
    )


async def _forgive(
    tx: Transaction,
    caller: Caller,
    kind: EntryKind,
    charge: ChargeId,
    patron: PatronId,
    request: Forgive,
    key: str | None,
) -> Forgiven:
    counter = await _counter(tx, caller, request.branch, Permission.FEE_WAIVE)
    await patron_to_change(tx, caller, patron, Permission.FEE_WAIVE, kind.value)
    asked = (patron, charge, request)
    if earlier := await recall(tx, kind.value, key, asked, Forgiven):
        return earlier
    owed = await store.load_accounts(tx, patron, counter.division)
    claim = next((claim for claim in await load_claims(tx, [charge]) if claim.account in owed.accounts), None)
    if claim is None:
        raise NotFoundError("charge_unknown")
    debt = ledger.outstanding(await load_live_entries(tx, [charge]))
    amount = Ore(debt if request.amount_ore is None else request.amount_ore)
    if not 0 < amount <= debt:
        raise RefusedError("more_than_owed" if debt > 0 else "claim_settled_already", owed_ore=debt)
    posting = Posting(account=claim.account, charge=charge, kind=kind, amount_ore=Ore(-amount), reason=request.reason)
    await post(tx, [posting], [claim], division=counter.division, branch=counter.branch)
    answer = Forgiven(charge=charge, amount_ore=amount, outstanding_ore=Ore(debt - amount))
    await remember(tx, kind.value, key, asked, answer)
    return answer


async def _pay_back(tx: Transaction, entry: Entry, till: int, counter: Counter) -> None:
    means = await store.load_means(tx, entry.payment) if entry.payment is not None else None
    if means is None or entry.kind is not EntryKind.PAYMENT:
        raise invalid_field("till", "entry_is_no_payment")
    paid_back = NewMovement(kind=MovementKind.PAID_BACK, means=means, amount_ore=entry.amount_ore, entry=entry.id)
    await fill(tx, till, counter.branch, paid_back)


async def _undoing(tx: Transaction, entry: Entry, reason: str) -> list[Posting]:
    if entry.kind is not EntryKind.CHARGE or entry.charge is None:
        return [ledger.reversal(entry, reason)]
    if await store.has_loans(tx, entry.charge):
        raise RefusedError("charge_follows_from_loan")
    nothing = Share(charge=entry.charge, account=entry.account, amount_ore=rules.NOTHING)
    return ledger.rewrite(await load_live_entries(tx, [entry.charge]), [nothing], reason)
