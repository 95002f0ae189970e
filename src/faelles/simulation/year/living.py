"""A day at the desk and in people's lives, done for real and told to the reference, and what each says compared."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans import corrections, losses, operations
from faelles.circulation.loans.model import (
    CheckoutRequest,
    LossRequest,
    Outcome,
    RenewalRequest,
    ReturnRequest,
    UndoRequest,
)
from faelles.fees.desk import operations as desk
from faelles.fees.desk.model import Forgive, Means, Pay
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import ChargeId, PatronId
from faelles.people.model import Caller
from faelles.simulation.clock import TurnedClock
from faelles.simulation.year.model import Size
from faelles.simulation.year.municipality import Population, Town
from faelles.simulation.year.reference import RENEWALS, Claim, Loan, Person, Reference, open_claims

Answer = TypeVar("Answer")

_MOST_DIFFERENCES: Final = 20
_BETWEEN: Final = timedelta(seconds=10)
_AT_ONCE: Final = 6
"""People at the desk, each with one thing after the other."""
_PAYS_ALL, _PAYS_A_PART, _SETTLES = 0.02, 0.03, 0.032
"""Shares of a day's debtors, each with those before: who pay all, who pay a part, who are let off beside."""

Errand = Callable[[], Awaitable[None]]


@dataclass
class Life:
    """What people mean to do stands in `plans`; what they do, they do when the library is open. Several come at once,
    each with one thing after the other; what is left to chance is drawn before they come, so that a year can be had
    again.
    """

    town: Town
    size: Size
    population: Population
    database: Database
    keyring: Keyring
    clock: TurnedClock
    reference: Reference
    chance: Random
    free: list[str]
    handed_in: set[str] = field(default_factory=set)
    """Books that came back today: from tomorrow on they are lent again."""
    plans: dict[date, list[tuple[str, Loan]]] = field(default_factory=lambda: defaultdict(list))
    touched: dict[int, date] = field(default_factory=dict)
    """When a loan was lent or renewed: nothing is entered for before that."""
    done: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    async def day(self, today: date) -> None:
        """Everything that happens while the library is open."""
        waiting = iter(list(self._errands(today).values()))

        async def serve() -> None:
            for errands in waiting:
                for errand in errands:
                    await errand()

        await asyncio.gather(*(serve() for _ in range(_AT_ONCE)))
        self.free += sorted(self.handed_in)
        self.handed_in.clear()

    def _errands(self, today: date) -> dict[int, list[Errand]]:
        """What each person comes for: what they meant to do, to borrow, and to settle what they owe."""
        errands: dict[int, list[Errand]] = defaultdict(list)
        for what, loan in sorted(self.plans.pop(today, ()), key=lambda plan: (plan[1].person.id, plan[1].item)):
            errands[loan.person.id].append(partial(self._carry_out, what, loan, today, self._own_chance()))
        living = [each for each in self.reference.people.values() if not each.is_dead]
        for _ in range(self._about(self.size.loans_a_day / 3)):
            person, chance = self.chance.choice(living), self._own_chance()
            books = [self._take_a_book() for _ in range(min(chance.randint(1, 5), len(self.free)))]
            errands[person.id].append(partial(self._visit, person, books, today, chance))
        for person in self.reference.people.values():
            roll = self.chance.random()
            if roll < _SETTLES:
                errands[person.id].append(partial(self._settle, person, roll, today))
        return errands

    def _own_chance(self) -> Random:
        """For one errand, whatever happens meanwhile."""
        return Random(self.chance.getrandbits(32))  # noqa: S311 - a made-up life

    def _take_a_book(self) -> str:
        """Any that is free, the last put in its place."""
        place = self.chance.randrange(len(self.free))
        self.free[place], self.free[-1] = self.free[-1], self.free[place]
        return self.free.pop()

    async def do(self, what: str, work: Callable[[Transaction, Caller], Awaitable[Answer]]) -> Answer:
        """At the desk, a moment after whatever was done before."""
        self.clock.now += _BETWEEN
        self.done[what] += 1
        caller = self.town.librarian
        return await self.database.run(caller.agency, caller.actor, lambda tx: work(tx, caller))

    def compare(self, what: str, product: object, expected: object) -> None:
        if product != expected and len(self.differences) < _MOST_DIFFERENCES:
            self.differences.append(f"{self.reference.today} {what}: {product}, expected {expected}")

    def open_day(self, day: date) -> date:
        while not self.reference.is_open.get(day, True):
            day += timedelta(1)
        return day

    # Loans.

    async def _visit(self, person: Person, books: Sequence[str], today: date, chance: Random) -> None:
        may = self.reference.may_borrow(person, today)
        for place, item in enumerate(books):
            request = CheckoutRequest(
                borrower=Borrower(card=self.population.cards[person.id]), item=item, branch=self.town.branch
            )
            work = partial(operations.checkout, keyring=self.keyring, request=request)
            answer = await self.do("checkout", work)
            self.compare(f"may {person.id} borrow", answer.outcome is Outcome.LENT, may)
            if answer.loan is None:
                self.handed_in.update(books[place:])
                self.done["refused"] += 1
                return
            loan = self.reference.lend(answer.loan, person, item, self.population.books[item], today)
            self.compare(f"due date of {loan.id}", answer.due_on, loan.due_on)
            self._mean(loan, today, chance)

    def _mean(self, loan: Loan, today: date, chance: Random) -> None:
        """What becomes of a loan, and when: most come back in time, some are renewed, late, lost or argued about."""
        self.touched[loan.id] = today
        what = chance.choices(
            ("return", "renew", "late", "drop_box", "return_twice", "lose", "claim_returned"), (56, 15, 18, 3, 2, 3, 3)
        )[0]
        due_in = (loan.due_on - today).days
        days = chance.randint(1, max(due_in, 1))
        if what in {"late", "renew", "return_twice", "drop_box"}:
            days = due_in + chance.choice((-2, -1, 0, 1, 2, 5, 8, 20, 31, 40) if what != "late" else (1, 3, 7, 9, 33))
        if what in {"lose", "claim_returned"}:
            days = due_in + chance.randint(-5, 50)
        day = self.open_day(today + timedelta(max(days, 1)))
        self.plans[day].append((what, loan))

    async def _carry_out(self, what: str, loan: Loan, today: date, chance: Random) -> None:
        if loan.id not in self.reference.loans:
            return
        match what:
            case "renew":
                await self._renew(loan, today, chance)
            case "lose":
                await self._lose(loan, today, chance)
            case "claim_returned":
                await self._claim_returned(loan, today, chance)
            case "drop_box":
                yesterday = today - timedelta(1)
                await self._give_back(loan, yesterday if yesterday > self.touched[loan.id] else today)
            case "return_twice":
                await self._give_back(loan, today)
                await self._undo_return(loan, today)
                await self._give_back(loan, today)
            case "on_our_shelf":
                await self._give_back(loan, today, was_ours=True)
            case _:
                await self._give_back(loan, today)

    async def _give_back(self, loan: Loan, on: date, *, was_ours: bool = False) -> None:
        at = None
        if on != self.reference.today:
            at = datetime.combine(on, time(16), ZoneInfo(self.town.home.zone))
        request = ReturnRequest(item=loan.item, branch=self.town.branch, returned_at=at, found=was_ours)
        what = "found" if was_ours or loan.lost_on else ("back_dated" if at else "return")
        answer = await self.do(what, lambda tx, caller: operations.return_item(tx, caller, request))
        self.compare(f"return of {loan.id}", answer.outcome, Outcome.RETURNED)
        expected = self.reference.give_back(loan, on, was_ours=was_ours)
        self.compare(f"fee for {loan.id}", answer.charged_ore, expected)
        self.handed_in.add(loan.item)

    async def _undo_return(self, loan: Loan, today: date) -> None:
        request = UndoRequest(loan=loan.id, branch=self.town.branch)
        await self.do("undo", lambda tx, caller: corrections.undo_return(tx, caller, request))
        self.reference.undo_return(loan, today)
        self.handed_in.remove(loan.item)

    async def _renew(self, loan: Loan, today: date, chance: Random) -> None:
        request = RenewalRequest(branch=self.town.branch, loans=(loan.id,))
        may = self.reference.may_borrow(loan.person, today) and loan.renewals < RENEWALS
        answers = await self.do("renewal", lambda tx, caller: operations.renew(tx, caller, request))
        self.compare(f"may {loan.id} be renewed", answers[0].outcome is Outcome.RENEWED, may)
        if answers[0].outcome is not Outcome.RENEWED:
            self.plans[self.open_day(today + timedelta(9))].append(("return", loan))
            return
        expected = self.reference.renew(loan, today)
        self.compare(f"fee for renewing {loan.id}", answers[0].charged_ore, expected)
        self.compare(f"due date of {loan.id} renewed", answers[0].due_on, loan.due_on)
        self._mean(loan, today, chance)

    async def _lose(self, loan: Loan, today: date, chance: Random) -> None:
        request = LossRequest(item=loan.item, branch=self.town.branch)
        answer = await self.do("lost", lambda tx, caller: losses.declare_lost(tx, caller, request))
        self.compare(f"price of {loan.id}", answer.charged_ore, self.reference.lose(loan, today))
        if chance.random() < 0.6:  # noqa: PLR2004 - so many turn up again
            self.plans[self.open_day(today + timedelta(chance.randint(1, 40)))].append(("return", loan))

    async def _claim_returned(self, loan: Loan, today: date, chance: Random) -> None:
        request = LossRequest(item=loan.item, branch=self.town.branch)
        await self.do("claim_returned", lambda tx, caller: losses.claim_returned(tx, caller, request))
        loan.claimed_on = today
        found = chance.choice(("on_our_shelf", "return"))
        self.plans[self.open_day(today + timedelta(chance.randint(1, 40)))].append((found, loan))

    # Money.

    async def _settle(self, person: Person, roll: float, today: date) -> None:
        """Who owes something pays it, or a part, or is let off."""
        if person.balance <= 0:
            return
        if roll < _PAYS_ALL:
            await self._pay(person, person.balance, today)
        elif roll < _PAYS_A_PART:
            await self._pay(person, max(person.balance // 3, 1), today)
        else:
            await self._waive(person)

    async def _pay(self, person: Person, amount: int, today: date) -> None:
        reference = f"kasse/{today}/{person.id}"
        request = Pay(branch=self.town.branch, amount_ore=amount, means=Means.CARD, reference=reference)
        await self.do("payment", lambda tx, caller: desk.pay(tx, caller, PatronId(person.id), request))
        self.reference.pay(person, amount, today)

    async def _waive(self, person: Person) -> None:
        claim, charge = await self.oldest_claim(person)
        request = Forgive(branch=self.town.branch, reason="Sommerferie")
        forgiven = await self.do(
            "waiver", lambda tx, caller: desk.waive(tx, caller, charge, PatronId(person.id), request)
        )
        self.compare(f"waiver for {person.id}", forgiven.amount_ore, self.reference.forgive(claim))

    async def oldest_claim(self, person: Person) -> tuple[Claim, ChargeId]:
        """Of what is still owed, as both sides know it."""
        lines = await self.do(
            "look",
            lambda tx, caller: desk.claims(tx, caller, PatronId(person.id), only_open=True, before=None, limit=200),
        )
        own = sorted(line.charge for line in lines if line.for_patron == person.id)
        claims = list(open_claims(person))
        self.compare(f"open claims of {person.id}", len(own), len(claims))
        return claims[0], own[0]

    def _about(self, average: float) -> int:
        return int(average) + (self.chance.random() < average % 1)
