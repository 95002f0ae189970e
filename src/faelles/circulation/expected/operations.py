"""Expected fees: the very charging of a return is rehearsed, so that what is expected is what would be charged."""

from collections import defaultdict
from datetime import date

from faelles.circulation.desk.opening import Desk, open_desk
from faelles.circulation.desk.repeats import repeatable
from faelles.circulation.expected.model import ExpectedFee
from faelles.circulation.loans import store
from faelles.circulation.loans.cases import terms_for
from faelles.circulation.loans.facts import Borrowed
from faelles.circulation.loans.late import charge_if_late
from faelles.circulation.loans.sight import visible_to
from faelles.ground.database import Transaction
from faelles.ground.ids import DivisionId, LoanId, PatronId
from faelles.ground.money import Ore
from faelles.patrons.reach import patron_for
from faelles.people.model import Caller, Permission

_Batch = tuple[DivisionId, date, date]


async def expected_fees(tx: Transaction, caller: Caller, patron: PatronId) -> list[ExpectedFee]:
    """What every overdue loan that the patron answers for would cost if it came back now; nothing is charged.

    For staff with FEE_VIEW, and for patrons of their own. The patron's row is locked meanwhile.
    """
    permission = caller.own_or(Permission.FEE_VIEW)
    known = await patron_for(tx, caller, patron, permission, "expected_fees")
    facts = await store.load_loans(tx, repeatable("expected_fees", None, patron), patron=patron)
    desk = await open_desk(tx, caller, facts.revision, known.home_branch, permission)
    own = [each for each in facts.borrowed if each.patron.id == patron]
    visible = [visible_to(caller, permission, each) for each in own]
    charged = await tx.rehearse(lambda: _charge(tx, desk, visible))
    batches: dict[_Batch, list[tuple[LoanId, Ore]]] = defaultdict(list)
    for each in (each for borrowed in visible for each in borrowed.loans if each.loan.id in charged):
        batches[each.loan.division, each.loan.lent_on, each.loan.due_on].append((each.loan.id, charged[each.loan.id]))
    return [
        ExpectedFee(
            division=division,
            lent_on=lent_on,
            due_on=due_on,
            amount_ore=Ore(sum(amount for _, amount in loans)),
            loans=tuple(loan for loan, _ in loans),
        )
        for (division, lent_on, due_on), loans in sorted(batches.items())
        if any(amount for _, amount in loans)
    ]


async def _charge(tx: Transaction, desk: Desk, borrowed: list[Borrowed]) -> dict[LoanId, Ore]:
    """What each overdue loan adds; those of a batch after the first join it for nothing."""
    today = desk.local_day(tx.now)
    late = [(each.patron, loan) for each in borrowed for loan in each.loans if loan.loan.is_overdue(today)]
    return {
        each.loan.id: await charge_if_late(
            tx, desk, terms_for(desk, patron, each.item, tx.now), loan=each.loan, patron=patron, settled_on=today
        )
        for patron, each in late
    }
