"""What a patron has at home, and renewing it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from faelles.circulation.availability.model import LentCopy, TitleElsewhere
from faelles.circulation.availability.operations import copies_lent
from faelles.circulation.loans.facts import LoanCourse
from faelles.circulation.loans.model import Outcome, RenewalAnswer, RenewalRequest
from faelles.circulation.loans.operations import renew
from faelles.circulation.looking.model import LoanShown
from faelles.circulation.own.model import AtHome, OwnLoan
from faelles.circulation.own.operations import loans_asked_for, own_loans
from faelles.doors.fbs import models
from faelles.doors.fbs.call import Call, Handler
from faelles.doors.fbs.handlers.catalog import material_group, periodical
from faelles.doors.fbs.handlers.words import OTHER_REASON, RENEWED, denied, local
from faelles.ground.database import Transaction
from faelles.ground.errors import invalid_field
from faelles.ground.ids import LoanId
from faelles.patrons.model import Patron
from faelles.patrons.reach import there
from faelles.policies.compiled import Settings
from faelles.policies.operations import settings_for
from faelles.privacy.consents.history import agreed_since, own_history

MOST_LOANS: Final = 500
_LONG_LOAN: Final = timedelta(days=100)
"""A loan for longer than so is a long one: a class set, what an institution has for a season."""


async def loans(call: Call) -> list[models.Loan]:
    """Every open loan, with what a renewal would be told just now."""

    async def work(tx: Transaction) -> list[models.Loan]:
        found, at_home = await tx.together(call.patron_asked_for(tx), loans_asked_for(tx, call.own))
        return await _at_home(tx, call, there(found), at_home)

    return await call.look(work)


async def open_loans(tx: Transaction, call: Call, known: Patron) -> list[models.Loan]:
    """As `loans`, for whoever has been let through."""
    return await _at_home(tx, call, known, await tx.ask(loans_asked_for(tx, call.own)))


async def _at_home(tx: Transaction, call: Call, known: Patron, at_home: AtHome) -> list[models.Loan]:
    if not at_home.lent:
        return []
    settings = await settings_for(tx, at_home.revision)
    found = await own_loans(tx, call.own, at_home, call.own_branch(settings, known))
    return [_loan(settings, each) for each in found]


def _loan(settings: Settings, own: OwnLoan) -> models.Loan:
    return models.Loan(
        loan_details=_details(settings, own.loan, own.copy),
        is_renewable=own.refused is None,
        is_longterm_loan=own.loan.due_on - own.loan.lent_on > _LONG_LOAN,
        renewal_status_list=() if own.refused is None else denied(own.refused) or (OTHER_REASON,),
    )


async def loan_details(
    tx: Transaction, settings: Settings, found: Sequence[LoanShown]
) -> dict[LoanId, models.LoanDetails]:
    copies = await copies_lent(tx, [each.id for each in found])
    return {each.id: _details(settings, each, copies[each.id]) for each in found if each.id in copies}


def _details(settings: Settings, loan: LoanCourse, copy: LentCopy) -> models.LoanDetails:
    zone = settings.directory.agency.time_zone
    return models.LoanDetails(
        loan_id=loan.id,
        record_id=copy.number,
        loan_type="loan" if copy.elsewhere is None else "interLibraryLoan",
        material_group=material_group(settings, copy.material_group),
        material_item_number=copy.item_number,
        periodical=None if copy.issue is None else periodical(copy.issue),
        loan_date=local(loan.lent_at, zone),
        due_date=loan.due_on,
        il_bibliographic_record=None if copy.elsewhere is None else _borrowed_title(copy.number, copy.elsewhere),
        returned_date=None if loan.closed_at is None else local(loan.closed_at, zone),
    )


def _borrowed_title(number: str, elsewhere: TitleElsewhere) -> models.ILLBibliographicRecord:
    """A title that another library lent us, and that the web site's own catalogue may not know."""
    return models.ILLBibliographicRecord(
        record_id=number,
        medium_type=elsewhere.material_type,
        author=elsewhere.creators[0] if elsewhere.creators else None,
        title=elsewhere.title,
    )


async def loans_with_history(call: Call) -> models.LoansWithHistory:
    """Open loans, and finished ones of whoever lets the library keep them, the latest first."""

    async def work(tx: Transaction) -> models.LoansWithHistory:
        found, at_home, agreed = await tx.together(
            call.patron_asked_for(tx), loans_asked_for(tx, call.own), agreed_since(tx, call.own)
        )
        known = there(found)
        finished = await own_history(tx, call.own, known, agreed, limit=MOST_LOANS)
        details = await loan_details(tx, await settings_for(tx, at_home.revision), finished)
        return models.LoansWithHistory(
            loans=tuple(await _at_home(tx, call, known, at_home)),
            historical_material_loans=tuple(details[each.id] for each in reversed(finished) if each.id in details),
        )

    return await call.look(work)


async def renew_loans(call: Call) -> list[models.RenewedLoan]:
    """Renew the named loans of the patron, each answered by itself; whatever is no loan of theirs is not answered."""
    wanted = tuple(dict.fromkeys(call.sent))
    if len(wanted) > MOST_LOANS or any(loan < 1 for loan in wanted):
        raise invalid_field("materialLoanIds", "field_wrong_form")

    async def work(tx: Transaction) -> list[models.RenewedLoan]:
        known = await call.patron_known(tx)
        if not wanted:
            return []
        settings = await call.settings(tx)
        asked = RenewalRequest(branch=call.own_branch(settings, known), loans=wanted)
        answers = {answer.loan: answer for answer in await renew(tx, call.own, asked)}
        at_home = await tx.ask(loans_asked_for(tx, call.own))
        found = [each for each in at_home.loans if each.loan.id in answers and each.loan.division == call.division]
        return [
            models.RenewedLoan(
                loan_details=_details(settings, each.loan, each.copy), renewal_status=_status(answers[each.loan.id])
            )
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
