"""Taking back, step by step: when it came back, where it goes now, what it costs, what is written."""

from datetime import date, datetime
from functools import partial

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode, Judgement, block, judge
from faelles.circulation.desk.dimensions import loan_dimensions
from faelles.circulation.desk.facts import ItemFacts, ItemState
from faelles.circulation.desk.opening import LONGEST_BACKDATING, Desk
from faelles.circulation.desk.repeats import Repeatable
from faelles.circulation.holds import reading_store
from faelles.circulation.holds.in_hand import Claimant
from faelles.circulation.loans import return_store, store
from faelles.circulation.loans.cases import terms_for
from faelles.circulation.loans.claims import settle_claim
from faelles.circulation.loans.facts import JourneyFacts, LoanFacts
from faelles.circulation.loans.late import NOTHING, charge_if_late, days_overdue
from faelles.circulation.loans.losses import settle_found
from faelles.circulation.loans.model import Outcome, Remark, ReturnAnswer, ReturnRequest
from faelles.circulation.loans.next_stops import Course, Scan, course_of
from faelles.circulation.loans.replies import kept, shown
from faelles.circulation.loans.return_facts import ReturnFacts
from faelles.circulation.transit.model import Stop
from faelles.circulation.transit.rules import send_foreign, told_name
from faelles.ground.access import record_access
from faelles.ground.database import Transaction
from faelles.ground.errors import invalid_field
from faelles.ground.money import Ore
from faelles.people.model import Permission
from faelles.policies.compiled import Terms
from faelles.policies.knobs import (
    LOST_WAIVES_OVERDUE,
    RETURN_ELSEWHERE,
    RETURN_TELLS_OF_BORROWER,
    SLIP_NAME,
    ReturnElsewhere,
    SlipName,
)


class ReturnCase(msgspec.Struct, frozen=True, kw_only=True):
    """A known item at the desk. `returned_at` is when it counts as back; `loan` None where it was not on loan."""

    item: ItemFacts
    loan: LoanFacts | None
    journey: JourneyFacts | None
    terms: Terms
    terms_then: Terms
    """As they were when it came back: a tariff counts on its day, and so does an amnesty."""
    returned_at: datetime
    returned_on: date
    course: Course
    judgement: Judgement


def return_case(
    desk: Desk, request: ReturnRequest, facts: ReturnFacts, item: ItemFacts, *, first: Claimant | None
) -> ReturnCase:
    """One return, ready to be written; pure. `first` is whose the copy is; None where it is not in hand."""
    terms = terms_for(desk, facts.patron, item, desk.now)
    returned_at = _returned_at(desk, request, facts)
    scan = Scan(first=first, is_staffed=not desk.is_self_service, binds=request.fulfils_holds)
    return ReturnCase(
        item=item,
        loan=facts.loan,
        journey=facts.journey,
        terms=terms,
        terms_then=terms_for(desk, facts.patron, item, max(returned_at, desk.now - LONGEST_BACKDATING)),
        returned_at=returned_at,
        returned_on=desk.local_day(returned_at),
        course=course_of(desk, facts, item, terms, scan),
        judgement=judge(_find_blocks(desk, terms, item), request.overrides, desk.permissions),
    )


def check_after_lending(request: ReturnRequest, facts: ReturnFacts) -> None:
    """Refuse a return from before the loan: nobody hands in what they have not got."""
    if request.returned_at is not None and facts.loan is not None and request.returned_at < facts.loan.lent_at:
        raise invalid_field("returned_at", "returned_before_lent")


def _returned_at(desk: Desk, request: ReturnRequest, facts: ReturnFacts) -> datetime:
    """What the desk says; else the earliest sign of the copy having been handed in: the patron's word, another
    municipality's desk, this scan. Never before it was lent.
    """
    claimed = facts.loan.claimed_returned_at if facts.loan else None
    signs = [moment for moment in (claimed, facts.seen_elsewhere_at, desk.now) if moment is not None]
    returned_at = request.returned_at or min(signs)
    return max(returned_at, facts.loan.lent_at) if facts.loan else returned_at


