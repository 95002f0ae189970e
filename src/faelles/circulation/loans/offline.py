"""What happened while the desk, or a machine, could not ask: taken as fact, with its own time.

The book has left the house, or has come back; refusing it now changes nothing. What a rule would have said becomes an
entry on the work list.
"""

from collections.abc import Sequence
from datetime import UTC, date
from typing import Final

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.dimensions import loan_dimensions
from faelles.circulation.desk.model import Borrower
from faelles.circulation.desk.opening import Desk, check_due_on, check_past, open_desk
from faelles.circulation.desk.repeats import Repeatable, repeatable
from faelles.circulation.desk.scans import scanned
from faelles.circulation.loans import lending, renewal_rules, renewal_store, store, work_store
from faelles.circulation.loans.borrowers import check_second, lock_both
from faelles.circulation.loans.cases import lending_case, renewal_of
from faelles.circulation.loans.facts import Borrowed, CheckoutFacts, LoanAndItem, LoanFacts
from faelles.circulation.loans.handing_on import close_for_next
from faelles.circulation.loans.late import charge_if_late
from faelles.circulation.loans.lending_rules import LendingCase, find_blocks, unknown_parties
from faelles.circulation.loans.model import CheckoutAnswer, CheckoutRequest, Outcome, RenewalAnswer, ReturnRequest
from faelles.circulation.loans.offline_model import CONFLICTS, Handling, Happened, OfflineAnswer, OfflineEntry
from faelles.circulation.loans.operations import take_as_fact
from faelles.circulation.loans.replies import answered_before, renewed_before
from faelles.ground.access import record_access
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.ids import AgencyId, BranchId, LoanId
from faelles.patrons.identification import store as identification
from faelles.patrons.identifiers import lookup_keys, shown_of_unknown
from faelles.people.model import Caller, Permission

_LOOK: Final = "offline_checkout"
_ABOUT_THE_DAY = frozenset({BlockCode.NO_DUE_DATE, BlockCode.RENEWAL_GAINS_NOTHING})
"""What the rules say of a due date that was given already."""


async def record_offline(
    tx: Transaction, caller: Caller, keyring: Keyring, entry: OfflineEntry, key: str | None = None
) -> OfflineAnswer:
    """Take one entry of an offline log as a fact. The same entry again changes nothing."""
    caller.require(Permission.OFFLINE)
    check_past("happened_at", entry.happened_at, tx.now)
    check_due_on(entry.due_on)
    digest = key_of(keyring, tx.agency, entry)
    if entry.what is Happened.RETURN:
        return await _record_return(tx, caller, entry, key or digest)
    repeat = repeatable(f"offline_{entry.what}", key or digest, digest)
    if entry.what is Happened.RENEWAL:
        return await _record_renewal(tx, caller, keyring, entry, repeat)
    return await _record_checkout(tx, caller, keyring, entry, repeat)


def key_of(keyring: Keyring, agency: AgencyId, entry: OfflineEntry) -> str:
    """What makes two entries one: all that they say. Hashed under a key, for a card may be a CPR number."""
    told = msgspec.json.encode(msgspec.structs.replace(entry, happened_at=entry.happened_at.astimezone(UTC)))
    return keyring.lookup_hash("offline", agency, told.decode()).hex()


async def _record_checkout(
    tx: Transaction, caller: Caller, keyring: Keyring, entry: OfflineEntry, repeat: Repeatable
) -> OfflineAnswer:
    borrower = Borrower(patron=entry.patron) if entry.patron is not None else Borrower(card=entry.card or "-")
    who = scanned(keyring, tx.agency, borrower)
    await lock_both(tx, borrower, entry.second_borrower)
    facts = await store.load_checkout(tx, who, entry.item, repeat)
    if earlier := answered_before(facts.earlier, repeat, CheckoutAnswer, facts.item):
        return OfflineAnswer(outcome=Outcome.REPEATED, loan=earlier.loan)
    desk = await open_desk(tx, caller, facts.revision, entry.branch, Permission.OFFLINE)
    look = "offline_dry_run" if entry.dry_run else _LOOK
    barred = await check_second(tx, caller, entry.second_borrower, Permission.OFFLINE, look)
    case = _case(desk, entry, facts)
    found = [*find_blocks(case), *_due_before(entry, case.today)] if case else unknown_parties(facts)
    conflicts = [*found, *([barred] if barred else [])]
    handling = {CONFLICTS[conflict.code] for conflict in conflicts}
    if entry.dry_run:
        await record_access(tx, look, [facts.patron.id] if facts.patron else [])
        return OfflineAnswer(outcome=Outcome.ALLOWED, conflicts=tuple(conflicts))
    if case is None or case.due_on is None or Handling.LIST_ONLY in handling:
        return await _only_listed(tx, entry, facts, conflicts)
    if case.loan is not None and Handling.REPEAT in handling and _is_same(entry, case.loan):
        await record_access(tx, _LOOK, [case.patron.id])
        return OfflineAnswer(outcome=Outcome.REPEATED, loan=case.loan.id)
    if case.loan is not None and entry.happened_at < case.loan.lent_at:
        # The copy has come back since, and somebody else has it: that loan is the newer fact.
        return await _only_listed(tx, entry, facts, conflicts)
    if case.loan is not None:
        # Without a fee: nobody can say when it came back.
        holder = facts.holder or case.patron
        await close_for_next(tx, desk, case.item, case.loan, holder=holder, at=entry.happened_at, look=_LOOK)
    request = _as_asked(entry, borrower, case, second=None if barred else entry.second_borrower)
    answer = await lending.lend(tx, desk, request, lending.Lend(facts.next_loan, case, case.due_on, ()), repeat)
    if conflicts:
        await _add_work_entry(tx, entry, answer.loan, conflicts)
    return OfflineAnswer(outcome=Outcome.LENT, loan=answer.loan, conflicts=tuple(conflicts))


