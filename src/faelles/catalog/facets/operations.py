"""Looking through everything that a search found."""

from collections.abc import Sequence

from faelles.catalog.facets import store
from faelles.catalog.facets.model import Match
from faelles.catalog.model import Record
from faelles.catalog.store import find_current
from faelles.ground.database import Transaction
from faelles.ground.ids import RecordId
from faelles.people.model import Caller, Permission

MOST_MATCHES = 2000
"""A search that finds more is looked through as far as this; it has to be asked more closely."""


async def matches(tx: Transaction, caller: Caller, words: str) -> list[Match]:
    """What has all of `words`, as in `catalog.operations.search_words`; best first, `MOST_MATCHES` at most."""
    caller.require(Permission.CATALOG_VIEW)
    return await store.matches(tx, words, MOST_MATCHES) if words.strip() else []


async def records_in_order(tx: Transaction, caller: Caller, wanted: Sequence[RecordId]) -> list[Record]:
    """Those of `wanted` that still stand, in their order."""
    caller.require(Permission.CATALOG_VIEW)
    found = {record.id: record for record in await find_current(tx, wanted)}
    return [found[record] for record in wanted if record in found]
