"""A shelf to put copies on, and a way to act in one line."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from faelles.catalog import operations as catalog
from faelles.catalog.model import NewRecord, Record
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.items import operations
from faelles.items.model import Item, NewItem
from faelles.people.model import Caller, Grant, Permission, system_caller
from town import Town


@dataclass(frozen=True)
class Shelf:
    """A town, a record there, and a material group of its own."""

    database: Database
    town: Town
    record: Record
    group: int

    async def act(self, work: Callable[[Transaction, Caller], Awaitable[Any]], *, caller: Caller | None = None) -> Any:
        who = caller or system_caller(self.town.agency)
        return await self.database.run(self.town.agency, SYSTEM, lambda tx: work(tx, who))

    def new(self, **given: Any) -> NewItem:
        standing = {
            "record": self.record.id,
            "owner_branch": self.town.main,
            "default_placement": self.town.main_shelf,
            "material_group": self.group,
        }
        return NewItem(**standing | given)

    async def register(self, **given: Any) -> Item:
        return await self.act(lambda tx, caller: operations.register_item(tx, caller, self.new(**given)))

    async def view(self, item: Item) -> Item:
        return await self.act(lambda tx, caller: operations.view_item(tx, caller, item.id))

    async def add_record(self, title: str, **given: Any) -> Record:
        new = NewRecord(title=title, material_type="book", **given)
        return await self.act(lambda tx, caller: catalog.create_record(tx, caller, new))

    def staff_at(self, branch: int, *permissions: Permission) -> Caller:
        """Staff whose role holds in one branch alone."""
        known = system_caller(self.town.agency)
        grant = Grant(frozenset(permissions), branch=branch)
        return Caller(agency=known.agency, actor=known.actor, language=known.language, grants=(grant,))


async def put_up(database: Database, town: Town) -> Shelf:
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        group = await tx.value(
            "INSERT INTO material_group (agency_id, parent_id, code, name_da, name_en)"
            " VALUES ($1, 1, 'books', 'Bøger', 'Books') RETURNING id",
            town.agency,
        )
        record = await catalog.create_record(
            tx, caller, NewRecord(title="Kvinden i buret", material_type="book", is_periodical=True)
        )
    return Shelf(database, town, record, group)