def _is_same(entry: OfflineEntry, loan: LoanFacts) -> bool:
    """Whether the loan is for the two whom the entry names; the second may have been the one to scan."""
    return entry.second_borrower in {None, loan.borrower, loan.second_borrower}


async def _only_listed(
    tx: Transaction, entry: OfflineEntry, facts: CheckoutFacts, conflicts: Sequence[Block]
) -> OfflineAnswer:
    """Nothing is lent. What the patron's record says against it is told, so it was looked at."""
    await record_access(tx, _LOOK, [facts.patron.id] if facts.patron else [])
    await _add_work_entry(tx, entry, None, conflicts)
    return OfflineAnswer(outcome=Outcome.REFUSED, conflicts=tuple(conflicts))


def _case(desk: Desk, entry: OfflineEntry, facts: CheckoutFacts) -> LendingCase | None:
    if facts.patron is None or facts.item is None:
        return None
    return lending_case(
        desk,
        patron=facts.patron,
        item=facts.item,
        loan=facts.loan,
        lent_at=entry.happened_at,
        wished_due_on=_told_due(entry, desk.local_day(entry.happened_at)),
        holds=facts.holds,
        is_on_hold_shelf=facts.is_on_hold_shelf,
        bookings=facts.bookings,
    )


def _as_asked(entry: OfflineEntry, borrower: Borrower, case: LendingCase, *, second: int | None) -> CheckoutRequest:
    """The check-out as a desk would have asked for it then. A day that was told stands, however many wait for the
    title.
    """
    return CheckoutRequest(
        borrower=borrower,
        second_borrower=second,
        item=entry.item,
        branch=entry.branch,
        due_on=_told_due(entry, case.today),
        lent_at=entry.happened_at,
    )


def _told_due(entry: OfflineEntry, lent_on: date) -> date | None:
    """The due date that the borrower was told; what the rules say stands in the place of one before the loan."""
    return None if _due_before(entry, lent_on) else entry.due_on


def _due_before(entry: OfflineEntry, lent_on: date) -> list[Block]:
    """A due date before the loan is of a clock that was wrong."""
    if entry.due_on is None or entry.due_on >= lent_on:
        return []
    return [block(BlockCode.DUE_DATE_NOT_ALLOWED, due_on=entry.due_on.isoformat())]


async def _record_return(tx: Transaction, caller: Caller, entry: OfflineEntry, key: str) -> OfflineAnswer:
    """A return is a fact like any other. One from before the present loan concerns an earlier one: nothing changes."""
    # Locked before it is looked at: the copy may be lent again at this very moment.
    facts = await store.load_return(tx, entry.item, repeatable("return", None))
    if facts.loan is not None and entry.happened_at < facts.loan.lent_at:
        return OfflineAnswer(outcome=Outcome.NOT_ON_LOAN)
    request = ReturnRequest(
        item=entry.item,
        branch=entry.branch,
        returned_at=entry.happened_at.astimezone(UTC),
        dry_run=entry.dry_run,
    )
    answer = await take_as_fact(tx, caller, request, key, is_in_hand=False)
    if answer.outcome is Outcome.REFUSED and not entry.dry_run:
        await _add_work_entry(tx, entry, answer.loan, answer.blocks)
    return OfflineAnswer(outcome=answer.outcome, loan=answer.loan, conflicts=answer.blocks, next=answer.next)