def _find_blocks(desk: Desk, terms: Terms, item: ItemFacts) -> list[Block]:
    """A branch that takes back only its own names the right one."""
    if item.owner_branch == desk.branch or terms[RETURN_ELSEWHERE].value is not ReturnElsewhere.REFUSE:
        return []
    right = desk.branch_of(item.owner_branch)
    return [block(BlockCode.RETURN_NOT_HERE, terms[RETURN_ELSEWHERE].rule_id, branch=right.name)]


async def refuse(tx: Transaction, desk: Desk, request: ReturnRequest, case: ReturnCase) -> ReturnAnswer:
    """Say why it is not taken back here, and note that the borrower's record was read for it."""
    borrower = case.loan.borrower if case.loan else None
    if request.dry_run:
        await record_access(tx, "return_dry_run", [borrower] if borrower is not None else [])
    else:
        codes = ",".join(sorted(each.code for each in case.judgement.standing))
        refusal = store.Refusal(
            kind="return",
            patron=borrower,
            item=case.item.id,
            loan=case.loan.id if case.loan else None,
            dimensions={"branch": desk.branch, "blocks": codes},
        )
        await store.write_refusal(tx, refusal)
    return ReturnAnswer(
        outcome=Outcome.REFUSED, item=shown(case.item, on_checkout=False), blocks=case.judgement.standing
    )


async def take_back(
    tx: Transaction,
    desk: Desk,
    request: ReturnRequest,
    facts: ReturnFacts,
    case: ReturnCase,
    repeat: Repeatable,
) -> ReturnAnswer:
    """Settle what hung on the loan, close it, send the copy on its way."""
    settle = partial(_settle, tx, desk, request, facts, case)
    charged = await (tx.rehearse(settle) if request.dry_run else settle())
    answer = _answer(desk, case, charged, was_backdated=request.returned_at is not None)
    told = await _about_borrower(tx, desk, facts, case, charged)
    answer = msgspec.structs.replace(answer, warnings=answer.warnings + told)
    if request.dry_run:
        await record_access(tx, "return_dry_run", [facts.patron.id] if facts.patron else [])
        return msgspec.structs.replace(answer, outcome=Outcome.ALLOWED)
    await return_store.write_return(tx, _taken_back(desk, request, facts, case, answer), repeat)
    return await _with_name(tx, case, answer)


async def _about_borrower(
    tx: Transaction, desk: Desk, facts: ReturnFacts, case: ReturnCase, charged: Ore
) -> tuple[Remark, ...]:
    """What whoever hands it in may be told while they stand there, where the library has its desk told: staff who may
    see the borrower, and no machine.
    """
    patron, loan = facts.patron, case.loan
    is_wanted = case.terms[RETURN_TELLS_OF_BORROWER].value and Permission.PATRON_VIEW in desk.permissions
    if patron is None or loan is None or not is_wanted or desk.is_self_service:
        return ()
    heard = {
        Remark.OWES: patron.balance_in(loan.division) + charged > 0,
        Remark.HOLD_READY: await reading_store.has_ready(tx, patron.id),
    }
    return tuple(remark for remark, is_heard in heard.items() if is_heard)


async def _with_name(tx: Transaction, case: ReturnCase, answer: ReturnAnswer) -> ReturnAnswer:
    """The answer with whose hold it is on the slip, where the library prints that; it is not kept."""
    stop, how = case.course.decision.next, case.terms[SLIP_NAME].value
    if how is SlipName.NOTHING or stop.stop is not Stop.HOLD_SHELF or stop.slip is None or stop.hold is None:
        return answer
    found = await return_store.name_for_slip(tx, stop.hold)
    if found is None:
        return answer
    patron, name = found
    await record_access(tx, "hold_slip", [patron])
    slip = msgspec.structs.replace(stop.slip, patron=told_name(name, how))
    return msgspec.structs.replace(answer, next=msgspec.structs.replace(stop, slip=slip))


