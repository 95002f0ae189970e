"""A class and a stack of books: lent in one go, pair by pair, in one transaction.

With two borrowers the first (the teacher, the class) answers for the loan and the second has the book in hand; whose
limits, fees, notices and renewals count: docs/decisions/two-borrowers.md.
"""

from typing import Annotated

import msgspec

from faelles.circulation.desk.facts import ItemState
from faelles.circulation.desk.model import Borrower, Overrides
from faelles.circulation.desk.opening import check_override
from faelles.circulation.desk.repeats import repeatable
from faelles.circulation.loans import group_store, store
from faelles.circulation.loans.facts import LoanFacts
from faelles.circulation.loans.model import CheckoutAnswer, CheckoutRequest, Outcome
from faelles.circulation.loans.operations import checkout
from faelles.circulation.loans.replies import kept, shown
from faelles.circulation.loans.sight import visible_to
from faelles.ground import idempotency
from faelles.ground.access import record_access
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.ground.events import Event, append
from faelles.ground.fields import Id, ScannedItem, ShortText, trim
from faelles.ground.ids import LoanId, PatronId
from faelles.patrons import store as patrons
from faelles.people.model import Caller, Permission


class Pair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One copy for one borrower."""

    item: ScannedItem
    borrower: Id

    def __post_init__(self) -> None:
        trim(self, "item")


class GroupCheckoutRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lend each item to its borrower. With `first_borrower` that patron answers for all, and the pair's borrower is the
    second; what the teacher takes home is the teacher's alone.
    """

    branch: Id
    pairs: Annotated[tuple[Pair, ...], msgspec.Meta(min_length=1, max_length=200)]
    first_borrower: Id | None = None
    overrides: Overrides = frozenset()
    reason: ShortText | None = None
    dry_run: bool = False


class PairAnswer(msgspec.Struct, frozen=True, kw_only=True):
    pair: Pair
    answer: CheckoutAnswer


class SwapRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two pupils got each other's books: they change places."""

    loan: Id
    other: Id
    dry_run: bool = False


class SwapAnswer(msgspec.Struct, frozen=True, kw_only=True):
    outcome: Outcome
    loan: LoanId
    other: LoanId


async def checkout_group(
    tx: Transaction, caller: Caller, keyring: Keyring, request: GroupCheckoutRequest, key: str | None = None
) -> list[PairAnswer]:
    """Lend the stack; a pair that is refused does not keep the others from being lent."""
    caller.require(Permission.CHECKOUT)
    check_override(request.overrides, request.reason)
    # All patrons, then all items, each in order: two desks with overlapping stacks never wait for each other in a ring.
    await patrons.lock(tx, _patrons(request))
    await group_store.lock_items(tx, [pair.item for pair in request.pairs])
    if earlier := await idempotency.recall(tx, "checkout_group", key, request, list[PairAnswer]):
        return await _shown_again(tx, earlier)
    answers = [
        PairAnswer(pair=pair, answer=await checkout(tx, caller, keyring, _single(request, pair)))
        for pair in request.pairs
    ]
    if any(each.answer.outcome is not Outcome.REFUSED for each in answers) and not request.dry_run:
        await idempotency.remember(tx, "checkout_group", key, request, [_kept(each) for each in answers])
    return answers


def _kept(pair: PairAnswer) -> PairAnswer:
    return PairAnswer(pair=pair.pair, answer=kept(pair.answer))


async def _shown_again(tx: Transaction, earlier: list[PairAnswer]) -> list[PairAnswer]:
    """The first answers, each with its copy as it is now."""
    items = await group_store.read_items(tx, [each.pair.item for each in earlier])
    return [
        PairAnswer(
            pair=each.pair,
            answer=msgspec.structs.replace(
                each.answer,
                item=shown(items[each.pair.item], on_checkout=True) if each.pair.item in items else None,
            ),
        )
        for each in earlier
    ]


def _patrons(request: GroupCheckoutRequest) -> list[PatronId]:
    everybody = {request.first_borrower, *(pair.borrower for pair in request.pairs)}
    return sorted(PatronId(patron) for patron in everybody if patron is not None)


def _single(request: GroupCheckoutRequest, pair: Pair) -> CheckoutRequest:
    first, second = pair.borrower, None
    if request.first_borrower is not None and request.first_borrower != pair.borrower:
        first, second = request.first_borrower, pair.borrower
    return CheckoutRequest(
        borrower=Borrower(patron=first),
        second_borrower=second,
        item=pair.item,
        branch=request.branch,
        renew_own=False,
        overrides=request.overrides,
        reason=request.reason,
        dry_run=request.dry_run,
    )


async def swap(tx: Transaction, caller: Caller, request: SwapRequest, key: str | None = None) -> SwapAnswer:
    """Two open loans of one kind change hands: their second borrowers, or where they have none their only ones.

    Everybody has as many loans as before, so no limit is asked. Raises ConflictError for a loan that is closed, or
    lost or claimed returned: what is owed for that copy stays with whoever had it.
    """
    caller.require(Permission.CHECKOUT)
    if request.loan == request.other:
        raise invalid_field("other", "loan_swapped_with_itself")
    if earlier := await idempotency.recall(tx, "swap", key, request, SwapAnswer):
        return earlier
    mine, other = await _swappable(tx, caller, [request.loan, request.other])
    role = "primary" if mine.second_borrower is None else "secondary"
    if (mine.second_borrower is None) != (other.second_borrower is None):
        raise ConflictError("loans_not_alike")
    await record_access(tx, "swap", _borrowers(mine, other))
    if request.dry_run:
        return SwapAnswer(outcome=Outcome.ALLOWED, loan=mine.id, other=other.id)
    # A merge of one of them, under way, is waited for: else the number that it takes away would be written.
    await patrons.lock(tx, _borrowers(mine, other))
    await group_store.swap_borrowers(tx, mine.id, other.id, role)
    await append(tx, *(Event(kind="loan.swapped", loan=loan.id, item=loan.item) for loan in (mine, other)))
    answer = SwapAnswer(outcome=Outcome.DONE, loan=mine.id, other=other.id)
    await idempotency.remember(tx, "swap", key, request, answer)
    return answer


async def _swappable(tx: Transaction, caller: Caller, loans: list[int]) -> tuple[LoanFacts, LoanFacts]:
    """Both loans, locked with their copies and whoever answers for them: two, out, and for the caller to see."""
    facts = await store.load_loans(tx, repeatable("swap", None), loans=loans)
    seen = [visible_to(caller, Permission.CHECKOUT, each) for each in facts.borrowed]
    found = {each.loan.id: each.loan for whose in seen for each in whose.loans}
    if len(found) < len(loans):
        raise NotFoundError("loan_not_found")
    mine, other = (found[LoanId(loan)] for loan in loans)
    if not (mine.is_open and other.is_open):
        raise ConflictError("loan_is_closed")
    if {mine.item_state, other.item_state} != {ItemState.ON_LOAN}:
        raise ConflictError("loan_not_to_swap")
    return mine, other


def _borrowers(*loans: LoanFacts) -> list[PatronId]:
    everybody = {patron for loan in loans for patron in (loan.borrower, loan.second_borrower)}
    return sorted(patron for patron in everybody if patron is not None)
