"""Who asks in these tests, and how somebody is registered."""

import itertools
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from faelles.ground.actor import Actor, ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.patrons.identifiers import IdentifierKind, made_up_cpr
from faelles.patrons.model import NewIdentifier, NewMembership, RegisterPatron, Role
from faelles.patrons.operations import register
from faelles.people.model import Caller, Grant, Permission
from town import Town

ANY_GROUP = 1
PATRON_PERMISSIONS = frozenset(each for each in Permission if each.value.startswith("patron_"))
_cards = itertools.count(70_000_000)
_serials = itertools.count(1)

Work = Callable[[Transaction], Awaitable[Any]]


def new_card() -> NewIdentifier:
    return NewIdentifier(IdentifierKind.CARD, str(next(_cards)))


def new_cpr(born: date = date(1980, 5, 17)) -> NewIdentifier:
    return NewIdentifier(IdentifierKind.CPR, made_up_cpr(born, next(_serials) % 1000))


def staff(town: Town, *, without: Permission | None = None, division: int | None = None, number: int = 1) -> Caller:
    permissions = PATRON_PERMISSIONS - {without}
    return Caller(
        agency=town.agency,
        actor=Actor(ActorKind.STAFF, number),
        language=Language.DANISH,
        grants=(Grant(permissions, division=division),),
    )


def signed_in(town: Town, patron: PatronId) -> Caller:
    return Caller(
        agency=town.agency,
        actor=Actor(ActorKind.PATRON, patron),
        language=Language.DANISH,
        grants=(Grant(frozenset({Permission.OWN_ACCOUNT})),),
        patron=patron,
    )


class Desk:
    """A librarian with every permission over patrons, and the town they work in."""

    def __init__(self, database: Database, keyring: Keyring, town: Town, caller: Caller | None = None) -> None:
        self.database = database
        self.keyring = keyring
        self.town = town
        self.caller = caller or staff(town)

    async def run(self, work: Work) -> Any:
        return await self.database.run(self.town.agency, self.caller.actor, work)

    def as_caller(self, caller: Caller) -> "Desk":
        return Desk(self.database, self.keyring, self.town, caller)

    async def register(self, name: str = "Karen Å. Blixen", **given: Any) -> PatronId:
        request = self.request(name, **given)
        return (await self.run(lambda tx: register(tx, self.caller, self.keyring, request))).patron

    def request(self, name: str = "Karen Å. Blixen", **given: Any) -> RegisterPatron:
        division = self.town.library
        usual = {
            "identifiers": (new_card(),),
            "memberships": (NewMembership(division=division, role=Role.BORROWER, group=ANY_GROUP),),
        }
        return RegisterPatron(**{"name": name, "home_branch": self.town.main, **usual, **given})

    async def register_pupil(self, name: str = "Bo Pupil", **given: Any) -> PatronId:
        membership = NewMembership(division=self.town.schools, role=Role.PUPIL, group=ANY_GROUP)
        return await self.register(name, **{"home_branch": self.town.school, "memberships": (membership,), **given})

    async def rows(self, sql: str, *values: object) -> list[Any]:
        return await self.run(lambda tx: tx.rows(sql, *values))

    async def events(self) -> list[str]:
        rows = await self.rows("SELECT kind FROM event WHERE agency_id = $1 ORDER BY id", self.town.agency)
        return [row["kind"] for row in rows]

    async def looks(self, patron: PatronId) -> list[str]:
        rows = await self.rows(
            "SELECT operation FROM access_log WHERE agency_id = $1 AND person_id = $2 ORDER BY at",
            self.town.agency,
            patron,
        )
        return [row["operation"] for row in rows]
