"""The desk of a real library, answering in the reference library's words so that the two can be compared."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from circulation.lending_library import Clock, LendingLibrary, Reader
from circulation.reference import OVERRIDDEN, Copy, ReferenceLibrary, Said, in_any_order
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans import corrections, groups, losses, offline, operations
from faelles.circulation.loans.groups import GroupCheckoutRequest, Pair, SwapRequest
from faelles.circulation.loans.model import (
    CheckoutRequest,
    LossRequest,
    RenewalAnswer,
    RenewalRequest,
    ReturnRequest,
    UndoRequest,
)
from faelles.circulation.loans.offline_model import Happened, OfflineEntry
from faelles.fees.desk import operations as money
from faelles.fees.desk.model import Forgive, ManualCharge, ManualKind, Means, Pay
from faelles.fees.operations import verify
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import FaellesError
from faelles.policies.knobs import MAX_LOANS
from faelles.policies.seeds import seed_agency
from town import found_town

WAIVED = frozenset(BlockCode(code) for code in OVERRIDDEN)

Work = Callable[[Transaction], Awaitable[Any]]


@dataclass(frozen=True)
class Look:
    """`picture` as the reference library has it; `faults`, what can never be; `events`, all but those of money."""

    picture: dict[str, Any]
    faults: list[object]
    events: list[str]


@dataclass
class RealDesk:
    """Readers, copies and branches go by name. With `key` a command is sent under that idempotency key."""

    library: LendingLibrary
    readers: dict[str, Reader] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)
    meant: dict[tuple[str, str], int | None] = field(default_factory=dict)

    @property
    def branches(self) -> dict[str, int]:
        return {"main": self.library.town.main, "suburb": self.library.town.suburb}

    async def _answer(self, work: Work) -> Any:
        """The operation's answer; an error as what was said, by its code."""
        try:
            return await self.library.run(work)
        except FaellesError as problem:
            return Said(problem.code)

    async def checkout(
        self,
        reader: str,
        item: str,
        branch: str,
        *,
        override: bool = False,
        renew_own: bool = True,
        dry: bool = False,
        key: str | None = None,
    ) -> Said:
        request = CheckoutRequest(
            borrower=Borrower(card=self.readers[reader].card),
            item=self.copies[item],
            branch=self.branches[branch],
            renew_own=renew_own,
            overrides=WAIVED if override else frozenset(),
            reason="Aftalt" if override else None,
            dry_run=dry,
        )
        librarian, keyring = self.library.librarian, self.library.keyring
        answer = await self._answer(lambda tx: operations.checkout(tx, librarian, keyring, request, key))
        return _lent(answer)

    async def checkout_group(
        self, pairs: Sequence[tuple[str, str]], branch: str, *, first: str | None = None, key: str | None = None
    ) -> list[Said] | Said:
        request = GroupCheckoutRequest(
            branch=self.branches[branch],
            pairs=tuple(Pair(item=self.copies[item], borrower=self.readers[reader].id) for item, reader in pairs),
            first_borrower=self.readers[first].id if first else None,
        )
        librarian, keyring = self.library.librarian, self.library.keyring
        answers = await self._answer(lambda tx: groups.checkout_group(tx, librarian, keyring, request, key))
        return answers if isinstance(answers, Said) else [_lent(each.answer) for each in answers]

    async def note_loans(self) -> None:
        """Note the latest loan of each copy: those are meant when one is undone or swapped later."""
        rows = await self.library.run(
            lambda tx: tx.rows(
                "SELECT c.number, max(l.id) AS loan FROM loan AS l JOIN copy AS c USING (agency_id, item_id)"
                " WHERE l.agency_id = $1 GROUP BY c.number",
                tx.agency,
            )
        )
        names = {number: name for name, number in self.copies.items()}
        self.noted = {names[row["number"]]: row["loan"] for row in rows}

    def _meant(self, item: str, key: str | None) -> int | None:
        """The loan that is meant by a copy; under a key the one that was meant the first time."""
        meant = self.noted.get(item)
        return meant if key is None else self.meant.setdefault((key, item), meant)

    async def swap(self, item: str, other: str, *, key: str | None = None) -> Said | None:
        loan, others = self._meant(item, key), self._meant(other, key)
        if loan is None or others is None:
            return None
        request = SwapRequest(loan=loan, other=others)
        answer = await self._answer(lambda tx: groups.swap(tx, self.library.librarian, request, key))
        return answer if isinstance(answer, Said) else Said(answer.outcome.value)

    async def renew(self, item: str, *, override: bool = False, key: str | None = None) -> Said | None:
        request = RenewalRequest(
            branch=self.library.town.main,
            item=self.copies[item],
            overrides=WAIVED if override else frozenset(),
            reason="Aftalt" if override else None,
        )
        answers = await self._answer(lambda tx: operations.renew(tx, self.library.librarian, request, key))
        return _lent(answers[0]) if answers else None

    async def renew_all(self, reader: str, *, key: str | None = None) -> list[Said]:
        request = RenewalRequest(branch=self.library.town.main, patron=self.readers[reader].id)
        answers = await self._answer(lambda tx: operations.renew(tx, self.library.librarian, request, key))
        return in_any_order(_lent(answer) for answer in answers)

    async def return_item(
        self, item: str, branch: str, *, at: datetime | None = None, found: bool = False, key: str | None = None
    ) -> Said:
        request = ReturnRequest(item=self.copies[item], branch=self.branches[branch], returned_at=at, found=found)
        answer = await self._answer(lambda tx: operations.return_item(tx, self.library.librarian, request, key))
        if isinstance(answer, Said):
            return answer
        names = {number: name for name, number in self.branches.items()}
        return Said(
            answer.outcome.value,
            frozenset(block.code.value for block in answer.blocks),
            days_overdue=answer.days_overdue,
            charged=answer.charged_ore,
            to=names.get(answer.next.branch),
        )

    async def undo_checkout(self, item: str, *, key: str | None = None) -> Said | None:
        return await self._undo(corrections.undo_checkout, item, key)

    async def undo_return(self, item: str, *, key: str | None = None) -> Said | None:
        return await self._undo(corrections.undo_return, item, key)

    async def _undo(self, undo: Callable[..., Awaitable[Any]], item: str, key: str | None) -> Said | None:
        loan = self._meant(item, key)
        if loan is None:
            return None
        request = UndoRequest(loan=loan, branch=self.library.town.main)
        answer = await self._answer(lambda tx: undo(tx, self.library.librarian, request, key))
        if isinstance(answer, Said):
            return answer
        overridden = frozenset(block.code.value for block in answer.overridden)
        return Said(answer.outcome.value, overridden=overridden, charged=-answer.released_ore)

    async def lose(self, item: str, *, key: str | None = None) -> Said:
        return await self._lose(losses.declare_lost, item, key)

    async def claim_returned(self, item: str, *, key: str | None = None) -> Said:
        return await self._lose(losses.claim_returned, item, key)

    async def _lose(self, lose: Callable[..., Awaitable[Any]], item: str, key: str | None) -> Said:
        request = LossRequest(item=self.copies[item], branch=self.library.town.main)
        answer = await self._answer(lambda tx: lose(tx, self.library.librarian, request, key))
        return answer if isinstance(answer, Said) else Said(answer.outcome.value, charged=answer.charged_ore)

    async def offline_checkout(self, reader: str, item: str, branch: str, at: datetime) -> Said:
        entry = OfflineEntry(
            what=Happened.CHECKOUT,
            item=self.copies[item],
            branch=self.branches[branch],
            happened_at=at,
            card=self.readers[reader].card,
        )
        return await self._record(entry)

    async def offline_return(self, item: str, branch: str, at: datetime) -> Said:
        entry = OfflineEntry(what=Happened.RETURN, item=self.copies[item], branch=self.branches[branch], happened_at=at)
        return await self._record(entry)

    async def _record(self, entry: OfflineEntry) -> Said:
        librarian, keyring = self.library.librarian, self.library.keyring
        answer = await self._answer(lambda tx: offline.record_offline(tx, librarian, keyring, entry))
        if isinstance(answer, Said):
            return answer
        return Said(answer.outcome.value, frozenset(block.code.value for block in answer.conflicts))

    async def pay(self, reader: str, amount: int, reference: str) -> Said:
        request = Pay(branch=self.library.town.main, amount_ore=amount, means=Means.CASH, reference=reference)
        patron = self.readers[reader].id
        answer = await self._answer(lambda tx: money.pay(tx, self.library.librarian, patron, request))
        return answer if isinstance(answer, Said) else Said("paid")

    async def charge(self, reader: str, amount: int, *, key: str | None = None) -> Said:
        patron = self.readers[reader].id
        request = ManualCharge(
            branch=self.library.town.main, kind=ManualKind.MANUAL, amount_ore=amount, reason="Spildt kaffe"
        )
        answer = await self._answer(
            lambda tx: money.charge_manually(tx, self.library.librarian, patron, request, key=key)
        )
        return answer if isinstance(answer, Said) else Said("done", charged=answer.amount_ore)

    async def waive(self, reader: str, *, key: str | None = None) -> Said | None:
        patron, request = self.readers[reader].id, Forgive(branch=self.library.town.main, reason="Kulance")
        charge = await self.library.run(
            lambda tx: tx.value(
                "SELECT min(c.id) FROM charge AS c JOIN patron_account AS a USING (agency_id, account_id)"
                " WHERE a.agency_id = $1 AND a.patron_id = $2",
                tx.agency,
                patron,
            )
        )
        if charge is None:
            return None
        answer = await self._answer(
            lambda tx: money.waive(tx, self.library.librarian, charge, patron, request, key=key)
        )
        return answer if isinstance(answer, Said) else Said("waived")

    async def look(self) -> Look:
        """All that can be compared, seen at one moment."""
        return await self.library.run(self._look)

    async def _look(self, tx: Transaction) -> Look:
        return Look(await self._picture(tx), await _faults(tx), await _events(tx))

    async def picture(self) -> dict[str, Any]:
        """What `ReferenceLibrary.picture` tells, read from the tables."""
        return await self.library.run(self._picture)

    async def _picture(self, tx: Transaction) -> dict[str, Any]:
        rows = await tx.rows(
            "SELECT c.number, w.state, w.bound_for_branch_id AS bound_for, o.patron_id, s.patron_id AS second,"
            "       l.due_on, l.renewals,"
            "       l.lost_at IS NOT NULL AS is_lost, l.claimed_returned_at IS NOT NULL AS is_claimed, l.id AS loan"
            "  FROM copy AS c JOIN copy_whereabouts AS w USING (agency_id, item_id)"
            "  LEFT JOIN loan AS l ON l.agency_id = c.agency_id AND l.item_id = c.item_id AND l.closed_at IS NULL"
            "  LEFT JOIN loan_borrower AS o ON o.agency_id = l.agency_id AND o.loan_id = l.id AND o.role = 'primary'"
            "  LEFT JOIN loan_borrower AS s ON s.agency_id = l.agency_id AND s.loan_id = l.id AND s.role = 'secondary'"
            " WHERE c.agency_id = $1",
            tx.agency,
        )
        balances = {
            row["patron_id"]: int(row["ore"])
            for row in await tx.rows(
                "SELECT patron_id, sum(balance_ore) AS ore FROM patron_balance WHERE agency_id = $1 GROUP BY 1",
                tx.agency,
            )
        }
        overrides = await tx.rows(
            "SELECT c.number, o.block FROM loan_override AS o"
            "  JOIN loan AS l ON l.agency_id = o.agency_id AND l.id = o.loan_id"
            "  JOIN copy AS c ON c.agency_id = l.agency_id AND c.item_id = l.item_id"
            " WHERE o.agency_id = $1",
            tx.agency,
        )
        item_names = {number: name for name, number in self.copies.items()}
        reader_names = {reader.id: name for name, reader in self.readers.items()}
        branch_names = {number: name for name, number in self.branches.items()}
        return {
            "items": {item_names[row["number"]]: (row["state"], branch_names.get(row["bound_for"])) for row in rows},
            "loans": {
                item_names[row["number"]]: (
                    (reader_names.get(row["patron_id"]), reader_names.get(row["second"])),
                    row["due_on"],
                    row["renewals"],
                    row["is_lost"],
                    row["is_claimed"],
                )
                for row in rows
                if row["loan"] is not None
            },
            "balances": {name: balances.get(reader.id, 0) for name, reader in self.readers.items()},
            "overrides": sorted((item_names[row["number"]], row["block"]) for row in overrides),
        }

    async def faults(self) -> list[object]:
        """What can never be, whatever was done: in the books, between copies and loans, between loans and events."""
        return await self.library.run(_faults)


