"""The arithmetic of the books. Pure: entries in, entries to write out; amounts in øre.

Two things always hold: a claim is never owed less than nothing, and what was paid is never lost: what no claim uses
is the patron's credit, a payment entry without a claim. An entry is undone by a reversal of all of it.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from faelles.fees.model import Entry, EntryKind, Posting, Share
from faelles.ground.ids import ChargeId
from faelles.ground.money import Ore

FORGIVING = (EntryKind.REDUCTION, EntryKind.WAIVER)

NOTHING = Ore(0)


def charged(live: Iterable[Entry], charge: ChargeId | None = None) -> Ore:
    """What is claimed, of one claim or of all, before payments and waivers."""
    return Ore(
        sum(
            entry.amount_ore
            for entry in live
            if entry.kind is EntryKind.CHARGE and (charge is None or entry.charge == charge)
        )
    )


def outstanding(live: Iterable[Entry]) -> Ore:
    return Ore(sum(entry.amount_ore for entry in live))


def reversal(entry: Entry, reason: str | None) -> Posting:
    return Posting(
        account=entry.account,
        charge=entry.charge,
        kind=EntryKind.REVERSAL,
        amount_ore=Ore(-entry.amount_ore),
        reverses=entry.id,
        payment=entry.payment,
        reason=reason,
    )


def rewrite(live: Sequence[Entry], wanted: Sequence[Share], reason: str | None) -> list[Posting]:
    """Bring the claims of one batch to the amounts `wanted`, which are no more in all than they were.

    A claim that stays as it is is left alone. What was waived or reduced follows as far as there is something left to
    let go, and is not refunded; what was paid follows too, and the rest becomes credit.
    """
    changed = [share for share in wanted if charged(live, share.charge) != share.amount_ore]
    undone = [entry for entry in live if entry.charge in {share.charge for share in changed}]
    postings = [reversal(entry, reason) for entry in undone]
    forgiven = _Pool(entry for entry in undone if entry.kind in FORGIVING)
    paid = _Pool(entry for entry in undone if entry.kind is EntryKind.PAYMENT)
    for share in changed:
        if share.amount_ore:
            postings.append(_claimed(share, reason))
        room = share.amount_ore
        for pool in (forgiven, paid):
            used = [_moved(entry, part, to=share, reason=reason) for entry, part in pool.pour(room)]
            room = Ore(room + sum(posting.amount_ore for posting in used))
            postings.extend(used)
    return postings + [_moved(entry, part, to=None, reason=reason) for entry, part in paid.rest()]


def settle(credit: Sequence[Entry], debts: Sequence[Share]) -> list[Posting]:
    """Use credit for what is owed, in the order of `debts`."""
    pool = _Pool(credit)
    used = [_moved(entry, part, to=debt, reason=None) for debt in debts for entry, part in pool.pour(debt.amount_ore)]
    kept = {entry.id: part for entry, part in pool.rest()}
    touched = [entry for entry in credit if kept.get(entry.id) != -entry.amount_ore]
    rest = [_moved(entry, kept[entry.id], to=None, reason=None) for entry in touched if entry.id in kept]
    return [reversal(entry, None) for entry in touched] + used + rest


def withdraw(credit: Sequence[Entry], amount: Ore, reason: str | None) -> list[Posting]:
    """Take `amount` out of credit; no more than there is."""
    taken = {entry.id: part for entry, part in _Pool(credit).pour(amount)}
    touched = [entry for entry in credit if entry.id in taken]
    left = [(entry, Ore(-entry.amount_ore - taken[entry.id])) for entry in touched]
    return [reversal(entry, reason) for entry in touched] + [
        _moved(entry, rest, to=None, reason=reason) for entry, rest in left if rest > NOTHING
    ]


def allocate(amount: Ore, debts: Sequence[Share]) -> list[Share]:
    """Spread a payment over `debts` in their order; the sum is `amount`, or what is owed where that is less."""
    parts: list[Share] = []
    for debt in debts:
        part = min(amount, debt.amount_ore)
        if part > NOTHING:
            parts.append(Share(charge=debt.charge, account=debt.account, amount_ore=part))
        amount = Ore(amount - part)
    return parts


class _Pool:
    """Entries below zero, and how much of each is still to be used, first come first used."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._left = deque((entry, Ore(-entry.amount_ore)) for entry in entries)

    def pour(self, room: Ore) -> Iterator[tuple[Entry, Ore]]:
        while room > NOTHING and self._left:
            entry, left = self._left.popleft()
            part = min(room, left)
            if part < left:
                self._left.appendleft((entry, Ore(left - part)))
            room = Ore(room - part)
            yield entry, part

    def rest(self) -> list[tuple[Entry, Ore]]:
        return list(self._left)


def _claimed(share: Share, reason: str | None) -> Posting:
    return Posting(
        account=share.account, charge=share.charge, kind=EntryKind.CHARGE, amount_ore=share.amount_ore, reason=reason
    )


def _moved(entry: Entry, part: Ore, *, to: Share | None, reason: str | None) -> Posting:
    return Posting(
        account=to.account if to else entry.account,
        charge=to.charge if to else None,
        kind=entry.kind,
        amount_ore=Ore(-part),
        payment=entry.payment,
        reason=reason,
    )
