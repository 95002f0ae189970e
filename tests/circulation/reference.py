"""What a library should do, small enough to read at one sitting: no database, no policy tree, nothing shared with the
product but its words. The state machine and the races hold the product against it.

The world: four weeks for books, two for films and quick loans; reference works are for the reading room. Three
renewals, a limit of loans, a fee once for what was lent, due and handed in together. Money in øre.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Copenhagen")
DEBT_LIMIT = 20_000
MOST_RENEWALS = 3
TARIFF = {"adult": (2_000, 12_000, 23_000), "child": (1_000, 5_500, 12_000)}
PRICE = 19_900
LENT_A_MOMENT_AGO = timedelta(minutes=2)
OVERRIDDEN = frozenset(
    {
        "too_many_loans",
        "debt_over_limit",
        "loaning_profile_not_found",
        "material_not_loanable",
        "max_renewals_reached",
    }
)
"""What the desk of these tests steps over when it steps over anything."""


def local_day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def easter(year: int) -> date:
    """By the anonymous Gregorian algorithm."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def is_open(day: date) -> bool:
    """Monday to Saturday, but for the holidays: Maundy Thursday, Good Friday, Easter, Ascension Day, Whitsun,
    Christmas, New Year, and Constitution Day.
    """
    moving = {easter(day.year) + timedelta(days=distance) for distance in (-3, -2, 0, 1, 39, 49, 50)}
    fixed = {(1, 1), (6, 5), (12, 24), (12, 25), (12, 26), (12, 31)}
    return day.isoweekday() <= 6 and day not in moving and (day.month, day.day) not in fixed


def due(lent_on: date, days: int) -> date:
    day = lent_on + timedelta(days=days)
    while not is_open(day):
        day += timedelta(days=1)
    return day


@dataclass(frozen=True)
class Kind:
    days: int = 28
    against_lending: frozenset[str] = frozenset()
    against_renewing: frozenset[str] = frozenset()


KINDS = {
    "book_adult": Kind(),
    "film": Kind(days=14),
    "quick_loan": Kind(days=14, against_renewing=frozenset({"material_not_loanable", "max_renewals_reached"})),
    "reference": Kind(
        against_lending=frozenset({"loaning_profile_not_found"}),
        against_renewing=frozenset({"loaning_profile_not_found"}),
    ),
}


@dataclass(frozen=True)
class Said:
    """An answer, without the ids. `to` is where a copy that was handed in goes: a branch, or None for the shelf."""

    outcome: str
    blocks: frozenset[str] = frozenset()
    overridden: frozenset[str] = frozenset()
    due_on: date | None = None
    renewals: int = 0
    days_overdue: int = 0
    charged: int = 0
    to: str | None = None


def in_any_order(said: Iterable[Said]) -> list[Said]:
    """In an order that equal answers have in common; equal sets may be told in different ones."""
    return sorted(
        said,
        key=lambda each: (
            each.outcome, sorted(each.blocks), sorted(each.overridden), str(each.due_on), each.renewals, each.charged
        ),
    )  # fmt: skip


def is_kept(said: object) -> bool:
    """Whether an answer is given again under its key: only what succeeded is; of several in one request, if one did."""
    if isinstance(said, list):
        return any(is_kept(each) for each in said)
    return isinstance(said, Said) and said.outcome in {
        "lent",
        "renewed",
        "repeated",
        "returned",
        "not_on_loan",
        "done",
        "waived",
    }


@dataclass(eq=False)
class Loan:
    item: str
    borrower: str
    branch: str
    lent_at: datetime
    due_on: date
    is_excused: bool
    """Whether it may stand above the limit: that is on record as an override, or it was taken as a fact."""
    second: str | None = None
    """Who has the copy in hand, where another answers for it."""
    renewals: int = 0
    lost_at: datetime | None = None
    claimed_at: datetime | None = None
    closed_how: str | None = None
    closed_on: date | None = None

    @property
    def lent_on(self) -> date:
        return local_day(self.lent_at)

    @property
    def is_open(self) -> bool:
        return self.closed_how is None

    def is_with(self, reader: str) -> bool:
        return reader in {self.borrower, self.second}


@dataclass
class Copy:
    kind: str
    home: str
    state: str = "available"
    bound_for: str | None = None


@dataclass(eq=False)
class Claim:
    """What is asked for one step of one batch. `lines`: what each loan alone would cost."""

    patron: str
    batch: object
    step: int
    lines: dict[Loan, int] = field(default_factory=dict)
    charged: int = 0
    forgiven: int = 0
    paid: int = 0

    @property
    def owed(self) -> int:
        return self.charged - self.forgiven - self.paid