def _lent(answer: Any) -> Said:
    if isinstance(answer, Said):
        return answer
    return Said(
        answer.outcome.value,
        frozenset(block.code.value for block in answer.blocks),
        frozenset(block.code.value for block in answer.overridden),
        due_on=answer.due_on if isinstance(answer, RenewalAnswer) or not answer.blocks or answer.loan else None,
        renewals=answer.renewals,
        charged=answer.charged_ore,
    )


_FAULTS = {
    "a copy out without a loan, or a loan on a copy that is here": (
        "SELECT c.item_id FROM item_circulation AS c"
        "  LEFT JOIN loan AS l ON l.agency_id = c.agency_id AND l.item_id = c.item_id AND l.closed_at IS NULL"
        " WHERE c.agency_id = $1 AND c.state IS DISTINCT FROM CASE"
        "       WHEN l.lost_at IS NOT NULL THEN 'lost' WHEN l.claimed_returned_at IS NOT NULL THEN 'claimed_returned'"
        "       WHEN l.id IS NOT NULL THEN 'on_loan'"
        "       WHEN c.state IN ('available', 'missing', 'in_transit') THEN c.state"
        "       ELSE 'available' END"
    ),
    "two open loans of one copy": (
        "SELECT item_id FROM loan WHERE agency_id = $1 AND closed_at IS NULL GROUP BY item_id HAVING count(*) > 1"
    ),
    "a loan that nobody borrowed": (
        "SELECT l.id FROM loan AS l WHERE l.agency_id = $1 AND NOT EXISTS (SELECT FROM loan_borrower AS b"
        " WHERE b.agency_id = $1 AND b.loan_id = l.id AND b.role = 'primary')"
    ),
    "a loan without its one event": (
        "SELECT l.id FROM loan AS l LEFT JOIN event AS e"
        "    ON e.agency_id = $1 AND e.loan_id = l.id AND e.kind = 'loan.opened'"
        " WHERE l.agency_id = $1 GROUP BY l.id HAVING count(e.id) <> 1"
    ),
    "an event of a loan that is none": (
        "SELECT e.id FROM event AS e WHERE e.agency_id = $1 AND e.loan_id IS NOT NULL"
        "   AND NOT EXISTS (SELECT FROM loan AS l WHERE l.agency_id = $1 AND l.id = e.loan_id)"
    ),
    "closings that do not add up to their events": (
        "SELECT l.id FROM loan AS l LEFT JOIN event AS e ON e.agency_id = $1 AND e.loan_id = l.id"
        " WHERE l.agency_id = $1 GROUP BY l.id, l.closed_at"
        " HAVING count(*) FILTER (WHERE e.kind IN ('loan.returned', 'loan.undone'))"
        "      - count(*) FILTER (WHERE e.kind = 'loan.reopened') <> (l.closed_at IS NOT NULL)::integer"
    ),
    "a movement of money without its one event": (
        "SELECT (SELECT count(*) FROM ledger_entry WHERE agency_id = $1) AS entries"
        " WHERE (SELECT count(*) FROM ledger_entry WHERE agency_id = $1)"
        "    <> (SELECT count(*) FROM event WHERE agency_id = $1 AND kind LIKE 'fee\\_%')"
    ),
    "a copy on a journey that is not in transit": (
        "SELECT j.item_id FROM journey AS j JOIN item_circulation AS c USING (agency_id, item_id)"
        " WHERE j.agency_id = $1 AND j.ended_at IS NULL AND c.state <> 'in_transit'"
    ),
    "a kept answer about a loan that is none": (
        "SELECT i.key FROM idempotency AS i WHERE i.agency_id = $1 AND i.operation = 'checkout'"
        "   AND NOT EXISTS (SELECT FROM loan AS l WHERE l.agency_id = $1 AND l.id = (i.answer ->> 'loan')::bigint)"
    ),
}


