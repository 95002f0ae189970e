"""Days that close, and what is due or to be picked up on them."""

from datetime import date, timedelta

import pytest

from circulation.lending_library import LendingLibrary
from faelles.agencies.opening.model import SetCalendarDays
from faelles.circulation.consequences.model import ClosingForeseen
from faelles.circulation.consequences.operations import close_days, foresee_closing, foresee_rules
from faelles.ground.errors import ForbiddenError
from faelles.ground.ids import LoanId
from faelles.people.model import Permission
from faelles.policies.knobs import DUE_ROLLOVER, LOAN_DAYS, DueRollover
from faelles.policies.model import Scope
from faelles.policies.requests import SetRule


async def lent(library: LendingLibrary) -> tuple[LoanId, date]:
    answer = await library.lend(await library.reader(), await library.copy())
    assert answer.loan is not None
    assert answer.due_on is not None
    return answer.loan, answer.due_on


async def due(library: LendingLibrary, loan: LoanId) -> date:
    found: date = await library.run(
        lambda tx: tx.value("SELECT due_on FROM loan WHERE agency_id = $1 AND id = $2", tx.agency, loan)
    )
    return found


def closed(library: LendingLibrary, first: date, days: int = 1) -> SetCalendarDays:
    return SetCalendarDays(
        branches=(library.town.main,), first_day=first, last_day=first + timedelta(days=days - 1), reason="Flytning"
    )


async def foreseen(library: LendingLibrary, request: SetCalendarDays) -> ClosingForeseen:
    return await library.run(lambda tx: foresee_closing(tx, library.librarian, request))


async def test_what_is_foreseen_is_what_happens(library: LendingLibrary):
    loan, day = await lent(library)
    request = closed(library, day, 3)
    told = await foreseen(library, request)
    assert (told.due, told.pickups, await due(library, loan)) == (1, 0, day)
    assert await library.run(lambda tx: close_days(tx, library.librarian, request)) == told
    assert await due(library, loan) == told.days[0].to_day > day + timedelta(days=2)
    assert "branch.dates_moved" in await library.events()


async def test_closing_the_same_days_again_moves_nothing(library: LendingLibrary):
    _, day = await lent(library)
    request = closed(library, day)
    await library.run(lambda tx: close_days(tx, library.librarian, request))
    assert (await library.run(lambda tx: close_days(tx, library.librarian, request))).due == 0


async def test_other_days_other_branches_and_what_is_overdue_stay(library: LendingLibrary):
    _, day = await lent(library)
    elsewhere = SetCalendarDays(branches=(library.town.suburb,), first_day=day, last_day=day, reason="Flytning")
    assert (await foreseen(library, closed(library, day + timedelta(days=1)))).due == 0
    assert (await foreseen(library, elsewhere)).due == 0
    library.clock.turn_to(day + timedelta(days=1))
    assert (await foreseen(library, closed(library, day))).due == 0


async def test_a_lenders_date_stands(library: LendingLibrary):
    reader, item = await library.reader(), await library.placeholder()
    answer = await library.lend(reader, item)
    assert answer.due_on is not None
    told = await foreseen(library, closed(library, answer.due_on))
    assert (told.due, told.lenders) == (0, 1)


async def test_rules_without_rollover_let_dates_stand(library: LendingLibrary):
    _, day = await lent(library)
    await library.set_rule(DUE_ROLLOVER, DueRollover.NONE.value)
    assert (await foreseen(library, closed(library, day))).due == 0


async def test_it_takes_the_permission_to_set_the_days(library: LendingLibrary):
    caller = library.staff(frozenset({Permission.AGENCY_VIEW}))
    request = closed(library, date(2027, 5, 3))
    for verb in (foresee_closing, close_days):
        with pytest.raises(ForbiddenError):
            await library.run(lambda tx, verb=verb: verb(tx, caller, request))


async def test_a_draft_tells_how_many_open_loans_it_speaks_of(library: LendingLibrary):
    await lent(library)
    await lent(library)
    draft = SetRule(scope=Scope.AGENCY, knob=LOAN_DAYS.name, value=11, patron_group=library.groups["adult"])
    told = await library.run(lambda tx: foresee_rules(tx, library.librarian, [draft]))
    assert told.open_loans == 2
    assert [(each.knob, each.after, each.number) for each in told.touched] == [("loan_days", 11, 2)]


async def test_a_draft_for_others_touches_nothing(library: LendingLibrary):
    await lent(library)
    draft = SetRule(scope=Scope.AGENCY, knob=LOAN_DAYS.name, value=11, patron_group=library.groups["child"])
    told = await library.run(lambda tx: foresee_rules(tx, library.librarian, [draft]))
    assert told.touched == ()