@dataclass
class Books:
    claims: list[Claim] = field(default_factory=list)
    credit: dict[str, int] = field(default_factory=dict)

    def of(self, patron: str) -> list[Claim]:
        return [claim for claim in self.claims if claim.patron == patron]

    def balance(self, patron: str) -> int:
        return sum(claim.owed for claim in self.of(patron)) - self.credit.get(patron, 0)

    def would_add(self, patron: str, batch: object, step: int, loan: Loan, amount: int) -> int:
        """What one more loan adds to its batch: what none of the others has asked for yet."""
        together = [claim for claim in self.of(patron) if claim.batch == batch]
        if any(claim.step == step and loan in claim.lines for claim in together):
            return 0
        return max(amount - max((line for claim in together for line in claim.lines.values()), default=0), 0)

    def charge(self, patron: str, batch: object, step: int, loan: Loan, amount: int) -> int:
        added = self.would_add(patron, batch, step, loan, amount)
        claim = next((claim for claim in self.of(patron) if (claim.batch, claim.step) == (batch, step)), None)
        if claim is None:
            claim = Claim(patron, batch, step)
            self.claims.append(claim)
        claim.lines.setdefault(loan, amount)
        claim.charged += added
        return added

    def release(self, loan: Loan, batch: object) -> int:
        """Take a loan out of a batch; what the others do not stand for is given back, as credit where it was paid."""
        together = [claim for claim in self.claims if claim.batch == batch and claim.patron == loan.borrower]
        if not any(claim.lines.pop(loan, None) is not None for claim in together):
            return 0
        wanted, asked = [], 0
        for claim in sorted(together, key=lambda each: each.step):
            highest = max(claim.lines.values(), default=0)
            wanted.append((claim, max(highest - asked, 0)))
            asked = max(asked, highest)
        excess = sum(claim.charged for claim in together) - asked
        changed = [(claim, amount) for claim, amount in wanted if claim.charged != amount]
        forgiven = sum(claim.forgiven for claim, _ in changed)
        paid = sum(claim.paid for claim, _ in changed)
        for claim, amount in changed:
            claim.charged = amount
            claim.forgiven = min(forgiven, amount)
            forgiven -= claim.forgiven
            claim.paid = min(paid, amount - claim.forgiven)
            paid -= claim.paid
        self.credit[loan.borrower] = self.credit.get(loan.borrower, 0) + paid
        return excess

    def use_credit(self, patron: str) -> None:
        for claim in self.of(patron):
            used = min(self.credit.get(patron, 0), claim.owed)
            claim.paid += used
            self.credit[patron] = self.credit.get(patron, 0) - used

    def charge_by_hand(self, patron: str, amount: int) -> None:
        self.claims.append(Claim(patron, ("by hand", len(self.claims)), 0, charged=amount))

    def pay(self, patron: str, amount: int) -> None:
        for claim in self.of(patron):
            part = min(amount, claim.owed)
            claim.paid += part
            amount -= part


