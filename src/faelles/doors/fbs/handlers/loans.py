"""What a patron has at home, and renewing it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from faelles.circulation.availability.model import LentCopy
from faelles.circulation.availability.operations import copies_lent
from faelles.circulation.desk.blocks import Block
from faelles.circulation.loans.model import Outcome, RenewalAnswer, RenewalRequest
from faelles.circulation.loans.operations import renew
from faelles.circulation.looking.model import LoanShown
from faelles.circulation.looking.operations import loans_of_patron
from faelles.circulation.looking.renewable import refusals
from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler
from faelles.doors.fbs.handlers.catalog import material_group, periodical
from faelles.doors.fbs.handlers.patrons import living
from faelles.doors.fbs.handlers.words import OTHER_REASON, RENEWED, denied, local
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import invalid_field
from faelles.ground.ids import LoanId
from faelles.patrons.model import Patron
from faelles.people.model import Caller
from faelles.policies.compiled import Settings
from faelles.privacy.consents.model import ConsentKind
from faelles.privacy.consents.operations import list_own_consents

MOST_LOANS: Final = 500
_LONG_LOAN: Final = timedelta(days=100)
"""A loan for longer than so is a long one: a class set, what an institution has for a season."""


async def loans(call: Call) -> list[models.Loan]:
    """Every open loan, with what a renewal would be told just now."""

    async def work(tx: Transaction) -> list[models.Loan]:
        return await open_loans(tx, call, await living(tx, call))

    return await call.run(work)


async def open_loans(tx: Transaction, call: Call, known: Patron) -> list[models.Loan]:
    own = call.in_name_of(known.id)
    found = await loans_of_patron(tx, own, known.id, limit=MOST_LOANS, known=known)
    if not found:
        return []
    settings = await call.settings(tx)
    refused = await refusals(tx, own, known.id, call.own_branch(settings, known))
    details = await loan_details(tx, settings, found)
    return [_loan(settings, each, details[each.id], refused.get(each.id, ())) for each in found]


def _loan(
    settings: Settings, loan: LoanShown, details: models.LoanDetails, blocks: tuple[Block, ...] | None
) -> models.Loan:
    """`blocks`: what stands against a renewal; None where it may be."""
    lent_on = local_date(loan.lent_at, settings.directory.agency.time_zone)
    return models.Loan(
        loan_details=details,
        is_renewable=blocks is None,
        is_longterm_loan=loan.due_on - lent_on > _LONG_LOAN,
        renewal_status_list=() if blocks is None else denied(blocks) or (OTHER_REASON,),
    )


async def loan_details(
    tx: Transaction, settings: Settings, found: Sequence[LoanShown]
) -> dict[LoanId, models.LoanDetails]:
    copies = await copies_lent(tx, [each.id for each in found])
    return {each.id: _details(settings, each, copies[each.id]) for each in found if each.id in copies}


def _details(settings: Settings, loan: LoanShown, copy: LentCopy) -> models.LoanDetails:
    zone = settings.directory.agency.time_zone
    return models.LoanDetails(
        loan_id=loan.id,
        record_id=copy.number,
        loan_type="interLibraryLoan" if copy.is_interlibrary else "loan",
        material_group=material_group(settings, copy.material_group),
        material_item_number=copy.item_number,
        periodical=None if copy.issue is None else periodical(copy.issue),
        loan_date=local(loan.lent_at, zone),
        due_date=loan.due_on,
        il_bibliographic_record=_borrowed_title(copy) if copy.is_interlibrary else None,
        returned_date=None if loan.closed_at is None else local(loan.closed_at, zone),
    )


def _borrowed_title(copy: LentCopy) -> models.ILLBibliographicRecord:
    """A title that another library lent us, and that the web site's own catalogue may not know."""
    return models.ILLBibliographicRecord(
        record_id=copy.number,
        medium_type=copy.material_type,
        author=copy.creators[0] if copy.creators else None,
        title=copy.title,
    )


async def loans_with_history(call: Call) -> models.LoansWithHistory:
    """Open loans, and finished ones of whoever lets the library keep them, the latest first."""

    async def work(tx: Transaction) -> models.LoansWithHistory:
        known = await living(tx, call)
        own, settings = call.in_name_of(known.id), await call.settings(tx)
        finished = await _kept(tx, own, known)
        details = await loan_details(tx, settings, finished)
        return models.LoansWithHistory(
            loans=tuple(await open_loans(tx, call, known)),
            historical_material_loans=tuple(details[each.id] for each in reversed(finished) if each.id in details),
        )

    return await call.run(work)


async def _kept(tx: Transaction, own: Caller, known: Patron) -> list[LoanShown]:
    """What came back since the patron consented: an earlier consent that was withdrawn covers nothing any more."""
    if not known.keeps_history:
        return []
    given = [
        each.given_at
        for each in await list_own_consents(tx, own)
        if each.kind == ConsentKind.HISTORY and each.withdrawn_at is None
    ]
    finished = await loans_of_patron(tx, own, known.id, is_open=False, limit=MOST_LOANS, known=known)
    return [each for each in finished if given and each.closed_at is not None and each.closed_at >= min(given)]


async def renew_loans(call: Call) -> list[models.RenewedLoan]:
    """Renew the named loans of the patron, each answered by itself; whatever is no loan of theirs is not answered."""
    wanted = tuple(dict.fromkeys(call.sent))
    if len(wanted) > MOST_LOANS or any(loan < 1 for loan in wanted):
        raise invalid_field("materialLoanIds", "field_wrong_form")

    async def work(tx: Transaction) -> list[models.RenewedLoan]:
        known = await living(tx, call)
        if not wanted:
            return []
        own, settings = call.in_name_of(known.id), await call.settings(tx)
        asked = RenewalRequest(branch=call.own_branch(settings, known), loans=wanted)
        answers = {answer.loan: answer for answer in await renew(tx, own, asked)}
        loans = await loans_of_patron(tx, own, known.id, limit=MOST_LOANS, known=known)
        found = [each for each in loans if each.id in wanted]
        details = await loan_details(tx, settings, found)
        return [
            models.RenewedLoan(loan_details=details[each.id], renewal_status=_status(answers[each.id]))
            for each in found
        ]

    return await call.run(work)


def _status(answer: RenewalAnswer) -> tuple[str, ...]:
    if answer.outcome is Outcome.RENEWED:
        return (RENEWED,)
    return denied(answer.blocks) or (OTHER_REASON,)


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {"loans": loans, "loans_with_history": loans_with_history, "renew_loans": renew_loans}
)
