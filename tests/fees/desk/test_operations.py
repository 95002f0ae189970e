"""Money at the desk."""

import asyncio
from functools import partial

import pytest

from faelles.fees.desk import operations as desk
from faelles.fees.desk.model import Forgive, ManualCharge, ManualKind, Means, Pay, Receipt, Reverse
from faelles.fees.model import ChargeKind, EntryKind, LateReturn
from faelles.fees.operations import (
    charge_overdue,
    charge_replacement,
    merge_accounts,
    refund_replacement,
    release_loan,
    verify,
)
from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.database import Database
from faelles.ground.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RefusedError,
)
from faelles.ground.i18n import Language
from faelles.ground.ids import ChargeId
from faelles.people.model import Caller, Grant, Permission
from fees.accounts import Household, balances, cashier, loan_number, lock, move_in, owed, staff
from town import Town


@pytest.fixture
def at_desk(database: Database, household: Household):
    """Runs an operation on the household's patron, as the public library's cashier or as somebody else."""

    async def run(work, *arguments, caller: Caller | None = None, **named):
        who = caller or cashier(household.town)
        return await database.run(who.agency, who.actor, lambda tx: work(tx, who, *arguments, **named))

    return run


async def charge(database: Database, household: Household, *returns: LateReturn) -> list[ChargeId]:
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        raised = [await charge_overdue(tx, late) for late in returns]
    return [answer.charge for answer in raised if answer]


async def undo(database: Database, household: Household, late: LateReturn) -> None:
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        await release_loan(tx, late.loan, [ChargeKind.OVERDUE], "return_undone")


async def books_are_sound(database: Database, town: Town) -> bool:
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await verify(tx) == []


def payment(household: Household, amount: int, reference: str = "kasse-1/42", **more) -> Pay:
    return Pay(branch=household.town.main, amount_ore=amount, means=Means.CARD, reference=reference, **more)


def forgive(household: Household, amount: int | None = None) -> Forgive:
    return Forgive(branch=household.town.main, amount_ore=amount, reason="Bogen lå på en forkert hylde")


def reverse(household: Household) -> Reverse:
    return Reverse(branch=household.town.main, reason="Slået forkert ind")


async def test_a_payment_lowers_what_is_owed(database: Database, household: Household, at_desk):
    await charge(database, household, household.late(loan_number(), 10))
    await at_desk(desk.pay, household.patron, payment(household, 5_000))
    assert await owed(database, household) == 7_000


async def test_the_oldest_debt_is_paid_first(database: Database, household: Household, at_desk):
    older, newer = await charge(
        database, household, household.late(loan_number(), 3), household.late(loan_number(), 10)
    )
    receipt = await at_desk(desk.pay, household.patron, payment(household, 3_000))
    assert [(part.charge, part.amount_ore) for part in receipt.parts] == [(older, 2_000), (newer, 1_000)]


async def test_chosen_claims_are_paid_before_older_ones(database: Database, household: Household, at_desk):
    _, newer = await charge(database, household, household.late(loan_number(), 3), household.late(loan_number(), 10))
    receipt = await at_desk(desk.pay, household.patron, payment(household, 3_000, charges=(newer,)))
    assert [(part.charge, part.amount_ore) for part in receipt.parts] == [(newer, 3_000)]


async def test_a_payment_reference_pays_once(database: Database, household: Household, at_desk):
    await charge(database, household, household.late(loan_number(), 10))
    first: Receipt = await at_desk(desk.pay, household.patron, payment(household, 5_000))
    assert await at_desk(desk.pay, household.patron, payment(household, 5_000)) == first
    assert await owed(database, household) == 7_000


async def test_one_payment_sent_by_eight_at_once_pays_once(database: Database, household: Household, at_desk):
    await charge(database, household, household.late(loan_number(), 10))
    sent = partial(at_desk, desk.pay, household.patron, payment(household, 5_000))
    receipts = await asyncio.gather(*(sent() for _ in range(8)))
    assert len({receipt.payment for receipt in receipts}) == 1
    assert await owed(database, household) == 7_000


