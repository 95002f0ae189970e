"""Why a loan was late and what it cost: the explanation agrees with the charge, whatever the calendar."""

import pytest

from circulation.lending_library import LendingLibrary
from faelles.circulation.looking.lateness import Lateness, explain_lateness
from faelles.fees.claims.model import ClaimStory
from faelles.fees.claims.operations import show_claim
from faelles.fees.desk.operations import claims
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import LoanId
from faelles.people.model import Permission
from faelles.policies.knobs import OVERDUE_DAYS_COUNTED, OverdueDays


async def told(library: LendingLibrary, story: ClaimStory) -> Lateness:
    assert story.days is not None
    days, loan = story.days, story.loans[0].loan
    return await library.run(
        lambda tx: explain_lateness(tx, library.librarian, loan, due_on=days.due_on, settled_on=days.settled_on)
    )


async def late_claim(library: LendingLibrary, days_after: float) -> ClaimStory:
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    library.clock.pass_days(days_after)
    await library.take_back(item)
    (line,) = await library.run(
        lambda tx: claims(tx, library.librarian, reader.id, only_open=True, before=None, limit=5)
    )
    return await library.run(lambda tx: show_claim(tx, library.librarian, reader.id, line.charge))


@pytest.mark.parametrize("days_after", [31.0, 40.0, 75.0])
async def test_the_explanation_reaches_the_step_that_was_charged(library: LendingLibrary, days_after: float):
    story = await late_claim(library, days_after)
    lateness = await told(library, story)
    (reached,) = [step for step in lateness.steps if step.is_reached]
    assert (reached.number, reached.amount_ore, reached.rule) == (
        story.claim.step,
        story.claim.charged_ore,
        story.rule,
    )
    assert sum(day.is_counted for day in lateness.calendar) == lateness.days


async def test_closed_days_are_shown_and_do_not_count_where_the_rule_says_so(library: LendingLibrary):
    await library.set_rule(OVERDUE_DAYS_COUNTED, OverdueDays.OPEN.value)
    lateness = await told(library, await late_claim(library, 75))
    closed = [day for day in lateness.calendar if not day.is_open]
    assert closed != []
    assert not any(day.is_counted for day in closed)
    assert any(day.holiday for day in lateness.calendar)


async def test_nobody_is_told_of_a_loan_that_is_not_theirs_to_see(library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    loan = (await library.lend(reader, item)).loan or LoanId(0)
    teacher = library.staff(frozenset({Permission.FEE_VIEW, Permission.PATRON_VIEW}), library.town.schools)
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: explain_lateness(tx, teacher, loan))
