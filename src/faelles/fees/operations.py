"""What circulation does to the account of a patron whose row it has locked, inside its own transaction."""

from collections.abc import Sequence

from faelles.fees import books_store, events, ledger, rules, store
from faelles.fees.model import (
    BatchClaim,
    ChargeKind,
    ChargeRaised,
    Claim,
    ClaimFacts,
    Discrepancy,
    LateReturn,
    Posting,
    Replacement,
    Uncollected,
)
from faelles.ground.database import Transaction
from faelles.ground.events import append
from faelles.ground.ids import AccountId, BranchId, DivisionId, LoanId, PatronId
from faelles.ground.money import Ore

ONLY_STEP = 0
"""Of what has no steps."""


async def charge_overdue(tx: Transaction, late: LateReturn) -> ChargeRaised | None:
    """Charge a late return or renewal once per batch; None where it costs nothing.

    A batch is what one patron was lent on one day with one due date and returned on one local day. The first loan
    of a batch raises the fee, the others join it; one that reached a higher step adds the difference.
    """
    fee = rules.overdue_fee(late.days_overdue, late.tariff)
    if fee == rules.NOTHING:
        return None
    return await raise_claim(
        tx,
        Claim(
            parties=late.parties,
            division=late.division,
            branch=late.branch,
            currency=late.currency,
            kind=ChargeKind.OVERDUE,
            batch=rules.overdue_batch(late.lent_on, late.due_on, late.settled_on),
            step=rules.overdue_step(late.days_overdue),
            amount_ore=fee,
            loan=late.loan,
            age_class=late.age_class,
            rule=late.rule,
        ),
    )


async def charge_replacement(tx: Transaction, lost: Replacement) -> list[ChargeRaised]:
    """Charge a lost item's price and, as a claim of its own, the work of replacing it; once, however often it is
    marked.
    """
    priced = ((ChargeKind.REPLACEMENT, lost.price_ore), (ChargeKind.PROCESSING, lost.processing_ore))
    claims = [
        Claim(
            parties=lost.parties,
            division=lost.division,
            branch=lost.branch,
            currency=lost.currency,
            kind=kind,
            batch=rules.loan_batch(lost.loan),
            step=ONLY_STEP,
            amount_ore=price,
            loan=lost.loan,
            age_class=lost.age_class,
            rule=lost.rule,
        )
        for kind, price in priced
        if price > rules.NOTHING
    ]
    return [await raise_claim(tx, claim) for claim in claims]


async def charge_uncollected(tx: Transaction, uncollected: Uncollected) -> ChargeRaised | None:
    """Charge a hold that nobody collected; once, however often it is told. None where it costs nothing."""
    if uncollected.amount_ore <= rules.NOTHING:
        return None
    return await raise_claim(
        tx,
        Claim(
            parties=uncollected.parties,
            division=uncollected.division,
            branch=uncollected.branch,
            currency=uncollected.currency,
            kind=ChargeKind.HOLD_NOT_COLLECTED,
            batch=rules.hold_batch(uncollected.hold),
            step=ONLY_STEP,
            amount_ore=uncollected.amount_ore,
            age_class=uncollected.age_class,
            rule=uncollected.rule,
        ),
    )


async def release_loan(
    tx: Transaction, loan: LoanId, kinds: Sequence[ChargeKind], reason: str, batch: str | None = None
) -> Ore:
    """Take a loan off its claims of `kinds`, because its return or renewal is undone; answers by how much less is
    claimed. `reason` is a code; with `batch` only that batch's claims are meant.

    Where other loans of the batch still stand for the amount nothing is taken back. What was paid becomes credit,
    what was waived is not refunded, and a claim that is raised anew starts without it.
    """
    ended = await store.end_lines(tx, loan, kinds, batch)
    if not ended:
        return rules.NOTHING
    return Ore(sum([await _take_back(tx, batch, reason) for batch in await store.load_batches(tx, ended)]))


async def refund_replacement(tx: Transaction, loan: LoanId, *, reason: str) -> Ore:
    """A lost item came back in time: neither its price nor the processing is claimed any more."""
    return await release_loan(tx, loan, [ChargeKind.REPLACEMENT, ChargeKind.PROCESSING], reason)


async def _take_back(tx: Transaction, batch: Sequence[BatchClaim], reason: str) -> Ore:
    live = await store.load_live_entries(tx, [claim.facts.charge for claim in batch])
    wanted = rules.shares(batch)
    excess = Ore(ledger.charged(live) - sum(share.amount_ore for share in wanted))
    if excess <= rules.NOTHING:
        return rules.NOTHING
    claims = [claim.facts for claim in batch]
    first = claims[0]
    await post(tx, ledger.rewrite(live, wanted, reason), claims, division=first.division, branch=None)
    await use_credit(tx, first.account, division=first.division, branch=None)
    return excess


async def post(
    tx: Transaction,
    postings: Sequence[Posting],
    claims: Sequence[ClaimFacts],
    *,
    division: DivisionId,
    branch: BranchId | None,
) -> None:
    """Write `postings`, which concern `claims` of one division, and tell each of them."""
    known = {claim.charge: claim for claim in claims}
    await store.insert_entries(tx, postings, branch)
    facts = [known[posting.charge] if posting.charge else None for posting in postings]
    await append(tx, *(events.posted(posting, claim, division) for posting, claim in zip(postings, facts, strict=True)))


async def use_credit(tx: Transaction, account: AccountId, *, division: DivisionId, branch: BranchId | None) -> None:
    """Use what `account`'s patron has paid in `division` and no claim uses for what is owed there, the oldest first.

    Whoever makes a debt or credit calls this before the transaction ends: there is never one beside the other, so
    nothing that is paid already can be asked for, or waived.
    """
    accounts = await books_store.load_accounts_beside(tx, account)
    credit = await books_store.load_credit(tx, accounts)
    debts = await books_store.load_debts(tx, accounts) if credit else []
    if debts:
        claims = await books_store.load_claims(tx, {debt.charge for debt in debts})
        await post(tx, ledger.settle(credit, debts), claims, division=division, branch=branch)


async def merge_accounts(tx: Transaction, source: PatronId, target: PatronId) -> None:
    """`source` was `target` all along: everything owed by the one is owed by the other, and liable for it too.

    Nothing that is written changes; only the links move, and the one's credit pays the other's debt. Both patrons are
    locked by the caller.
    """
    await store.move_accounts(tx, source, target)
    for account, division in await books_store.list_current_accounts(tx, target):
        await use_credit(tx, account, division=division, branch=None)


async def verify(tx: Transaction) -> list[Discrepancy]:
    """Hold the agency's books against themselves; nothing is found in good ones."""
    return await books_store.check_books(tx)


async def raise_claim(tx: Transaction, claim: Claim) -> ChargeRaised:
    """Raise `claim`, or join the batch's claim of the same kind and step; one load, one write. Credit is
    used for it at once. What follows from no loan has one claim for ever.
    """
    standing = await store.load_standing(tx, claim)
    is_raised = standing.has_line or claim.loan is None
    if is_raised and standing.charge is not None and standing.account is not None:
        return ChargeRaised(
            charge=standing.charge,
            account=standing.account,
            kind=claim.kind,
            step=claim.step,
            amount_ore=rules.NOTHING,
        )
    amount = rules.difference(standing.claimed_ore, claim.amount_ore)
    raised = await store.write_claim(tx, claim, standing, amount, events.claimed(claim, amount))
    if standing.credit_ore > rules.NOTHING:
        await use_credit(tx, raised.account, division=claim.division, branch=claim.branch)
    return raised