@pytest.mark.parametrize("reference", ["online/abc", "debt/P-1"])
async def test_money_that_has_yet_to_come_keeps_its_reference(household: Household, at_desk, reference):
    taken = Pay(branch=household.town.main, amount_ore=100, means=Means.CASH, reference=reference)
    with pytest.raises(InvalidRequestError) as refused:
        await at_desk(desk.pay, household.patron, taken)
    assert [problem.code for problem in refused.value.problems] == ["payment_reference_reserved"]


async def test_a_reference_stands_for_one_amount(database: Database, household: Household, at_desk):
    await charge(database, household, household.late(loan_number(), 10))
    await at_desk(desk.pay, household.patron, payment(household, 5_000))
    with pytest.raises(ConflictError, match="payment_reference_known"):
        await at_desk(desk.pay, household.patron, payment(household, 6_000))
    assert await owed(database, household) == 7_000


async def test_a_reference_stands_for_one_patron(database: Database, household: Household, at_desk):
    other = await move_in(database, household.town)
    await charge(database, household, household.late(loan_number(), 10))
    await charge(database, other, other.late(loan_number(), 10))
    await at_desk(desk.pay, household.patron, payment(household, 5_000))
    with pytest.raises(ConflictError, match="payment_reference_known"):
        await at_desk(desk.pay, other.patron, payment(household, 5_000))


async def test_nobody_pays_more_than_is_owed(database: Database, household: Household, at_desk):
    await charge(database, household, household.late(loan_number(), 3))
    with pytest.raises(RefusedError, match="payment_exceeds_debt") as refused:
        await at_desk(desk.pay, household.patron, payment(household, 2_001))
    assert refused.value.parameters == {"owed_ore": 2_000}
    assert await owed(database, household) == 2_000


async def test_nobody_pays_for_a_claim_that_is_another_patrons(database: Database, household: Household, at_desk):
    other = await move_in(database, household.town)
    (own,) = await charge(database, household, household.late(loan_number(), 3))
    (anothers,) = await charge(database, other, other.late(loan_number(), 3))
    for charges in ((anothers,), (own, anothers), (999_999_999,)):
        with pytest.raises(NotFoundError, match="charge_unknown"):
            await at_desk(desk.pay, household.patron, payment(household, 2_000, charges=charges))
    assert (await owed(database, household), await owed(database, other)) == (2_000, 2_000)


async def test_a_claim_that_is_settled_is_told_to_be(database: Database, household: Household, at_desk):
    (own,) = await charge(database, household, household.late(loan_number(), 3))
    await at_desk(desk.pay, household.patron, payment(household, 2_000, charges=(own,)))
    with pytest.raises(RefusedError, match="payment_exceeds_debt") as refused:
        await at_desk(desk.pay, household.patron, payment(household, 2_000, "b", charges=(own,)))
    assert refused.value.parameters == {"owed_ore": 0}


async def test_another_currency_is_not_taken(database: Database, household: Household, at_desk):
    await charge(database, household, household.late(loan_number(), 3))
    with pytest.raises(InvalidRequestError, match="currency_differs"):
        await at_desk(desk.pay, household.patron, payment(household, 2_000, currency="EUR"))


async def test_a_waiver_may_be_a_part(database: Database, household: Household, at_desk):
    (fee,) = await charge(database, household, household.late(loan_number(), 10))
    answer = await at_desk(desk.waive, fee, household.patron, forgive(household, 5_000))
    assert answer.outstanding_ore == 7_000
    assert await owed(database, household) == 7_000


async def test_a_reduction_without_an_amount_lets_go_of_all(database: Database, household: Household, at_desk):
    (fee,) = await charge(database, household, household.late(loan_number(), 10))
    await at_desk(desk.reduce, fee, household.patron, forgive(household))
    assert await owed(database, household) == 0


async def test_no_claim_is_waived_below_nothing(database: Database, household: Household, at_desk):
    (fee,) = await charge(database, household, household.late(loan_number(), 3))
    await at_desk(desk.pay, household.patron, payment(household, 1_500))
    with pytest.raises(RefusedError, match="more_than_owed"):
        await at_desk(desk.waive, fee, household.patron, forgive(household, 501))
    assert await owed(database, household) == 500


