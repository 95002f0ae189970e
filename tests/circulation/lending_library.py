"""A municipality that lends: seeded rules, patrons, copies, and a clock the test can turn."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans import corrections, losses, operations
from faelles.circulation.loans.model import (
    CheckoutAnswer,
    CheckoutRequest,
    LossAnswer,
    LossRequest,
    RenewalAnswer,
    RenewalRequest,
    ReturnAnswer,
    ReturnRequest,
    UndoAnswer,
    UndoRequest,
)
from faelles.fees.desk.model import Means, Pay
from faelles.fees.desk.operations import pay
from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, DivisionId, LoanId, PatronId, PlacementId
from faelles.people.model import Caller, Grant, Permission
from faelles.policies.knob import Knob
from faelles.policies.model import Scope
from faelles.policies.operations import set_rule
from faelles.policies.requests import SetRule
from faelles.policies.seeds import seed_agency
from town import Town

Result = TypeVar("Result")

MONDAY = datetime(2027, 3, 1, 11, 0, tzinfo=UTC)
"""Noon in Denmark on an ordinary Monday."""


@dataclass
class Clock:
    """A clock that stands still until it is turned."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def turn_to(self, day: date, hour: int = 11) -> None:
        self.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


@dataclass
class Reader:
    """A patron with a card and a PIN."""

    id: PatronId
    card: str
    pin: str


