"""What a year must come to, kept in the simplest way there is: the books of one division, and who is told what.

Pure, and written from the tariff and the decisions (docs/decisions), not from the product: it shares no rule with it.
Amounts in øre, days as the municipality's own.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

LOAN_DAYS: Final = 28
RENEWALS: Final = 3
TARIFF: Final = ((31, 23_000, 12_000), (8, 12_000, 5_500), (1, 2_000, 1_000))
"""First day late, adults, children."""
PROCESSING: Final = 7_500
EXCLUSION_LIMIT: Final = 20_000
EXCLUSION_DAYS: Final = 8
HANDOVER_DAYS: Final = 30
HANDOVER_FROM: Final = 10_000
OF_AGE: Final = 18
TOLD: Final = {"overdue": "fee_raised", "replacement": "replacement_bill"}
OVERDUE_AFTER: Final = {3: "overdue_1", 14: "overdue_2", 28: "overdue_3"}
DUE_SOON: Final = 3


@dataclass(eq=False)
class Person:
    id: int
    born: date
    guardian: "Person | None" = None
    is_dead: bool = False
    claims: dict[str, "Claim"] = field(default_factory=dict)
    """In the order in which they arose."""
    credit: int = 0
    warnings: list["Warned"] = field(default_factory=list)

    def is_child(self, day: date) -> bool:
        return (day.year - self.born.year) - ((day.month, day.day) < (self.born.month, self.born.day)) < OF_AGE

    def liable(self, day: date) -> "Person":
        return self.guardian if self.guardian and self.is_child(day) else self

    @property
    def balance(self) -> int:
        if not self.claims:
            return -self.credit
        return sum(claim.outstanding for claim in self.claims.values()) - self.credit


@dataclass(eq=False)
class Loan:
    id: int
    person: Person
    item: str
    price: int
    lent_on: date
    due_on: date
    renewals: int = 0
    lost_on: date | None = None
    claimed_on: date | None = None
    """When its borrower said that it was handed in: it counts as back from then."""


@dataclass(eq=False)
class Claim:
    """`lines`: what each loan stands for; a claim is the highest of them."""

    kind: str
    addressee: Person
    raised_on: date
    lines: dict[int, int] = field(default_factory=dict)
    paid: int = 0
    forgiven: int = 0
    is_told: bool = False
    is_handed_over: bool = False

    @property
    def charged(self) -> int:
        return max(self.lines.values(), default=0)

    @property
    def outstanding(self) -> int:
        return self.charged - self.paid - self.forgiven


@dataclass(eq=False)
class Warned:
    """A written notice. `stood`: what was owed of its claims when its time ran out."""

    excludes_on: date
    addressee: Person
    claims: list[Claim]
    stood: int | None = None

    @property
    def owed(self) -> int:
        return sum(claim.outstanding for claim in self.claims)

    def stands(self, today: date) -> bool:
        """Whether it runs or excludes."""
        if self.owed <= 0:
            return False
        return today < self.excludes_on or (self.stood or 0) >= EXCLUSION_LIMIT


@dataclass
class Reference:
    """`is_open`: the days on which the library is open, as its calendar says."""

    is_open: dict[date, bool]
    people: dict[int, Person] = field(default_factory=dict)
    loans: dict[int, Loan] = field(default_factory=dict)
    amnesty: tuple[date, date, int] = (date.max, date.max, 100)
    """From when, until when (not any more), and the percentage that is still asked for."""
    today: date = date.min
    said: Counter[tuple[int, str, date]] = field(default_factory=Counter)
    """Who was to be told what, and when."""
    _waiting: list[tuple[Person, str, Claim]] = field(default_factory=list)

    # What happens at the desk.

    def due(self, day: date) -> date:
        return self._next_open(day + timedelta(LOAN_DAYS))

    def may_borrow(self, person: Person, today: date) -> bool:
        is_excluded = any(today >= each.excludes_on and each.stands(today) for each in person.warnings)
        return not person.is_dead and not is_excluded and person.balance < EXCLUSION_LIMIT

    def lend(self, loan: int, person: Person, item: str, price: int, today: date) -> Loan:
        lent = self.loans[loan] = Loan(loan, person, item, price, today, self.due(today))
        return lent

    def renew(self, loan: Loan, today: date) -> int:
        charged = self._charge_if_late(loan, today)
        loan.due_on, loan.renewals = self.due(today), loan.renewals + 1
        return charged

    def give_back(self, loan: Loan, on: date, *, was_ours: bool = False) -> int:
        """`was_ours`: it stood on our own shelf all the time."""
        del self.loans[loan.id]
        if loan.claimed_on is not None:
            self._tell(loan.person, "claim_settled", self.today)
        if loan.lost_on is not None:
            self._release(loan, "replacement")
            self._release(loan, "processing")
        return 0 if was_ours else self._charge_if_late(loan, loan.claimed_on or on)

    def undo_return(self, loan: Loan, on: date) -> None:
        self.loans[loan.id] = loan
        self._let_go(loan, _batch(loan, on))

    def lose(self, loan: Loan, today: date) -> int:
        loan.lost_on = today
        price = self._charge(loan, "replacement", f"replacement/{loan.id}", loan.price, today)
        return price + self._charge(loan, "processing", f"processing/{loan.id}", PROCESSING, today)

    def pay(self, person: Person, amount: int, today: date, first: Claim | None = None) -> None:
        """The oldest first, after the one that is meant; what is left over is credit."""
        self._tell(person, "payment_receipt", today)
        person.credit += amount
        self._use_credit(person, first)

    def forgive(self, claim: Claim) -> int:
        amount = claim.outstanding
        claim.forgiven += amount
        return amount

    # What the calendar calls for.

    def welcome(self, today: date) -> None:
        """Everybody was registered the day before."""
        for person in self.people.values():
            self._tell(person, "membership_welcome", today)

    def begin_day(self, today: date) -> None:
        self.today = today
        for warned in (each for person in self.people.values() for each in person.warnings):
            if warned.excludes_on == today:
                warned.stood = warned.owed

    def night(self, days: Sequence[date], today: date) -> None:
        """`days`: last night's own, and those of nights that were missed."""
        for person in self.people.values():
            self._warn(person, today)
            self._hand_over(person, today)
        due = [(loan, kind) for day in days for loan in self.loans.values() if (kind := _calls_for(loan, day))]
        last = dict(due)
        for loan, kind in due:
            if last[loan] == kind:
                self._tell(loan.person, kind, today)
                guardian = loan.person.guardian
                if guardian and kind != "due_soon" and loan.person.is_child(today):
                    self._tell(guardian, kind, today)

    def evening(self, today: date) -> None:
        """What was waiting to be sent: true is what is still owed."""
        for person, kind, claim in self._waiting:
            if (claim.outstanding > 0) or kind == "lost_found_refund":
                self._tell(person, kind, today)
        self._waiting.clear()

    def _warn(self, person: Person, today: date) -> None:
        if person.balance >= EXCLUSION_LIMIT and not any(each.stands(today) for each in person.warnings):
            addressee = person.liable(today)
            claims = list(person.claims.values())
            person.warnings.append(Warned(today + timedelta(EXCLUSION_DAYS), addressee, claims))
            self._tell(addressee, "exclusion_warning", today)

    def _hand_over(self, person: Person, today: date) -> None:
        if person.balance < HANDOVER_FROM:
            return
        for claim in person.claims.values():
            is_old = claim.raised_on <= today - timedelta(HANDOVER_DAYS + 1)
            if claim.outstanding > 0 and is_old and not claim.is_handed_over:
                claim.is_handed_over = True
                self._tell(claim.addressee, "debt_sent", today)

    def _tell(self, person: Person, kind: str, today: date) -> None:
        if not person.is_dead:
            self.said[person.id, kind, today] += 1

    # Money.

    def _charge_if_late(self, loan: Loan, on: date) -> int:
        fee = self._fee(loan, on)
        return self._charge(loan, "overdue", _batch(loan, on), fee, on) if fee else 0

    def _fee(self, loan: Loan, on: date) -> int:
        late = (on - self._next_open(loan.due_on, latest=on)).days
        child = loan.person.is_child(on)
        for first_day, adults, children in TARIFF:
            if late >= first_day:
                return (children if child else adults) * self._percent(on) // 100
        return 0

    def _percent(self, on: date) -> int:
        begins, ends, percent = self.amnesty
        return percent if begins <= on < ends else 100

    def _charge(self, loan: Loan, kind: str, name: str, amount: int, on: date) -> int:
        person = loan.person
        claim = person.claims.get(name)
        if claim is None:
            claim = person.claims[name] = Claim(kind, person.liable(on), self.today)
        before = claim.charged
        claim.lines[loan.id] = amount
        if not claim.is_told and kind in TOLD:
            claim.is_told = True
            self._waiting.append((claim.addressee, TOLD[kind], claim))
        self._use_credit(person)
        return claim.charged - before

    def _release(self, loan: Loan, kind: str) -> None:
        claim = loan.person.claims.get(f"{kind}/{loan.id}")
        if claim is not None and claim.charged:
            self._let_go(loan, f"{kind}/{loan.id}")
            if kind in TOLD:
                self._waiting.append((claim.addressee, "lost_found_refund", claim))

    def _let_go(self, loan: Loan, name: str) -> None:
        """A loan stands for nothing there any more. What was paid for it is credit, what was forgiven is forgotten."""
        claim = loan.person.claims.get(name)
        if claim is None or loan.id not in claim.lines:
            return
        del claim.lines[loan.id]
        if not claim.lines:
            loan.person.credit += claim.paid
            claim.paid = claim.forgiven = 0
            self._use_credit(loan.person)

    def _use_credit(self, person: Person, first: Claim | None = None) -> None:
        for claim in ([first] if first else []) + list(person.claims.values()):
            used = min(person.credit, claim.outstanding)
            claim.paid += used
            person.credit -= used

    def _next_open(self, day: date, latest: date | None = None) -> date:
        while not self.is_open[day] and (latest is None or day < latest):
            day += timedelta(1)
        return day


def open_claims(person: Person) -> Iterator[Claim]:
    return (claim for claim in person.claims.values() if claim.outstanding > 0)


def _batch(loan: Loan, on: date) -> str:
    return f"overdue/{loan.lent_on}/{loan.due_on}/{on}"


def _calls_for(loan: Loan, day: date) -> str | None:
    if loan.lost_on is not None or loan.claimed_on is not None:
        return None
    late = (day - loan.due_on).days
    return "due_soon" if late == -DUE_SOON else OVERDUE_AFTER.get(late)