async def test_a_waiver_sent_twice_under_one_key_is_one(database: Database, household: Household, at_desk):
    (fee,) = await charge(database, household, household.late(loan_number(), 10))
    waive = partial(at_desk, desk.waive, fee, household.patron, forgive(household, 5_000), key="a")
    assert await waive() == await waive()
    assert await owed(database, household) == 7_000


async def test_eight_waivers_at_once_never_pass_the_debt(database: Database, household: Household, at_desk):
    (fee,) = await charge(database, household, household.late(loan_number(), 3))
    waive = partial(at_desk, desk.waive, fee, household.patron, forgive(household, 1_500))
    answers = await asyncio.gather(*(waive() for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(answer, RefusedError) for answer in answers) == 7
    assert await owed(database, household) == 500


async def test_a_payment_is_reversed_once(database: Database, household: Household, at_desk):
    await charge(database, household, household.late(loan_number(), 3))
    await at_desk(desk.pay, household.patron, payment(household, 2_000))
    (paid, _) = await at_desk(desk.statement, household.patron, before=None, limit=10)
    await at_desk(desk.reverse, paid.entry, household.patron, reverse(household))
    with pytest.raises(ConflictError, match="entry_reversed_already"):
        await at_desk(desk.reverse, paid.entry, household.patron, reverse(household))
    assert await owed(database, household) == 2_000


async def test_a_reversal_is_not_reversed(database: Database, household: Household, at_desk):
    (fee,) = await charge(database, household, household.late(loan_number(), 3))
    await at_desk(desk.waive, fee, household.patron, forgive(household))
    (waived, _) = await at_desk(desk.statement, household.patron, before=None, limit=10)
    await at_desk(desk.reverse, waived.entry, household.patron, reverse(household))
    (reversal, *_) = await at_desk(desk.statement, household.patron, before=None, limit=10)
    with pytest.raises(ConflictError, match="reversal_is_final"):
        await at_desk(desk.reverse, reversal.entry, household.patron, reverse(household))


async def test_what_follows_from_a_loan_is_not_reversed_here(database: Database, household: Household, at_desk):
    await charge(database, household, household.late(loan_number(), 3))
    (charged,) = await at_desk(desk.statement, household.patron, before=None, limit=10)
    with pytest.raises(RefusedError, match="charge_follows_from_loan"):
        await at_desk(desk.reverse, charged.entry, household.patron, reverse(household))


async def test_a_charge_by_hand_reversed_leaves_what_was_paid_as_credit(
    database: Database, household: Household, at_desk
):
    request = ManualCharge(branch=household.town.main, kind=ManualKind.CARD, amount_ore=5_000, reason="Nyt lånerkort")
    await at_desk(desk.charge_manually, household.patron, request, key="k")
    await at_desk(desk.charge_manually, household.patron, request, key="k")
    assert await owed(database, household) == 5_000
    await at_desk(desk.pay, household.patron, payment(household, 2_000))
    (_, charged) = await at_desk(desk.statement, household.patron, before=None, limit=10)
    await at_desk(desk.reverse, charged.entry, household.patron, reverse(household))
    assert await owed(database, household) == -2_000
    assert await books_are_sound(database, household.town)


async def test_credit_is_used_before_money_is_taken(database: Database, household: Household, at_desk):
    lost = household.lost(loan_number(), price=10_000, processing=0)
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        await charge_replacement(tx, lost)
    await at_desk(desk.pay, household.patron, payment(household, 10_000))
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        await refund_replacement(tx, lost.loan, reason="item_found")
    assert await owed(database, household) == -10_000
    await charge(database, household, household.late(loan_number(), 10))
    with pytest.raises(RefusedError, match="payment_exceeds_debt"):
        await at_desk(desk.pay, household.patron, payment(household, 12_000, "b"))
    await at_desk(desk.pay, household.patron, payment(household, 2_000, "b"))
    assert await owed(database, household) == 0
    assert await at_desk(desk.claims, household.patron, only_open=True, before=None, limit=10) == []
    assert await books_are_sound(database, household.town)


@pytest.mark.parametrize("let_go", [desk.waive, desk.reduce])
async def test_what_credit_has_paid_is_not_let_go(database: Database, household: Household, at_desk, let_go):
    late = household.late(loan_number(), 40)
    await charge(database, household, late)
    await at_desk(desk.pay, household.patron, payment(household, 23_000))
    await undo(database, household, late)
    (fee,) = await charge(database, household, late)
    with pytest.raises(RefusedError, match="claim_settled_already"):
        await at_desk(let_go, fee, household.patron, forgive(household))
    assert await owed(database, household) == 0


async def test_a_reduction_goes_with_the_claim_it_was_given_on(database: Database, household: Household, at_desk):
    late = household.late(loan_number(), 40)
    (fee,) = await charge(database, household, late)
    await at_desk(desk.reduce, fee, household.patron, forgive(household, 1_000))
    await undo(database, household, late)
    assert await owed(database, household) == 0
    await charge(database, household, late)
    assert await owed(database, household) == 23_000


async def test_a_waiver_taken_back_is_paid_by_credit(database: Database, household: Household, at_desk):
    waived, paid = household.late(loan_number(), 3), household.late(loan_number(), 40)
    (fee, _) = await charge(database, household, waived, paid)
    await at_desk(desk.waive, fee, household.patron, forgive(household))
    (entry, *_) = await at_desk(desk.statement, household.patron, before=None, limit=10)
    await at_desk(desk.pay, household.patron, payment(household, 23_000))
    await undo(database, household, paid)
    await at_desk(desk.reverse, entry.entry, household.patron, reverse(household))
    assert await owed(database, household) == -21_000
    assert await at_desk(desk.claims, household.patron, only_open=True, before=None, limit=10) == []
    assert await books_are_sound(database, household.town)


async def test_of_two_patrons_who_are_one_the_ones_credit_pays_the_others_debt(
    database: Database, household: Household, at_desk
):
    temporary = await move_in(database, household.town)
    late = household.late(loan_number(), 40)
    await charge(database, household, late)
    await at_desk(desk.pay, household.patron, payment(household, 23_000))
    await undo(database, household, late)
    await charge(database, temporary, temporary.late(loan_number(), 10))
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await merge_accounts(tx, temporary.patron, household.patron)
    assert await owed(database, household) == -11_000
    assert await at_desk(desk.claims, household.patron, only_open=True, before=None, limit=10) == []
    assert await books_are_sound(database, household.town)


async def test_found_after_a_part_was_waived_and_a_part_paid_the_paid_part_is_credit(
    database: Database, household: Household, at_desk
):
    lost = household.lost(loan_number(), price=10_000, processing=2_000)
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        raised = await charge_replacement(tx, lost)
    price = raised[0].charge
    await at_desk(desk.waive, price, household.patron, forgive(household, 4_000))
    await at_desk(desk.pay, household.patron, payment(household, 3_000, charges=(price,)))
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        await refund_replacement(tx, lost.loan, reason="item_found")
    assert await owed(database, household) == -3_000
    assert await books_are_sound(database, household.town)


async def test_school_staff_do_not_see_public_debts_nor_the_other_way_round(
    database: Database, household: Household, at_desk
):
    town = household.town
    await charge(database, household, household.late(loan_number(), 3), household.late(loan_number(), 10, school=True))
    await _join_school(database, household)
    for caller, division, amount in (
        (cashier(town), town.library, 2_000),
        (cashier(town, school=True), town.schools, 12_000),
    ):
        seen = await at_desk(desk.statement, household.patron, before=None, limit=10, caller=caller)
        assert [(line.division, line.amount_ore) for line in seen] == [(division, amount)]
        balance = await at_desk(desk.balances, household.patron, caller=caller)
        assert [(each.division, each.balance_ore) for each in balance] == [(division, amount)]
        listed = await at_desk(desk.claims, household.patron, only_open=True, before=None, limit=10, caller=caller)
        assert [line.division for line in listed] == [division]


async def test_school_staff_cannot_touch_public_debts(database: Database, household: Household, at_desk):
    (fee,) = await charge(database, household, household.late(loan_number(), 3))
    await _join_school(database, household)
    school = cashier(household.town, school=True)
    there = household.town.school
    (charged,) = await at_desk(desk.statement, household.patron, before=None, limit=10)
    with pytest.raises(ForbiddenError):
        await at_desk(desk.pay, household.patron, payment(household, 2_000), caller=school)
    with pytest.raises(RefusedError, match="payment_exceeds_debt"):
        await at_desk(
            desk.pay,
            household.patron,
            Pay(branch=there, amount_ore=2_000, means=Means.CASH, reference="x"),
            caller=school,
        )
    with pytest.raises(NotFoundError, match="charge_unknown"):
        await at_desk(desk.waive, fee, household.patron, Forgive(branch=there, reason="x"), caller=school)
    with pytest.raises(NotFoundError, match="ledger_entry_unknown"):
        await at_desk(desk.reverse, charged.entry, household.patron, Reverse(branch=there, reason="x"), caller=school)
    assert await owed(database, household) == 2_000


async def test_who_borrows_nothing_of_a_division_is_unknown_there(database: Database, household: Household, at_desk):
    with pytest.raises(NotFoundError, match="patron_unknown"):
        await at_desk(desk.balances, household.patron, caller=cashier(household.town, school=True))


async def test_patrons_see_their_own_account_and_nobody_elses(database: Database, household: Household, at_desk):
    await charge(database, household, household.late(loan_number(), 3), household.late(loan_number(), 10, school=True))
    own = Caller(
        agency=household.town.agency,
        actor=Actor(ActorKind.PATRON, household.patron),
        language=Language.DANISH,
        grants=(Grant(permissions=frozenset({Permission.OWN_ACCOUNT})),),
        patron=household.patron,
    )
    seen = await at_desk(desk.statement, household.patron, before=None, limit=10, caller=own)
    assert sorted(line.amount_ore for line in seen) == [2_000, 12_000]
    with pytest.raises(NotFoundError):
        await at_desk(desk.balances, household.parent, caller=own)


async def test_who_is_liable_sees_the_childs_claim_beside_their_own(database: Database, household: Household, at_desk):
    town = household.town
    own = Household(town=town, patron=household.parent, parent=household.parent)
    (mine,) = await charge(database, own, own.late(loan_number(), 3))
    (childs,) = await charge(database, household, household.late(loan_number(), 10))
    await charge(database, household, household.late(loan_number(), 10, school=True))
    listed = await at_desk(desk.claims, household.parent, only_open=True, before=None, limit=10)
    assert [(line.charge, line.for_patron) for line in listed] == [
        (childs, household.patron),
        (mine, household.parent),
    ]
    balance = await at_desk(desk.balances, household.parent)
    assert [(line.for_patron, line.division, line.balance_ore) for line in balance] == [
        (household.parent, town.library, 2_000),
        (household.patron, town.library, 12_000),
    ]
    assert await owed(database, own) == 2_000
    assert await owed(database, household) == 12_000


async def test_what_is_paid_on_the_childs_account_is_shown_to_nobody_as_owed(
    database: Database, household: Household, at_desk
):
    await charge(database, household, household.late(loan_number(), 3))
    await at_desk(desk.pay, household.patron, payment(household, 2_000))
    assert await at_desk(desk.balances, household.parent) == []
    assert await at_desk(desk.claims, household.parent, only_open=True, before=None, limit=10) == []


@pytest.mark.parametrize("missing", [Permission.FEE_PAY, Permission.FEE_WAIVE, Permission.FEE_CHARGE])
async def test_each_thing_needs_its_permission(database: Database, household: Household, at_desk, missing):
    (fee,) = await charge(database, household, household.late(loan_number(), 3))
    others = {Permission.FEE_VIEW, Permission.FEE_PAY, Permission.FEE_WAIVE, Permission.FEE_CHARGE} - {missing}
    manual = ManualCharge(branch=household.town.main, kind=ManualKind.MANUAL, amount_ore=100, reason="x")
    doing = {
        Permission.FEE_PAY: partial(at_desk, desk.pay, household.patron, payment(household, 100)),
        Permission.FEE_WAIVE: partial(at_desk, desk.waive, fee, household.patron, forgive(household, 100)),
        Permission.FEE_CHARGE: partial(at_desk, desk.charge_manually, household.patron, manual),
    }[missing]
    with pytest.raises(ForbiddenError):
        await doing(caller=staff(household.town, *others))


async def test_a_neighbour_finds_nobody(database: Database, household: Household, neighbour: Town, at_desk):
    await charge(database, household, household.late(loan_number(), 3))
    with pytest.raises(NotFoundError):
        await at_desk(desk.statement, household.patron, before=None, limit=10, caller=cashier(neighbour))


async def test_the_statement_pages_from_the_newest(database: Database, household: Household, at_desk):
    await charge(database, household, *(household.late(loan_number(), days) for days in range(1, 6)))
    first = await at_desk(desk.statement, household.patron, before=None, limit=3)
    rest = await at_desk(desk.statement, household.patron, before=first[-1].entry, limit=3)
    entries = [line.entry for line in first + rest]
    assert len(entries) == 5
    assert entries == sorted(entries, reverse=True)


async def test_a_claim_tells_what_it_is_for(database: Database, household: Household, at_desk):
    loans = [loan_number(), loan_number()]
    await charge(database, household, *(household.late(loan, 10) for loan in loans))
    await at_desk(desk.pay, household.patron, payment(household, 5_000))
    (line,) = await at_desk(desk.claims, household.patron, only_open=True, before=None, limit=10)
    assert (line.kind, line.step) == (ChargeKind.OVERDUE, 2)
    assert (line.charged_ore, line.outstanding_ore) == (12_000, 7_000)
    assert (line.liable, sorted(line.loans)) == (household.parent, sorted(loans))


async def test_looking_at_an_account_is_logged(database: Database, household: Household, at_desk):
    await at_desk(desk.balances, household.patron)
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        logged = await tx.value(
            "SELECT operation FROM access_log WHERE agency_id = $1 AND person_id = $2", tx.agency, household.patron
        )
    assert logged == "balances"


async def test_a_childs_claim_seen_on_the_guardians_page_is_a_look_at_the_child(
    database: Database, household: Household, at_desk
):
    await charge(database, household, household.late(loan_number()))
    await at_desk(desk.claims, household.parent, only_open=True, before=None, limit=10)
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        logged = await tx.rows(
            "SELECT person_id FROM access_log WHERE agency_id = $1 AND operation = 'claims'", tx.agency
        )
    assert {row["person_id"] for row in logged} == {household.patron, household.parent}


async def test_two_patrons_who_are_one_owe_together(database: Database, household: Household, at_desk):
    temporary = await move_in(database, household.town)
    loan = loan_number()
    await charge(database, household, household.late(loan_number(), 3))
    await charge(database, temporary, temporary.late(loan, 10), temporary.late(loan_number(), 3, school=True))
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await merge_accounts(tx, temporary.patron, household.patron)
        await merge_accounts(tx, temporary.patron, household.patron)
    town = household.town
    assert await balances(database, household) == {town.library: 14_000, town.schools: 2_000}
    assert await balances(database, temporary) == {}
    receipt = await at_desk(desk.pay, household.patron, payment(household, 14_000))
    assert len(receipt.parts) == 2
    await charge(database, household, household.late(loan_number(), 10))
    assert await owed(database, household) == 0, "a batch that was begun on the other account costs once"
    assert await books_are_sound(database, town)


async def test_the_entries_of_a_payment_name_it(database: Database, household: Household, at_desk):
    await charge(database, household, household.late(loan_number(), 3))
    await at_desk(desk.pay, household.patron, payment(household, 2_000))
    (paid, _) = await at_desk(desk.statement, household.patron, before=None, limit=10)
    assert (paid.kind, paid.reference, paid.branch) == (EntryKind.PAYMENT, "kasse-1/42", household.town.main)


async def _join_school(database: Database, household: Household) -> None:
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await tx.execute(
            "INSERT INTO membership (agency_id, patron_id, division_id, role, patron_group_id, valid)"
            " SELECT $1, $2, division, 'borrower', 1, daterange('2020-01-01', NULL)"
            "   FROM unnest($3::integer[]) AS division",
            tx.agency,
            household.patron,
            [household.town.library, household.town.schools],
        )