@dataclass
class LendingLibrary:
    town: Town
    database: Database
    """Its transactions happen when `clock` says."""
    keyring: Keyring
    clock: Clock
    groups: dict[str, int] = field(default_factory=dict)
    materials: dict[str, int] = field(default_factory=dict)

    @property
    def librarian(self) -> Caller:
        """Somebody who may do everything everywhere in the agency."""
        return self.staff(frozenset(Permission) - {Permission.OWN_ACCOUNT})

    def staff(self, permissions: frozenset[Permission], division: DivisionId | None = None) -> Caller:
        return Caller(
            agency=self.town.agency,
            actor=Actor(ActorKind.STAFF, 1),
            language=Language.DANISH,
            grants=(Grant(permissions=permissions, division=division),),
        )

    async def run(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        return await self.database.run(self.town.agency, self.librarian.actor, work)

    async def reader(
        self,
        group: str = "adult",
        *,
        born: date = date(1980, 5, 17),
        division: DivisionId | None = None,
        begins: date = date(2020, 1, 1),
        ends: date | None = None,
    ) -> Reader:
        """A new patron, a member of the public library unless another division is named."""
        reader = Reader(PatronId(secrets.randbelow(2**48) + 10**12), f"K{secrets.randbelow(10**9):09d}", "4711")

        async def add(tx: Transaction) -> None:
            await tx.execute(
                "INSERT INTO patron (agency_id, id, kind, name, birth_date, home_branch_id, pin_hash, registered_at)"
                " VALUES ($1, $2, 'person', 'Søren Låner', $3, $4, $5, $6)",
                tx.agency,
                reader.id,
                born,
                self.town.main,
                self.keyring.hash_pin(tx.agency, reader.pin),
                tx.now,
            )
            await tx.execute(
                "INSERT INTO patron_identifier (agency_id, patron_id, kind, lookup, valid_from)"
                " VALUES ($1, $2, 'card', $3, $4)",
                tx.agency,
                reader.id,
                reader.card,
                tx.now,
            )
            await tx.execute(
                "INSERT INTO membership (agency_id, patron_id, division_id, role, patron_group_id, valid)"
                " VALUES ($1, $2, $3, 'borrower', $4, daterange($5, $6))",
                tx.agency,
                reader.id,
                division or self.town.library,
                self.groups[group],
                begins,
                ends,
            )

        await self.run(add)
        return reader

    async def copy(
        self,
        material: str = "book_adult",
        *,
        branch: BranchId | None = None,
        shelf: PlacementId | None = None,
        **columns: object,
    ) -> str:
        """A new copy of a new title; its number."""
        number = f"5{secrets.randbelow(10**9):09d}"
        given = {"price_ore": 19_900} | columns

        async def add(tx: Transaction) -> None:
            record = await tx.value(
                "INSERT INTO record (agency_id, identifier, title, material_type, words)"
                " VALUES ($1, $2, 'Frøken Smillas fornemmelse for sne', 'Bog', '') RETURNING id",
                tx.agency,
                f"test:{number}",
            )
            names = ", ".join(given)
            places = ", ".join(f"${position}" for position in range(7, 7 + len(given)))
            await tx.execute(
                "INSERT INTO item (agency_id, number, record_id, owner_branch_id, default_placement_id,"
                f" material_group_id, {names}) VALUES ($1, $2, $3, $4, $5, $6, {places})",
                tx.agency,
                number,
                record,
                branch or self.town.main,
                shelf or self.town.main_shelf,
                self.materials[material],
                *given.values(),
            )

        await self.run(add)
        return number

    async def placeholder(self, **columns: object) -> str:
        """A copy that stands for another library's, received and due back there in two weeks."""
        given = {
            "kind": "placeholder",
            "lender_isil": "DK-820010",
            "lender_due_on": (self.clock.now + timedelta(days=14)).date(),
            "received_at": self.clock.now,
        }
        return await self.copy("interlibrary", **(given | columns))

    async def lend(
        self, reader: Reader, item: str, *, caller: Caller | None = None, key: str | None = None, **wishes: object
    ) -> CheckoutAnswer:
        wishes.setdefault("branch", self.town.main)
        request = CheckoutRequest(borrower=Borrower(card=reader.card), item=item, **wishes)
        return await self.run(lambda tx: operations.checkout(tx, caller or self.librarian, self.keyring, request, key))

    async def overdue(self, reader: Reader, count: int) -> list[str]:
        """So many copies that the reader has had for 45 days."""
        items, today = [await self.copy() for _ in range(count)], self.clock.now
        self.clock.pass_days(-45)
        for item in items:
            await self.lend(reader, item)
        self.clock.now = today
        return items

    async def take_back(
        self, item: str, *, caller: Caller | None = None, key: str | None = None, **wishes: object
    ) -> ReturnAnswer:
        wishes.setdefault("branch", self.town.main)
        request = ReturnRequest(item=item, **wishes)
        return await self.run(lambda tx: operations.return_item(tx, caller or self.librarian, request, key))

    async def renew(
        self, *loans: LoanId, caller: Caller | None = None, key: str | None = None, **wishes: object
    ) -> list[RenewalAnswer]:
        request = RenewalRequest(branch=self.town.main, loans=loans, **wishes)
        return await self.run(lambda tx: operations.renew(tx, caller or self.librarian, request, key))

    async def lose(self, item: str) -> LossAnswer:
        request = LossRequest(item=item, branch=self.town.main)
        return await self.run(lambda tx: losses.declare_lost(tx, self.librarian, request))

    async def claim_returned(self, item: str) -> LossAnswer:
        request = LossRequest(item=item, branch=self.town.main)
        return await self.run(lambda tx: losses.claim_returned(tx, self.librarian, request))

    async def undo_checkout(self, loan: LoanId, key: str | None = None) -> UndoAnswer:
        request = UndoRequest(loan=loan, branch=self.town.main)
        return await self.run(lambda tx: corrections.undo_checkout(tx, self.librarian, request, key))

    async def undo_return(self, loan: LoanId, key: str | None = None, **wishes: object) -> UndoAnswer:
        request = UndoRequest(loan=loan, branch=self.town.main, **wishes)
        return await self.run(lambda tx: corrections.undo_return(tx, self.librarian, request, key))

    async def overrides_of(self, loan: LoanId) -> list[tuple[str, str]]:
        """Each block that the loan was made or kept in spite of, with the reason given."""
        rows = await self.run(
            lambda tx: tx.rows(
                "SELECT block, reason FROM loan_override WHERE agency_id = $1 AND loan_id = $2 ORDER BY id",
                tx.agency,
                loan,
            )
        )
        return [(row["block"], row["reason"]) for row in rows]

    async def set_rule(self, knob: Knob[object], value: object) -> None:
        """A rule of the whole agency for everybody and everything, from now on and before all others there."""
        request = SetRule(scope=Scope.AGENCY, scope_id=self.town.agency, knob=knob.name, value=value)
        await self.run(lambda tx: set_rule(tx, self.librarian, request))

    async def state_of(self, item: str) -> str:
        async def ask(tx: Transaction) -> str:
            return str(
                await tx.value(
                    "SELECT w.state FROM copy_whereabouts AS w JOIN copy AS c USING (agency_id, item_id)"
                    " WHERE w.agency_id = $1 AND c.number = $2",
                    tx.agency,
                    item,
                )
            )

        return await self.run(ask)

    async def owed(self, reader: Reader) -> int:
        async def ask(tx: Transaction) -> int:
            return int(
                await tx.value(
                    "SELECT COALESCE(sum(balance_ore), 0) FROM patron_balance WHERE agency_id = $1 AND patron_id = $2",
                    tx.agency,
                    reader.id,
                )
            )

        return await self.run(ask)

    async def pay(self, reader: Reader, amount_ore: int) -> None:
        """At the desk, in cash."""
        request = Pay(
            branch=self.town.main, amount_ore=amount_ore, means=Means.CASH, reference=f"Bon {secrets.token_hex(4)}"
        )
        await self.run(lambda tx: pay(tx, self.librarian, reader.id, request))

    async def events(self) -> list[str]:
        async def ask(tx: Transaction) -> list[str]:
            rows = await tx.rows("SELECT kind FROM event WHERE agency_id = $1 ORDER BY epoch, xid, id", tx.agency)
            return [row["kind"] for row in rows]

        return await self.run(ask)

    async def looks_at(self, reader: Reader) -> list[str]:
        """The operations in which somebody saw the reader's record."""

        async def ask(tx: Transaction) -> list[str]:
            rows = await tx.rows(
                "SELECT operation FROM access_log WHERE agency_id = $1 AND person_id = $2 ORDER BY at, operation",
                tx.agency,
                reader.id,
            )
            return [row["operation"] for row in rows]

        return await self.run(ask)


async def open_library(database: Database, town: Town, keyring: Keyring) -> LendingLibrary:
    """Give the town the rules of a Danish library; the nation must have been seeded."""
    await database.run(town.agency, SYSTEM, seed_agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        groups = {row["code"]: row["id"] for row in await tx.rows("SELECT code, id FROM patron_group")}
        materials = {row["code"]: row["id"] for row in await tx.rows("SELECT code, id FROM material_group")}
    clock = Clock()
    return LendingLibrary(town, Database(database._pool, clock), keyring, clock, groups, materials)