async def _record_renewal(
    tx: Transaction, caller: Caller, keyring: Keyring, entry: OfflineEntry, repeat: Repeatable
) -> OfflineAnswer:
    """Somebody was told a new due date: it holds, whatever a rule would have said. One that gains nothing, and one of
    what is not on loan, change nothing.
    """
    facts = await store.load_loans(tx, repeat, item_number=entry.item)
    if earlier := renewed_before(facts.earlier, repeat, facts.borrowed):
        return OfflineAnswer(outcome=Outcome.REPEATED, loan=earlier[0].loan)
    desk = await open_desk(tx, caller, facts.revision, entry.branch, Permission.OFFLINE)
    lent = next(((each, loan) for each in facts.borrowed for loan in each.loans), None)
    if lent is None or entry.happened_at < lent[1].loan.lent_at:
        conflicts = [block(BlockCode.LOAN_NOT_FOUND)]
        if not entry.dry_run:
            await _add_work_entry(tx, entry, None, conflicts)
        return OfflineAnswer(outcome=Outcome.REFUSED, conflicts=tuple(conflicts))
    strange = await _by_stranger(tx, keyring, entry, lent[1].loan)
    return await _renew_as_fact(tx, desk, entry, lent, repeat=repeat, strange=strange)


async def _by_stranger(tx: Transaction, keyring: Keyring, entry: OfflineEntry, loan: LoanFacts) -> list[Block]:
    """What is odd about a renewal: the card is nobody's, or somebody's who does not have the loan."""
    if entry.card is None:
        return []
    known = await identification.find(tx, lookup_keys(keyring, tx.agency, entry.card))
    holders = {each.patron for each in known if each.ended_at is None}
    if not holders:
        return [block(BlockCode.PATRON_NOT_FOUND)]
    if entry.for_others or any(loan.is_borrowed_by(each) for each in holders):
        return []
    return [block(BlockCode.ON_LOAN_TO_OTHER, None, due_on=loan.due_on.isoformat())]


async def _renew_as_fact(
    tx: Transaction,
    desk: Desk,
    entry: OfflineEntry,
    lent: tuple[Borrowed, LoanAndItem],
    *,
    repeat: Repeatable,
    strange: Sequence[Block],
) -> OfflineAnswer:
    patron, (loan, item) = lent[0].patron, (lent[1].loan, lent[1].item)
    case = renewal_of(desk, patron, lent[1], entry.happened_at)
    due_on = entry.due_on or case.due_on
    if due_on is None or due_on <= loan.due_on:
        return OfflineAnswer(outcome=Outcome.REPEATED, loan=loan.id)
    told = msgspec.structs.replace(case, due_on=due_on)
    standing = [each for each in renewal_rules.find_blocks(told) if each.code not in _ABOUT_THE_DAY]
    conflicts = [*strange, *standing]
    if entry.dry_run:
        await record_access(tx, "offline_dry_run", [patron.id])
        return OfflineAnswer(outcome=Outcome.ALLOWED, loan=loan.id, conflicts=tuple(conflicts))
    await charge_if_late(tx, desk, case.terms, loan=loan, patron=patron, settled_on=case.today)
    dimensions = loan_dimensions(
        item=item, branch=desk.branch, division=loan.division, patron=patron, group=loan.patron_group, day=case.today
    )
    answer = RenewalAnswer(outcome=Outcome.RENEWED, loan=loan.id, due_on=due_on, renewals=loan.renewals + 1)
    await renewal_store.write_renewals(
        tx,
        [renewal_store.RenewedLoan(loan=loan.id, item=item.id, due_on=due_on, dimensions=dimensions, overridden=())],
        [],
        patrons=[patron.id],
        reason=None,
        answer=msgspec.json.encode([answer]),
        repeat=repeat,
    )
    if conflicts:
        await _add_work_entry(tx, entry, loan.id, conflicts)
    return OfflineAnswer(outcome=Outcome.RENEWED, loan=loan.id, conflicts=tuple(conflicts))


async def _add_work_entry(
    tx: Transaction, entry: OfflineEntry, loan: LoanId | None, conflicts: Sequence[Block]
) -> None:
    """Put what a rule would have said on the work list. The card is kept only where it leads to nobody we know, and a
    health card's number not even then.
    """
    unknown = {BlockCode.PATRON_NOT_FOUND, BlockCode.SCAN_AMBIGUOUS, BlockCode.CARD_ENDED}
    is_kept = any(each.code in unknown for each in conflicts)
    await work_store.add_work_entry(
        tx,
        work_store.NewWorkEntry(
            branch=BranchId(entry.branch),
            kind=f"offline_{entry.what.value}",
            loan=loan,
            scanned_item=entry.item,
            scanned_card=shown_of_unknown(entry.card) if entry.card is not None and is_kept else None,
            details={"conflicts": ",".join(sorted(each.code for each in conflicts))},
            happened_at=entry.happened_at,
        ),
    )
