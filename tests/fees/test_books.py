"""Whatever happens in whatever order, the books agree with a model a child could keep."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from faelles.fees.desk import operations as desk
from faelles.fees.desk.model import Forgive, Means, Pay
from faelles.fees.model import ChargeKind, EntryKind
from faelles.fees.operations import charge_overdue, charge_replacement, refund_replacement, release_loan, verify
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.database.pool import open_database
from faelles.ground.ids import LoanId
from fees.accounts import ADULT, DUE, Household, cashier, loan_number, move_in
from town import found_town

STEP_DAYS = {1: 3, 2: 10, 3: 40}


class Books(RuleBasedStateMachine):
    """The model: what each loan stands for in its batch, and what was paid. A batch costs its dearest loan."""

    owner_url = ""
    loans = Bundle("loans")

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.database: Database = self.runner.run(self.stack.enter_async_context(open_database(self.owner_url)))
        self.household: Household = self.runner.run(self._settle_in())
        self.batches: dict[tuple[str, int], dict[LoanId, int]] = {}
        self.paid = 0
        self.forgiven = 0
        self.references = 0

    def teardown(self):
        self.runner.run(self.stack.aclose())
        self.runner.close()

    @rule(target=loans, day=st.integers(0, 1), step=st.integers(1, 3))
    def return_late(self, day, step):
        loan = LoanId(loan_number())
        self._charge(loan, day, step)
        return loan, day, step

    @rule(loan=loans)
    def return_again(self, loan):
        self._charge(*loan)

    @rule(loan=consumes(loans))
    def undo_return(self, loan):
        self._run(lambda tx: release_loan(tx, loan[0], [ChargeKind.OVERDUE], "return_undone"))
        self.batches["overdue", loan[1]].pop(loan[0], None)

    @rule(target=loans, price=st.integers(1, 500))
    def lose_and_find(self, price):
        lost = self.household.lost(loan_number(), price=price, processing=0)
        self._run(lambda tx: charge_replacement(tx, lost))
        self._pay(price // 2)
        self._run(lambda tx: refund_replacement(tx, lost.loan, reason="item_found"))
        return multiple()

    @rule(percent=st.integers(1, 100))
    def pay(self, percent):
        self._pay(max(self._balance(), 0) * percent // 100)

    @rule(percent=st.integers(1, 100))
    def waive(self, percent):
        claims = self._desk(desk.claims, only_open=True, before=None, limit=1)
        amount = claims[0].outstanding_ore * percent // 100 if claims else 0
        if amount:
            request = Forgive(branch=self.household.town.main, amount_ore=amount, reason="x")
            town = self.household.town
            self._run(lambda tx: desk.waive(tx, cashier(town), claims[0].charge, self.household.patron, request))
            self.forgiven += amount

    @invariant()
    def the_books_agree_with_the_model(self):
        claims = self._desk(desk.claims, only_open=False, before=None, limit=200)
        entries = self._desk(desk.statement, before=None, limit=1_000)
        reversed_ones = {entry.reverses for entry in entries}
        live = [entry for entry in entries if entry.entry not in reversed_ones and entry.kind != EntryKind.REVERSAL]
        paid = -sum(entry.amount_ore for entry in live if entry.kind is EntryKind.PAYMENT)
        forgiven = -sum(entry.amount_ore for entry in live if entry.kind is EntryKind.WAIVER)
        claimed = sum(max(batch.values(), default=0) for batch in self.batches.values())
        assert sum(claim.charged_ore for claim in claims) == claimed
        assert all(claim.outstanding_ore >= 0 for claim in claims)
        assert paid == self.paid
        assert forgiven <= self.forgiven
        assert self._balance() == claimed - paid - forgiven
        assert self._run(verify) == []

    def _charge(self, loan, day, step):
        late = self.household.late(loan, STEP_DAYS[step], settled=DUE + timedelta(days=40 + day))
        self._run(lambda tx: charge_overdue(tx, late))
        self.batches.setdefault(("overdue", day), {})[loan] = ADULT[step - 1]

    def _pay(self, amount):
        amount = min(amount, self._balance())
        if amount > 0:
            self.references += 1
            request = Pay(
                branch=self.household.town.main,
                amount_ore=amount,
                means=Means.CASH,
                reference=f"kasse/{self.references}",
            )
            self._desk(desk.pay, request)
            self.paid += amount

    def _balance(self) -> int:
        return sum(balance.balance_ore for balance in self._desk(desk.balances))

    def _desk(self, work, *arguments, **named):
        caller = cashier(self.household.town)
        return self._run(lambda tx: work(tx, caller, self.household.patron, *arguments, **named))

    def _run(self, work):
        return self.runner.run(self._in_transaction(work))

    async def _in_transaction(self, work):
        async with self.database.transaction(self.household.town.agency, SYSTEM) as tx:
            return await work(tx)

    async def _settle_in(self) -> Household:
        return await move_in(self.database, await found_town(self.database))


def test_the_books_agree_with_a_small_model(owner_url):
    machine = type("OurBooks", (Books,), {"owner_url": owner_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
