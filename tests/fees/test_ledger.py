"""The arithmetic of the books, on whatever books there can be."""

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from faelles.fees import ledger
from faelles.fees.model import Entry, EntryKind, Posting, Share
from faelles.ground.ids import AccountId, ChargeId
from faelles.ground.money import Ore

ACCOUNT = AccountId(1)


def entry(number: int, charge: int | None, kind: EntryKind, amount: int) -> Entry:
    return Entry(
        id=number,
        account=ACCOUNT,
        charge=None if charge is None else ChargeId(charge),
        kind=kind,
        amount_ore=Ore(amount),
        payment=number if kind is EntryKind.PAYMENT else None,
    )


def share(charge: int, amount: int) -> Share:
    return Share(charge=ChargeId(charge), account=ACCOUNT, amount_ore=Ore(amount))


@st.composite
def books(draw: st.DrawFn) -> list[Entry]:
    """One to three claims, each paid, reduced and waived in parts, never below zero."""
    live: list[Entry] = []
    for charge in range(1, draw(st.integers(1, 3)) + 1):
        left = draw(st.integers(1, 300))
        live.append(entry(len(live) + 1, charge, EntryKind.CHARGE, left))
        for kind in draw(st.lists(st.sampled_from([*ledger.FORGIVING, EntryKind.PAYMENT]), max_size=3)):
            if left:
                part = draw(st.integers(1, left))
                live.append(entry(len(live) + 1, charge, kind, -part))
                left -= part
    return live


@st.composite
def changes(draw: st.DrawFn) -> tuple[list[Entry], list[Share]]:
    """Books, and what their claims shall be: no more in all."""
    live = draw(books())
    left = ledger.charged(live)
    wanted = []
    for charge in sorted({entry.charge for entry in live if entry.charge}):
        amount = draw(st.integers(0, left))
        wanted.append(share(charge, amount))
        left = Ore(left - amount)
    return live, wanted


def after(live: Sequence[Entry], postings: Iterable[Posting]) -> list[Entry]:
    """What is live when `postings` are written."""
    undone = {posting.reverses for posting in postings}
    written = [
        Entry(
            id=1_000 + number,
            account=posting.account,
            charge=posting.charge,
            kind=posting.kind,
            amount_ore=posting.amount_ore,
            payment=posting.payment,
        )
        for number, posting in enumerate(postings)
        if posting.kind is not EntryKind.REVERSAL
    ]
    return [entry for entry in live if entry.id not in undone] + written


def total(live: Iterable[Entry], *kinds: EntryKind) -> int:
    return -sum(entry.amount_ore for entry in live if entry.kind in kinds)


@given(changes())
def test_a_rewritten_batch_claims_what_was_wanted(change):
    live, wanted = change
    now = after(live, ledger.rewrite(live, wanted, None))
    assert [ledger.charged(now, share.charge) for share in wanted] == [share.amount_ore for share in wanted]


@given(changes())
def test_nothing_that_was_paid_is_lost(change):
    live, wanted = change
    now = after(live, ledger.rewrite(live, wanted, None))
    assert total(now, EntryKind.PAYMENT) == total(live, EntryKind.PAYMENT)


@given(changes())
def test_no_claim_is_owed_less_than_nothing(change):
    live, wanted = change
    now = after(live, ledger.rewrite(live, wanted, None))
    for share in wanted:
        assert ledger.outstanding(entry for entry in now if entry.charge == share.charge) >= 0


@given(changes())
def test_what_was_waived_is_never_refunded_nor_grows(change):
    live, wanted = change
    postings = ledger.rewrite(live, wanted, None)
    assert total(after(live, postings), *ledger.FORGIVING) <= total(live, *ledger.FORGIVING)
    assert ledger.outstanding(after(live, postings)) <= ledger.outstanding(live)


@given(changes())
def test_the_postings_tell_the_whole_difference(change):
    live, wanted = change
    postings = ledger.rewrite(live, wanted, None)
    moved = sum(posting.amount_ore for posting in postings)
    assert ledger.outstanding(live) + moved == ledger.outstanding(after(live, postings))


@given(books())
def test_a_batch_that_is_as_it_should_be_is_left_alone(live):
    wanted = [share(charge, ledger.charged(live, charge)) for charge in {entry.charge for entry in live}]
    assert ledger.rewrite(live, wanted, None) == []


def test_a_claim_taken_back_leaves_what_was_paid_as_credit():
    live = [
        entry(1, 1, EntryKind.CHARGE, 120),
        entry(2, 1, EntryKind.WAIVER, -50),
        entry(3, 1, EntryKind.PAYMENT, -30),
    ]
    now = after(live, ledger.rewrite(live, [share(1, 0)], None))
    assert [(entry.charge, entry.kind, entry.amount_ore) for entry in now] == [(None, EntryKind.PAYMENT, -30)]


credit_and_debts = st.tuples(st.lists(st.integers(1, 100), max_size=4), st.lists(st.integers(1, 100), max_size=4))


@given(credit_and_debts)
def test_credit_is_used_as_far_as_there_are_debts(case):
    amounts, debts = case
    live = [entry(number, None, EntryKind.PAYMENT, -amount) for number, amount in enumerate(amounts, 1)]
    owed = [share(number, amount) for number, amount in enumerate(debts, 1)]
    now = after(live, ledger.settle(live, owed))
    used = min(sum(amounts), sum(debts))
    assert total(now, EntryKind.PAYMENT) == sum(amounts)
    assert total((entry for entry in now if entry.charge is None), EntryKind.PAYMENT) == sum(amounts) - used
    for debt in owed:
        assert total((entry for entry in now if entry.charge == debt.charge), EntryKind.PAYMENT) <= debt.amount_ore


@given(st.integers(0, 500).map(Ore), st.lists(st.integers(1, 100), max_size=5))
def test_a_payment_goes_to_the_first_debts_in_full(amount, debts):
    parts = ledger.allocate(amount, [share(number, owed) for number, owed in enumerate(debts)])
    assert sum(part.amount_ore for part in parts) == min(amount, sum(debts))
    assert [part.amount_ore for part in parts[:-1]] == debts[: max(len(parts) - 1, 0)]