@dataclass
class ReferenceLibrary:
    copies: dict[str, Copy]
    ages: dict[str, str]
    """Each reader, "adult" or "child"."""
    limit: int
    now: datetime
    loans: list[Loan] = field(default_factory=list)
    books: Books = field(default_factory=Books)
    events: list[str] = field(default_factory=list)
    entries: dict[tuple[str, ...], Said] = field(default_factory=dict)
    """Lines of offline logs that were taken, with their answers."""
    overrides: list[tuple[str, str]] = field(default_factory=list)
    """What was stepped over, of which copy's loan: each is on record."""
    noted: dict[str, Loan] = field(default_factory=dict)
    answered: dict[str, object] = field(default_factory=dict)
    """What was said under which key."""

    @property
    def today(self) -> date:
        return local_day(self.now)

    def open_loan(self, item: str) -> Loan | None:
        return next((loan for loan in self.loans if loan.item == item and loan.is_open), None)

    def _lent_after(self, loan: Loan) -> bool:
        since = self.loans[self.loans.index(loan) + 1 :]
        return any(each.item == loan.item and each.closed_how != "undone" for each in since)

    def note_loans(self) -> None:
        """Note the latest loan of each copy: those are meant when one is undone or swapped later."""
        self.noted = {loan.item: loan for loan in self.loans}

    def loans_of(self, reader: str) -> list[Loan]:
        return [loan for loan in self.loans if loan.borrower == reader and loan.is_open]

    def under_key(self, key: str, verb: str, *names: object, **wishes: object) -> object:
        """Do it, unless it was done under this key before."""
        if key not in self.answered:
            said = getattr(self, verb)(*names, **wishes)
            if not is_kept(said):
                return said
            self.answered[key] = said
        return self.answered[key]

    # Lending and renewing

    def checkout(
        self,
        reader: str,
        item: str,
        branch: str,
        *,
        second: str | None = None,
        override: bool = False,
        renew_own: bool = True,
        dry: bool = False,
    ) -> Said:
        loan = self.open_loan(item)
        if loan and second in {None, loan.second} and self._was_lent_a_moment_ago(loan, reader, branch):
            return Said("repeated", due_on=loan.due_on, renewals=loan.renewals)
        if loan and loan.is_with(reader) and renew_own:
            return self._renew([loan], override=override, dry=dry)[0]
        found = self._against_lending(reader, item)
        overridden = found & OVERRIDDEN if override else frozenset()
        if found - overridden:
            if not dry:
                self.events.append("checkout.refused")
            return Said("refused", blocks=found - overridden, overridden=overridden)
        due_on = due(self.today, KINDS[self.copies[item].kind].days)
        if dry:
            return Said("allowed", due_on=due_on, overridden=overridden)
        self._lend(Loan(item, reader, branch, self.now, due_on, is_excused=bool(overridden), second=second))
        self._record(item, overridden)
        return Said("lent", due_on=due_on, overridden=overridden)

    def checkout_group(self, pairs: Sequence[tuple[str, str]], branch: str, *, first: str | None = None) -> list[Said]:
        """Each copy for its reader; with `first` that one answers for all that the others have in hand."""
        return [
            self.checkout(
                first or reader, item, branch, second=reader if first not in {None, reader} else None, renew_own=False
            )
            for item, reader in pairs
        ]

    def swap(self, item: str, other: str) -> Said | None:
        """Whoever has the copies in hand change places, and where those stand above a limit, they still do."""
        mine, others = self.noted.get(item), self.noted.get(other)
        if mine is None or others is None:
            return None
        if mine is others:
            return Said("invalid_request")
        if not (mine.is_open and others.is_open):
            return Said("loan_is_closed")
        if _state_of(mine) != "on_loan" or _state_of(others) != "on_loan":
            return Said("loan_not_to_swap")
        if (mine.second is None) != (others.second is None):
            return Said("loans_not_alike")
        if mine.second is None:
            mine.borrower, others.borrower = others.borrower, mine.borrower
            mine.is_excused, others.is_excused = others.is_excused, mine.is_excused
        else:
            mine.second, others.second = others.second, mine.second
        self.events += ["loan.swapped"] * 2
        return Said("done")

    def _record(self, item: str, overridden: frozenset[str]) -> None:
        self.overrides += [(item, code) for code in sorted(overridden)]

    def _was_lent_a_moment_ago(self, loan: Loan, reader: str, branch: str) -> bool:
        is_same = loan.is_with(reader) and (loan.branch, loan.renewals) == (branch, 0)
        is_here = not loan.lost_at and not loan.claimed_at
        return is_same and is_here and self.now - loan.lent_at <= LENT_A_MOMENT_AGO

    def _against_lending(self, reader: str, item: str) -> frozenset[str]:
        loan = self.open_loan(item)
        found = set(KINDS[self.copies[item].kind].against_lending)
        if self.books.balance(reader) >= DEBT_LIMIT:
            found.add("debt_over_limit")
        found |= self._limits_reached(reader)
        if loan:
            found.add("already_loaned" if loan.is_with(reader) else "on_loan_to_other")
        return frozenset(found)

    def _limits_reached(self, reader: str) -> frozenset[str]:
        return frozenset({"too_many_loans"}) if len(self.loans_of(reader)) >= self.limit else frozenset()

    def _lend(self, loan: Loan) -> None:
        self.loans.append(loan)
        self._move(loan.item, "on_loan")
        self.events.append("loan.opened")

    def renew(self, item: str, *, override: bool = False) -> Said | None:
        loan = self.open_loan(item)
        return self._renew([loan], override=override)[0] if loan else None

    def renew_all(self, reader: str) -> list[Said]:
        """All that the reader has, or answers for; in no particular order."""
        return in_any_order(self._renew([loan for loan in self.loans if loan.is_open and loan.is_with(reader)]))

    def _renew(self, loans: list[Loan], *, override: bool = False, dry: bool = False) -> list[Said]:
        """All are decided before any is renewed, so that the fee of one does not stand against the next."""
        found = [self._against_renewing(loan) for loan in loans]
        said = [
            self._renew_one(loan, blocks, override=override, dry=dry) for loan, blocks in zip(loans, found, strict=True)
        ]
        if not dry:
            outcomes = [each.outcome for each in said]
            self.events += ["loan.renewed"] * outcomes.count("renewed")
            self.events += ["renewal.refused"] * outcomes.count("refused")
        return said

    def _against_renewing(self, loan: Loan) -> frozenset[str]:
        kind = KINDS[self.copies[loan.item].kind]
        found = set(kind.against_renewing)
        if loan.lost_at:
            found.add("material_lost")
        if loan.claimed_at:
            found.add("claimed_returned")
        if loan.renewals >= MOST_RENEWALS:
            found.add("max_renewals_reached")
        if self.books.balance(loan.borrower) >= DEBT_LIMIT:
            found.add("debt_over_limit")
        if due(self.today, kind.days) <= loan.due_on:
            found.add("renewal_gains_nothing")
        return frozenset(found)

    def _renew_one(self, loan: Loan, found: frozenset[str], *, override: bool, dry: bool) -> Said:
        overridden = found & OVERRIDDEN if override else frozenset()
        if found - overridden:
            return Said(
                "refused", found - overridden, overridden=overridden, due_on=loan.due_on, renewals=loan.renewals
            )
        due_on = due(self.today, KINDS[self.copies[loan.item].kind].days)
        if dry:
            fee = self._if_late(self.books.would_add, loan, self.today)
            return Said("allowed", overridden=overridden, due_on=due_on, renewals=loan.renewals + 1, charged=fee)
        charged = self._if_late(self.books.charge, loan, self.today)
        self._record(loan.item, overridden)
        loan.due_on, loan.renewals = due_on, loan.renewals + 1
        return Said("renewed", overridden=overridden, due_on=due_on, renewals=loan.renewals, charged=charged)

    # Taking back

    def return_item(self, item: str, branch: str, *, at: datetime | None = None, found: bool = False) -> Said:
        loan, copy = self.open_loan(item), self.copies[item]
        to = None if branch == copy.home else copy.home
        if loan is None:
            self._shelve_or_send(item, to)
            self.events.append("item.checked_in")
            return Said("not_on_loan", to=to)
        if at and at < loan.lent_at:
            return Said("invalid_request")
        signs = [at] if at else [moment for moment in (loan.claimed_at, self.now) if moment]
        returned_on = local_day(max(min(signs), loan.lent_at))
        if loan.lost_at:
            self.books.release(loan, ("lost", loan))
        charged = 0 if found else self._if_late(self.books.charge, loan, returned_on)
        loan.closed_how, loan.closed_on = "returned", returned_on
        self._shelve_or_send(item, to)
        self._tell_of_return(loan)
        late = max((returned_on - loan.due_on).days, 0)
        return Said("returned", days_overdue=late, charged=charged, to=to)

    def _if_late(self, ask: Callable[[str, object, int, Loan, int], int], loan: Loan, settled_on: date) -> int:
        """What being late costs, charged or only told, as `ask` does."""
        late = (settled_on - loan.due_on).days
        if late <= 0:
            return 0
        step = 1 + (late >= 8) + (late > 30)
        amount = TARIFF[self.ages[loan.borrower]][step - 1]
        return ask(loan.borrower, (loan.lent_on, loan.due_on, settled_on), step, loan, amount)

    def _tell_of_return(self, loan: Loan) -> None:
        self.events += ["claim.settled"] * bool(loan.claimed_at) + ["loan.returned"]

    def _shelve_or_send(self, item: str, to: str | None) -> None:
        self.copies[item].state = "in_transit" if to else "available"
        self.copies[item].bound_for = to

    def _move(self, item: str, state: str) -> None:
        self.copies[item].state = state
        self.copies[item].bound_for = None

    # Taking it all back

    def undo_checkout(self, item: str) -> Said | None:
        loan = self.noted.get(item)
        if loan is None:
            return None
        if not loan.is_open:
            return Said("loan_is_closed")
        if loan.renewals or loan.lost_at or loan.claimed_at:
            return Said("loan_has_moved_on")
        loan.closed_how, loan.closed_on = "undone", self.today
        self._move(item, "available")
        self.events.append("loan.undone")
        return Said("done")

    def undo_return(self, item: str) -> Said | None:
        loan = self.noted.get(item)
        if loan is None:
            return None
        if loan.closed_how != "returned":
            return Said("loan_is_open" if loan.is_open else "loan_not_returned")
        if self._lent_after(loan):
            return Said("item_lent_again")
        released = self.books.release(loan, (loan.lent_on, loan.due_on, loan.closed_on))
        exceeded = self._limits_reached(loan.borrower)
        loan.closed_how, loan.closed_on, loan.is_excused = None, None, loan.is_excused or bool(exceeded)
        self._record(item, exceeded)
        self._move(item, _state_of(loan))
        charged = self.books.charge(loan.borrower, ("lost", loan), 0, loan, PRICE) if loan.lost_at else 0
        self.events.append("loan.reopened")
        return Said("done", overridden=exceeded, charged=charged - released)

    # Losing

    def lose(self, item: str) -> Said:
        loan = self.open_loan(item)
        if loan is None:
            self._move(item, "missing")
            self.events.append("item.missing")
            return Said("done")
        charged = 0
        if loan.lost_at is None:
            charged = self.books.charge(loan.borrower, ("lost", loan), 0, loan, PRICE)
            loan.lost_at = self.now
        self._move(item, "lost")
        self.events.append("item.lost")
        return Said("done", charged=charged)

    def claim_returned(self, item: str) -> Said:
        loan = self.open_loan(item)
        if loan is None:
            return Said("item_not_on_loan")
        if loan.lost_at:
            return Said("loan_is_lost")
        loan.claimed_at = loan.claimed_at or self.now
        self._move(item, "claimed_returned")
        self.events.append("item.claimed_returned")
        return Said("done")

    # Facts that come late

    def offline_checkout(self, reader: str, item: str, branch: str, at: datetime) -> Said:
        line = ("checkout", reader, item, branch, at.isoformat())
        if line in self.entries:
            return Said("repeated")
        found = self._against_lending(reader, item)
        loan = self.open_loan(item)
        if loan and loan.is_with(reader):
            return Said("repeated")
        if loan and at < loan.lent_at:
            return Said("refused", blocks=found)
        if loan:
            self._close_before(loan, at)
        due_on = due(local_day(at), KINDS[self.copies[item].kind].days)
        self._lend(Loan(item, reader, branch, at, due_on, is_excused=True))
        self.entries[line] = Said("lent", blocks=found)
        return self.entries[line]

    def _close_before(self, loan: Loan, at: datetime) -> None:
        """It had evidently come back before the other lent it: nobody owes for being late, nor for its being lost."""
        loan.closed_how, loan.closed_on = "returned", local_day(at)
        if loan.lost_at:
            self.books.release(loan, ("lost", loan))
        self._tell_of_return(loan)

    def offline_return(self, item: str, branch: str, at: datetime) -> Said:
        loan, line = self.open_loan(item), ("return", item, branch, at.isoformat())
        if loan and at < loan.lent_at:
            return Said("not_on_loan")
        if line not in self.entries:
            self.entries[line] = Said(self.return_item(item, branch, at=at).outcome)
        return self.entries[line]

    # Money

    def pay(self, reader: str, amount: int) -> Said:
        owed = sum(claim.owed for claim in self.books.of(reader))
        if amount > owed - min(self.books.credit.get(reader, 0), owed):
            return Said("payment_exceeds_debt")
        self.books.use_credit(reader)
        self.books.pay(reader, amount)
        return Said("paid")

    def charge(self, reader: str, amount: int) -> Said:
        self.books.charge_by_hand(reader, amount)
        return Said("done", charged=amount)

    def waive(self, reader: str) -> Said | None:
        """The oldest claim there ever was, whatever is left of it."""
        claims = self.books.of(reader)
        if not claims:
            return None
        if claims[0].owed == 0:
            return Said("claim_settled_already")
        claims[0].forgiven += claims[0].owed
        return Said("waived")

    def picture(self) -> dict[str, object]:
        """Everything that counts, as plain values."""
        return {
            "items": {name: (copy.state, copy.bound_for) for name, copy in self.copies.items()},
            "loans": {
                loan.item: (
                    (loan.borrower, loan.second),
                    loan.due_on,
                    loan.renewals,
                    bool(loan.lost_at),
                    bool(loan.claimed_at),
                )
                for loan in self.loans
                if loan.is_open
            },
            "balances": {reader: self.books.balance(reader) for reader in self.ages},
            "overrides": sorted(self.overrides),
        }


def _state_of(loan: Loan) -> str:
    if loan.lost_at:
        return "lost"
    return "claimed_returned" if loan.claimed_at else "on_loan"
