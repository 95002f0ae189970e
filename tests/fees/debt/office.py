"""Where debts are collected."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from faelles.fees.debt import files, importing, operations, reconciling
from faelles.fees.debt.built_in import BuiltInDebtorSystem
from faelles.fees.debt.model import Answer, Imported, OutMessage, SettleAnswer, SettleFile
from faelles.fees.desk import operations as desk
from faelles.fees.desk.model import ManualCharge, ManualKind, Means, Pay
from faelles.fees.neighbours.model import Adapter, Role, SetNeighbour
from faelles.fees.neighbours.operations import set_neighbour
from faelles.fees.operations import verify
from faelles.fees.payments.model import Outside
from faelles.ground.actor import SYSTEM
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import PatronId
from faelles.people.model import system_caller
from fees.accounts import Household, loan_number

MONDAY = datetime(2027, 3, 1, 11, tzinfo=UTC)
BORN = datetime(1980, 5, 17, tzinfo=UTC).date()


@dataclass
class Office:
    """Where debts are collected, with a clock that can be turned and a directory shared with the other side."""

    household: Household
    database: Database
    keyring: Keyring
    directory: Path
    days: int = 0
    came_in: int = 0

    def __call__(self) -> datetime:
        return MONDAY + timedelta(days=self.days)

    @property
    def outside(self) -> Outside:
        place = Installation(is_production=False, public_url="https://x.example", exchange_directory=self.directory)
        return Outside(self.keyring, place)

    @property
    def exchange(self) -> Path:
        return self.directory / self.household.town.isil

    @property
    def caller(self):
        return system_caller(self.household.town.agency)

    @property
    def other_side(self) -> BuiltInDebtorSystem:
        return BuiltInDebtorSystem(self.exchange / "built-in", self.household.town.isil)

    async def run(self, work: Callable, *arguments, **named):
        return await self.database.run(
            self.caller.agency, SYSTEM, lambda tx: work(tx, self.caller, *arguments, **named)
        )

    async def use(self, adapter: Adapter, address: str | None = None) -> None:
        request = SetNeighbour(adapter=adapter, address=address, secret="sixteen characters or more")
        await self.run(set_neighbour, self.keyring, self.outside.installation, Role.DEBTS, request)

    async def charge(self, amount: int, patron: PatronId | None = None, *, school: bool = False) -> int:
        town = self.household.town
        charge = ManualCharge(
            branch=town.school if school else town.main, kind=ManualKind.MANUAL, amount_ore=amount, reason="Kaffe"
        )
        return (await self.run(desk.charge_manually, patron or self.household.patron, charge)).charge

    async def pay(self, amount: int, charge: int | None = None) -> None:
        pay = Pay(
            branch=self.household.town.main,
            amount_ore=amount,
            means=Means.CASH,
            reference=f"k/{loan_number()}",
            charges=(charge,) if charge else (),
        )
        await self.run(desk.pay, self.household.patron, pay)

    async def export(self):
        return await operations.export(self.database, self.outside, self.caller)

    async def take_in(self):
        return await importing.import_files(self.database, self.outside, self.caller)

    async def say(self, *answers: Answer) -> Imported:
        return await self.run(importing.import_answers, answers)

    async def settle(self, name: str) -> None:
        await self.run(operations.settle_answer, SettleAnswer(answer=name, reason="Aftalt i telefonen"))

    async def settle_file(self, name: str) -> None:
        await self.run(operations.settle_file, SettleFile(file=name, reason="Kommet igen"))

    async def differences(self) -> list[str]:
        found = await reconciling.reconcile(self.database, self.outside, self.caller)
        return sorted(each.check for each in found)

    async def in_step(self) -> None:
        """One round, after which nothing may be left to say."""
        await self.export()
        await self.take_in()
        await self.export()
        await self.take_in()
        assert await self.differences() == []

    async def balance(self) -> int:
        assert await self.run(lambda tx, _: verify(tx)) == []
        return sum(each.balance_ore for each in await self.run(desk.balances, self.household.patron))

    def sent(self) -> list[list[OutMessage]]:
        return [
            files.decode(path.read_bytes(), OutMessage, expected="messages", agency=self.household.town.isil)[1]
            for path in sorted((self.exchange / "out").glob("*.jsonl"))
        ]

    def bring(self, *answers: Answer, number: int | None = None) -> Path:
        """The other side puts a file into the directory."""
        self.came_in = number or self.came_in + 1
        head = files.Head(content="answers", agency=self.household.town.isil, number=self.came_in, made_at=self())
        path = self.exchange / "in" / f"answers-{self.came_in:08d}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files.encode(head, answers))
        return path
