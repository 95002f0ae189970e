"""What circulation does to the account of a patron whose row it has locked, inside its own transaction."""

from collections.abc import Sequence

from faelles.fees import events, ledger, rules, store
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
)
from faelles.ground.database import Transaction
from faelles.ground.events import append
from faelles.ground.ids import BranchId, DivisionId, LoanId, PatronId
from faelles.ground.money import Ore

LOST_ITEM_STEP = 0


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
            step=LOST_ITEM_STEP,
            amount_ore=price,
            loan=lost.loan,
            age_class=lost.age_class,
            rule=lost.rule,
        )
        for kind, price in priced
        if price > rules.NOTHING
    ]
    return [await raise_claim(tx, claim) for claim in claims]


async def release_loan(
    tx: Transaction, loan: LoanId, kinds: Sequence[ChargeKind], reason: str, batch: str | None = None
) -> Ore:
    """Take a loan off its claims of `kinds`, because its return or renewal is undone; answers by how much less is
    claimed. `reason` is a code; with `batch` only that batch's claims are meant.

    Where other loans of the batch still stand for the amount nothing is taken back. What was paid becomes credit,
    what was waived is not refunded.
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
    await post(tx, ledger.rewrite(live, wanted, reason), claims, division=claims[0].division, branch=None)
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


async def merge_accounts(tx: Transaction, source: PatronId, target: PatronId) -> None:
    """`source` was `target` all along: everything owed by the one is owed by the other, and liable for it too.

    The books stay as they are; only the links move. Both patrons are locked by the caller.
    """
    await store.move_accounts(tx, source, target)


async def verify(tx: Transaction) -> list[Discrepancy]:
    """Hold the agency's books against themselves; nothing is found in good ones."""
    return await store.check_books(tx)


async def raise_claim(tx: Transaction, claim: Claim) -> ChargeRaised:
    """Raise `claim`, or join the batch's claim of the same kind and step; one load, one write."""
    standing = await store.load_standing(tx, claim)
    if standing.has_line and standing.charge is not None and standing.account is not None:
        return ChargeRaised(
            charge=standing.charge,
            account=standing.account,
            kind=claim.kind,
            step=claim.step,
            amount_ore=rules.NOTHING,
        )
    amount = rules.difference(standing.claimed_ore, claim.amount_ore)
    return await store.write_claim(tx, claim, standing, amount, events.claimed(claim, amount))