async def _settle(tx: Transaction, desk: Desk, request: ReturnRequest, facts: ReturnFacts, case: ReturnCase) -> Ore:
    """End what hung on the loan: a search for the copy, a claim for another one; and charge what is late."""
    if case.loan is None or facts.patron is None:
        return NOTHING
    await settle_claim(tx, case.loan)
    is_waived = request.found
    if case.loan.lost_at is not None:
        await settle_found(tx, desk, case.terms, case.loan, case.returned_at)
        is_waived = is_waived or case.terms[LOST_WAIVES_OVERDUE].value
    if is_waived:
        return NOTHING
    return await charge_if_late(
        tx,
        desk,
        case.terms_then,
        loan=case.loan,
        patron=facts.patron,
        settled_on=case.returned_on,
    )


def _answer(desk: Desk, case: ReturnCase, charged_ore: int, *, was_backdated: bool) -> ReturnAnswer:
    loan = case.loan
    return ReturnAnswer(
        outcome=Outcome.RETURNED if loan else Outcome.NOT_ON_LOAN,
        loan=loan.id if loan else None,
        item=shown(case.item, on_checkout=False),
        next=case.course.decision.next,
        days_overdue=days_overdue(desk, case.terms_then, loan, case.returned_on) if loan else 0,
        charged_ore=charged_ore,
        returned_on=case.returned_on,
        warnings=_warnings(desk, case, was_backdated=was_backdated),
    )


def _warnings(desk: Desk, case: ReturnCase, *, was_backdated: bool) -> tuple[Remark, ...]:
    item = case.item
    wrong_way = case.journey is not None and desk.branch not in {case.journey.from_branch, case.journey.to_branch}
    heard = {
        Remark.BACK_DATED: was_backdated,
        Remark.CHECK_PARTS: bool(item.parts),
        Remark.PARTS_MISSING: bool(item.missing_parts),
        Remark.DAMAGED: item.condition == "damaged",
        Remark.WITHDRAWN: item.withdrawn,
        Remark.ITEM_FOUND: item.state in {ItemState.LOST, ItemState.MISSING, ItemState.CLAIMED_RETURNED},
        Remark.WRONG_TRANSFER: wrong_way,
        Remark.SEND_TO_LENDER: item.is_placeholder,
    }
    return tuple(warning for warning, is_heard in heard.items() if is_heard)


def _taken_back(
    desk: Desk, request: ReturnRequest, facts: ReturnFacts, case: ReturnCase, answer: ReturnAnswer
) -> return_store.TakenBack:
    item, loan = case.item, case.loan
    stop, goes_on = case.course.decision.next, _goes_on(desk, case)
    arrived = case.journey is not None and case.journey.to_branch == desk.branch
    return return_store.TakenBack(
        item=item.id,
        record=item.record,
        loan=loan.id if loan else None,
        borrower=loan.borrower if loan else None,
        branch=desk.branch,
        returned_at=case.returned_at,
        returned_on=case.returned_on,
        state=ItemState.AVAILABLE if stop.stays else ItemState.IN_TRANSIT,
        journey_ended_how=None if case.journey is None or goes_on else "received" if arrived else "elsewhere",
        sent_to=None if goes_on else stop.branch,
        course=case.course,
        event="loan.returned" if loan else "item.checked_in",
        dimensions=loan_dimensions(
            item=item,
            branch=desk.branch,
            division=loan.division if loan else desk.division_of(item),
            patron=facts.patron,
            group=loan.patron_group if loan else None,
            day=case.returned_on,
        )
        | {"days_overdue": answer.days_overdue, "found": request.found},
        overridden=[each.code.value for each in case.judgement.overridden],
        reason=request.reason,
        answer=msgspec.json.encode(kept(answer)),
    )


def _goes_on(desk: Desk, case: ReturnCase) -> bool:
    """Scanned once more before it left: it is still on the same journey, in the same crate."""
    journey, stop = case.journey, case.course.decision.next
    if journey is None:
        return False
    return (journey.from_branch, journey.to_branch, journey.reason) == (desk.branch, stop.branch, stop.reason)


def foreign(desk: Desk, owner: str, isil: str) -> ReturnAnswer:
    """Another municipality's book: whose, and nothing else."""
    return ReturnAnswer(outcome=Outcome.FOREIGN, next=send_foreign(owner, isil, desk.branch_of(desk.branch).name))


def unknown() -> ReturnAnswer:
    return ReturnAnswer(outcome=Outcome.REFUSED, blocks=(block(BlockCode.MATERIAL_NOT_FOUND),))
