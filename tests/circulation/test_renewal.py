"""Renewing: until when, how often, and whose blocks count."""

from datetime import date

import msgspec
import pytest

from circulation.lending_library import LendingLibrary, Reader
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.loans.model import Outcome, RenewalRequest
from faelles.circulation.loans.operations import renew
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.errors import ForbiddenError
from faelles.ground.i18n import Language
from faelles.ground.ids import LoanId
from faelles.people.model import Caller, Grant, Permission
from faelles.policies.knobs import RENEW_DAYS_BEFORE_DUE


def signed_in(library: LendingLibrary, reader: Reader) -> Caller:
    return Caller(
        agency=library.town.agency,
        actor=Actor(ActorKind.PATRON, reader.id),
        language=Language.DANISH,
        grants=(Grant(permissions=frozenset({Permission.OWN_ACCOUNT})),),
        patron=reader.id,
    )


async def test_a_renewal_counts_from_today(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    library.clock.turn_to(date(2027, 3, 15))
    (answer,) = await library.renew(loan)
    assert (answer.outcome, answer.due_on, answer.renewals) == (Outcome.RENEWED, date(2027, 4, 12), 1)


async def test_three_renewals_and_no_more(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    for _ in range(3):
        library.clock.pass_days(7)
        assert (await library.renew(loan))[0].outcome is Outcome.RENEWED
    library.clock.pass_days(7)
    (answer,) = await library.renew(loan)
    assert [(each.code, each.override) for each in answer.blocks] == [
        (BlockCode.MAX_RENEWALS_REACHED, Permission.OVERRIDE_RENEWAL)
    ]


async def test_staff_may_renew_once_more_with_a_reason(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    for _ in range(3):
        library.clock.pass_days(7)
        await library.renew(loan)
    library.clock.pass_days(7)
    (answer,) = await library.renew(
        loan, overrides=frozenset({BlockCode.MAX_RENEWALS_REACHED}), reason="Skriver speciale"
    )
    assert (answer.outcome, answer.renewals) == (Outcome.RENEWED, 4)


async def test_a_renewal_that_gains_no_day_is_none(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    (answer,) = await library.renew(loan)
    assert [each.code for each in answer.blocks] == [BlockCode.RENEWAL_GAINS_NOTHING]


async def test_too_soon_says_from_when(library: LendingLibrary):
    await library.set_rule(RENEW_DAYS_BEFORE_DUE, 7)
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    library.clock.pass_days(5)
    (answer,) = await library.renew(loan)
    assert [(each.code, each.parameters) for each in answer.blocks] == [
        (BlockCode.RENEWED_TOO_SOON, {"opens_on": "2027-03-23"})
    ]


async def test_a_quick_loan_is_not_renewed(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy("quick_loan"))).loan
    library.clock.pass_days(5)
    (answer,) = await library.renew(loan)
    assert {each.code for each in answer.blocks} == {BlockCode.MATERIAL_NOT_LOANABLE, BlockCode.MAX_RENEWALS_REACHED}


async def test_renewing_late_costs_what_returning_late_would(library: LendingLibrary):
    reader = await library.reader()
    loan = (await library.lend(reader, await library.copy())).loan
    library.clock.turn_to(date(2027, 4, 6))
    (answer,) = await library.renew(loan)
    assert (answer.outcome, answer.charged_ore, await library.owed(reader)) == (Outcome.RENEWED, 2_000, 2_000)


async def test_all_of_a_patrons_loans_are_answered_each_by_itself(library: LendingLibrary):
    reader = await library.reader()
    for material in ("book_adult", "quick_loan", "book_adult"):
        await library.lend(reader, await library.copy(material))
    library.clock.pass_days(5)
    answers = await library.renew(patron=reader.id)
    assert sorted(answer.outcome for answer in answers) == [Outcome.REFUSED, Outcome.RENEWED, Outcome.RENEWED]


async def test_an_item_can_be_named_instead_of_its_loan(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    loan = (await library.lend(reader, book)).loan
    library.clock.pass_days(5)
    (answer,) = await library.renew(item=book)
    assert (answer.loan, answer.outcome) == (loan, Outcome.RENEWED)


async def test_the_same_key_renews_once(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    library.clock.pass_days(5)
    first = await library.renew(loan, key="again")
    library.clock.pass_days(5)
    assert await library.renew(loan, key="again") == first


async def test_the_same_key_gives_the_first_answer_even_when_all_has_come_back(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.pass_days(7)
    (first,) = await library.renew(patron=reader.id, key="k")
    await library.take_back(book)
    (again,) = await library.renew(patron=reader.id, key="k")
    assert (again.outcome, again.loan, again.due_on) == (Outcome.RENEWED, first.loan, first.due_on)


async def test_a_returned_loan_is_not_renewed(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    loan = (await library.lend(reader, book)).loan
    await library.take_back(book)
    (answer,) = await library.renew(loan)
    assert [each.code for each in answer.blocks] == [BlockCode.LOAN_NOT_FOUND]


async def test_a_patron_renews_their_own(library: LendingLibrary):
    reader = await library.reader()
    loan = (await library.lend(reader, await library.copy())).loan
    library.clock.pass_days(5)
    (answer,) = await library.renew(loan, caller=signed_in(library, reader))
    assert answer.outcome is Outcome.RENEWED


async def test_no_event_says_which_patron_renewed(library: LendingLibrary):
    reader = await library.reader()
    loan = (await library.lend(reader, await library.copy())).loan
    library.clock.pass_days(5)
    request = RenewalRequest(branch=library.town.main, loans=(loan,))
    caller = signed_in(library, reader)
    await library.database.run(caller.agency, caller.actor, lambda tx: renew(tx, caller, request))
    actors = await library.run(
        lambda tx: tx.rows("SELECT actor FROM event WHERE agency_id = $1 AND kind = 'loan.renewed'", tx.agency)
    )
    assert [row["actor"] for row in actors] == ["patron"]


async def test_a_patron_cannot_renew_anothers(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    library.clock.pass_days(5)
    (answer,) = await library.renew(loan, caller=signed_in(library, await library.reader()))
    assert [each.code for each in answer.blocks] == [BlockCode.LOAN_NOT_FOUND]


async def test_school_staff_do_not_see_public_loans(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    teacher = library.staff(frozenset({Permission.RENEW}), division=library.town.schools)
    request = RenewalRequest(branch=library.town.school, loans=(loan,))
    (answer,) = await library.run(lambda tx: renew(tx, teacher, request))
    assert [each.code for each in answer.blocks] == [BlockCode.LOAN_NOT_FOUND]


async def test_a_patron_cannot_step_over_a_rule(library: LendingLibrary):
    reader = await library.reader()
    loan = (await library.lend(reader, await library.copy("quick_loan"))).loan
    library.clock.pass_days(5)
    (answer,) = await library.renew(
        loan,
        caller=signed_in(library, reader),
        overrides=frozenset({BlockCode.MATERIAL_NOT_LOANABLE}),
        reason="Jeg vil",
    )
    assert answer.outcome is Outcome.REFUSED


@pytest.mark.parametrize("named", [{}, {"loans": [1], "patron": 2}, {"patron": 2, "item": "0000000001"}])
def test_what_is_to_be_renewed_is_said_in_one_way(named: dict[str, object]):
    """Naming a loan and a patron would renew all of the patron's and tell of the one."""
    with pytest.raises(msgspec.ValidationError, match="either loans, patron or item"):
        msgspec.convert({"branch": 1} | named, RenewalRequest)


async def test_renewing_is_not_for_those_without_the_permission(library: LendingLibrary):
    with pytest.raises(ForbiddenError):
        await library.renew(LoanId(1), caller=library.staff(frozenset({Permission.CHECKOUT})))


async def test_a_membership_that_has_ended_renews_nothing(library: LendingLibrary):
    loan = (await library.lend(await library.reader(ends=date(2027, 3, 10)), await library.copy())).loan
    library.clock.turn_to(date(2027, 3, 15))
    (answer,) = await library.renew(loan)
    assert [each.code for each in answer.blocks] == [BlockCode.MEMBERSHIP_ENDED]
