"""Check-out, return and renewal. Each loads and locks, decides, writes: two messages to the database, for the opening
goes with the load and the write with the commit; what is rare (a fee, a foreign book, a wrong PIN) costs one or two.

A refusal is an answer with every reason in it, committed with the note that somebody's record was read. Errors are for
requests that make no sense.
"""

from collections.abc import Sequence
from typing import Final

from faelles.circulation.desk.opening import check_due_on, check_override, check_past, is_self_service, open_desk
from faelles.circulation.desk.repeats import Repeatable, repeatable
from faelles.circulation.desk.scans import check_pin, pin_missing, require_proven, scanned
from faelles.circulation.loans import lending, returning, store
from faelles.circulation.loans.borrowers import check_second, lock_both, without_identity
from faelles.circulation.loans.facts import LoansFacts
from faelles.circulation.loans.foreign import name_owner, recognise
from faelles.circulation.loans.model import (
    CheckoutAnswer,
    CheckoutRequest,
    RenewalAnswer,
    RenewalRequest,
    ReturnAnswer,
    ReturnRequest,
)
from faelles.circulation.loans.reading_on import find_claimant
from faelles.circulation.loans.renewing import RenewalWish, renew_loans, unknown_loan
from faelles.circulation.loans.replies import answered_before, renewed_before
from faelles.circulation.loans.sight import visible_to
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, LoanId
from faelles.people.model import Caller, Permission

RETURN: Final = "return"
"""What a key given with a return is kept under."""


async def checkout(
    tx: Transaction, caller: Caller, keyring: Keyring, request: CheckoutRequest, key: str | None = None
) -> CheckoutAnswer:
    """Lend an item to a patron; renew it where the patron has it already and the branch lets a scan renew.

    A refused answer lists every block with its rule and the permission that may override it.
    """
    caller.require(Permission.CHECKOUT)
    check_override(request.overrides, request.reason)
    check_past("lent_at", request.lent_at, tx.now)
    check_due_on(request.due_on)
    who = scanned(keyring, tx.agency, request.borrower)
    repeat = repeatable("checkout", key, who.patron, who.keys, without_identity(request))
    await lock_both(tx, request.borrower, request.second_borrower)
    facts = await store.load_checkout(tx, who, request.item, repeat)
    if earlier := answered_before(facts.earlier, repeat, CheckoutAnswer, facts.item):
        return earlier
    desk = await open_desk(tx, caller, facts.revision, request.branch, Permission.CHECKOUT)
    if request.lent_at is not None:
        desk.require(Permission.BACKDATE, caller)
    barred = pin_missing(caller, request.pin)
    barred = barred or await check_pin(tx, keyring, who, facts, request.pin)
    barred = barred or await check_second(tx, caller, request.second_borrower, Permission.CHECKOUT, "checkout")
    decision = lending.Refuse((barred,)) if barred else lending.decide(desk, request, facts)
    match decision:
        case lending.Lend():
            return await lending.lend(tx, desk, request, decision, repeat)
        case lending.Renew():
            return await lending.renew(tx, desk, request, decision, repeat)
        case lending.Repeat():
            return await lending.repeat_answer(tx, request, decision, repeat)
        case lending.Refuse():
            standing = await name_owner(tx, request.item, decision.standing)
            return await lending.refuse(tx, desk, request, facts, lending.Refuse(standing, decision.overridden))


async def return_item(tx: Transaction, caller: Caller, request: ReturnRequest, key: str | None = None) -> ReturnAnswer:
    """Take an item back, on loan or not, ours or another municipality's, and say where it goes now.

    Back-dating needs a permission of its own, and so does finding a copy on our own shelf, for which nobody pays.
    """
    also = [Permission.BACKDATE] if request.returned_at is not None else []
    also += [Permission.LOST] if request.found else []
    return await _take_back(tx, caller, request, key, also)


async def take_as_fact(
    tx: Transaction, caller: Caller, request: ReturnRequest, key: str, *, is_in_hand: bool = True
) -> ReturnAnswer:
    """A return that happened while nobody could ask, at its own time. `is_in_hand`: the copy is read only now, by a
    machine, and may serve whoever waits for it.
    """
    return await _take_back(tx, caller, request, key, [Permission.OFFLINE], is_in_hand=is_in_hand)


async def _take_back(
    tx: Transaction,
    caller: Caller,
    request: ReturnRequest,
    key: str | None,
    also: Sequence[Permission],
    *,
    is_in_hand: bool = True,
) -> ReturnAnswer:
    caller.require(Permission.RETURN)
    check_past("returned_at", request.returned_at, tx.now)
    check_override(request.overrides, request.reason)
    repeat = repeatable(RETURN, key, request)
    makes_ready = is_in_hand and not is_self_service(caller)
    facts = await store.load_return(tx, request.item, repeat, branch=BranchId(request.branch), makes_ready=makes_ready)
    if earlier := answered_before(facts.earlier, repeat, ReturnAnswer, facts.item):
        return earlier
    desk = await open_desk(tx, caller, facts.revision, request.branch, Permission.RETURN)
    for permission in also:
        desk.require(permission, caller)
    if (item := facts.item) is None:
        return await recognise(tx, desk, request, repeat)
    returning.check_after_lending(request, facts)
    first = None
    if is_in_hand:
        facts, first = await find_claimant(tx, desk, facts, makes_ready=makes_ready)
    case = returning.return_case(desk, request, facts, item, first=first)
    if case.judgement.standing:
        return await returning.refuse(tx, desk, request, case)
    return await returning.take_back(tx, desk, request, facts, case, repeat)


async def renew(
    tx: Transaction, caller: Caller, request: RenewalRequest, key: str | None = None
) -> list[RenewalAnswer]:
    """Renew the named loans, or all that a patron has, or what is on loan of an item; each is answered by itself.

    A signed-in patron renews their own. The first borrower's blocks, debts and fees count, whoever asks.
    """
    caller.require(caller.own_or(Permission.RENEW))
    require_proven(caller)
    repeat = repeatable("renew", key, request)
    facts = await store.load_loans(tx, repeat, loans=request.loans, patron=request.patron, item_number=request.item)
    return await renew_loaded(tx, caller, request, facts, repeat)


async def renew_loaded(
    tx: Transaction, caller: Caller, request: RenewalRequest, facts: LoansFacts, repeat: Repeatable
) -> list[RenewalAnswer]:
    """As `renew`, for whoever has loaded the loans with more that was asked."""
    permission = caller.own_or(Permission.RENEW)
    caller.require(permission)
    check_override(request.overrides, request.reason)
    if earlier := renewed_before(facts.earlier, repeat, facts.borrowed):
        return _in_order(request, earlier)
    desk = await open_desk(tx, caller, facts.revision, request.branch, permission)
    wish = RenewalWish(overrides=request.overrides, reason=request.reason, dry_run=request.dry_run)
    visible = [visible_to(caller, permission, each) for each in facts.borrowed]
    return _in_order(request, await renew_loans(tx, desk, visible, wish=wish, repeat=repeat))


def _in_order(request: RenewalRequest, answers: Sequence[RenewalAnswer]) -> list[RenewalAnswer]:
    """The answers in the order that the loans were named in; a loan without one is no loan of theirs."""
    by_loan = {answer.loan: answer for answer in answers}
    return [by_loan.get(LoanId(loan)) or unknown_loan(loan) for loan in request.loans or by_loan]