_ALL_FAULTS = " UNION ALL ".join(f"SELECT '{name}', f::text FROM ({sql}) AS f" for name, sql in _FAULTS.items())


async def _events(tx: Transaction) -> list[str]:
    rows = await tx.rows(
        "SELECT kind FROM event WHERE agency_id = $1 AND kind NOT LIKE 'fee\\_%' ORDER BY epoch, xid, id", tx.agency
    )
    return [row["kind"] for row in rows]


async def _faults(tx: Transaction) -> list[object]:
    return [*await verify(tx), *map(tuple, await tx.rows(_ALL_FAULTS, tx.agency))]


@dataclass(frozen=True)
class World:
    """`readers`: each an "adult" or a "child"; `copies`: each its material group and its branch."""

    readers: Mapping[str, str]
    copies: Mapping[str, tuple[str, str]]
    limit: int

    def model(self, now: datetime) -> ReferenceLibrary:
        copies = {name: Copy(*copy) for name, copy in self.copies.items()}
        return ReferenceLibrary(copies=copies, ages=dict(self.readers), limit=self.limit, now=now)


async def furnish(
    database: Database, keyring: Keyring, clock: Clock, world: World, like: RealDesk | None = None
) -> RealDesk:
    """A new municipality with the readers and copies of `world`. With `like` they have the numbers of that one's."""
    town = await found_town(database)
    await database.run(town.agency, SYSTEM, seed_agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        groups = {row["code"]: row["id"] for row in await tx.rows("SELECT code, id FROM patron_group")}
        materials = {row["code"]: row["id"] for row in await tx.rows("SELECT code, id FROM material_group")}
    desk = RealDesk(LendingLibrary(town, database, keyring, clock, groups, materials))
    await desk.library.set_rule(MAX_LOANS, world.limit)
    for name, age in world.readers.items():
        born = date(2018 if age == "child" else 1980, 5, 17)
        desk.readers[name] = await desk.library.reader(age, born=born)
        if like is not None:
            await _rename(desk, "patron_identifier", "lookup", desk.readers[name].card, like.readers[name].card)
    for name, (kind, home) in world.copies.items():
        shelf = town.main_shelf if home == "main" else town.suburb_shelf
        desk.copies[name] = await desk.library.copy(kind, branch=desk.branches[home], shelf=shelf)
        if like is not None:
            await _rename(desk, "item", "number", desk.copies[name], like.copies[name])
            desk.copies[name] = like.copies[name]
    return desk


async def _rename(desk: RealDesk, table: str, column: str, old: str, new: str) -> None:
    await desk.library.run(
        lambda tx: tx.execute(
            f"UPDATE {table} SET {column} = $3 WHERE agency_id = $1 AND {column} = $2", tx.agency, old, new
        )
    )
