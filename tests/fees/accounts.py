"""People with accounts, and the shortest way to a late return."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from faelles.fees.model import AgeClass, LateReturn, Parties, Replacement
from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.clock import utc_now
from faelles.ground.database import Database, Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import DivisionId, LoanId, PatronId
from faelles.ground.money import Ore
from faelles.patrons import store as patrons
from faelles.people.model import Caller, Grant, Permission
from town import Town

ADULT = (Ore(2_000), Ore(12_000), Ore(23_000))
LENT, DUE = date(2026, 3, 2), date(2026, 3, 30)


@dataclass(frozen=True)
class Household:
    """A patron, and the adult who pays."""

    town: Town
    patron: PatronId
    parent: PatronId

    def late(
        self,
        loan: LoanId,
        days: int = 3,
        *,
        settled: date | None = None,
        school: bool = False,
        tariff: tuple[Ore, Ore, Ore] = ADULT,
    ) -> LateReturn:
        return LateReturn(
            parties=self.parties(),
            division=self.town.schools if school else self.town.library,
            branch=self.town.school if school else self.town.main,
            loan=loan,
            lent_on=LENT,
            due_on=DUE,
            settled_on=settled or DUE + timedelta(days=days),
            days_overdue=days,
            age_class=AgeClass.ADULT,
            tariff=tariff,
            rule=None,
        )

    def lost(self, loan: LoanId, price: int = 30_000, processing: int = 5_000) -> Replacement:
        return Replacement(
            parties=self.parties(),
            division=self.town.library,
            branch=self.town.main,
            loan=loan,
            price_ore=Ore(price),
            processing_ore=Ore(processing),
            age_class=AgeClass.ADULT,
            rule=None,
        )

    def parties(self) -> Parties:
        return Parties(patron=self.patron, liable=self.parent, addressee=self.parent)


async def move_in(database: Database, town: Town) -> Household:
    async with database.transaction(town.agency, SYSTEM) as tx:
        return Household(town=town, patron=await _person(tx, town), parent=await _person(tx, town))


async def _person(tx: Transaction, town: Town) -> PatronId:
    added = await tx.value(
        "INSERT INTO patron (agency_id, kind, name, home_branch_id, registered_at)"
        " VALUES ($1, 'person', 'Åse Æbelø', $2, $3) RETURNING id",
        tx.agency,
        town.main,
        utc_now(),
    )
    return PatronId(added)


def loan_number() -> LoanId:
    return LoanId(10_000_000 + secrets.randbelow(1_000_000_000))


def staff(town: Town, *permissions: Permission, division: DivisionId | None = None) -> Caller:
    """Staff with `permissions` in one division, or in the whole agency."""
    return Caller(
        agency=town.agency,
        actor=Actor(ActorKind.STAFF, 1),
        language=Language.DANISH,
        grants=(Grant(permissions=frozenset(permissions), division=division),),
    )


def cashier(town: Town, *, school: bool = False) -> Caller:
    """Staff of one division who may do everything with money."""
    return staff(
        town,
        Permission.FEE_VIEW,
        Permission.FEE_CHARGE,
        Permission.FEE_PAY,
        Permission.FEE_WAIVE,
        division=town.schools if school else town.library,
    )


async def lock(tx: Transaction, household: Household) -> None:
    """What circulation has done before it calls."""
    await patrons.lock(tx, [household.patron])


async def balances(database: Database, household: Household) -> Mapping[DivisionId, int]:
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        rows = await tx.rows(
            "SELECT division_id, balance_ore FROM patron_balance WHERE agency_id = $1 AND patron_id = $2",
            tx.agency,
            household.patron,
        )
    return {row["division_id"]: row["balance_ore"] for row in rows}


async def owed(database: Database, household: Household) -> int:
    """What the patron owes the public library."""
    return (await balances(database, household)).get(household.town.library, 0)
