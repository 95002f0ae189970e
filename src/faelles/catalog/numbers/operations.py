"""From a number to the title, and back."""

from collections.abc import Sequence

from faelles.catalog.numbers import store
from faelles.catalog.numbers.model import Numbered
from faelles.catalog.numbers.rules import number_of
from faelles.ground.database import Transaction
from faelles.ground.ids import RecordId
from faelles.people.model import Caller, Permission


async def records_numbered(tx: Transaction, caller: Caller, numbers: Sequence[str]) -> list[Numbered]:
    """Those of `numbers` that name a title, in their order."""
    if caller.patron is None:
        caller.require(Permission.CATALOG_VIEW)
    return await tx.ask(store.records_numbered(tx, numbers))


async def numbers_of(tx: Transaction, records: Sequence[RecordId]) -> dict[RecordId, str]:
    """What the outside knows each record by, for rooms that show it."""
    found = await store.identifiers(tx, sorted(set(records)))
    return {record: number_of(identifier) for record, identifier in found.items()}
