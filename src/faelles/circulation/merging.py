"""A temporary patron becomes the real one: what the rooms below hold moves first, then loans, holds and money. What the
rooms above hold moves with it (`privacy/merging`), which is what a door calls.
"""

from faelles.circulation import merging_store as store
from faelles.fees.operations import merge_accounts
from faelles.ground.database import Transaction
from faelles.patrons.merging.model import Merged, MergePatrons
from faelles.patrons.merging.operations import merge
from faelles.people.model import Caller


async def merge_patrons(tx: Transaction, caller: Caller, request: MergePatrons) -> Merged:
    """Merge with everything that hangs on the patron, in one transaction. The same again changes nothing."""
    merged = await merge(tx, caller, request)
    if not merged.was_done_before:
        await store.move_loans(tx, merged.temporary, merged.real)
        await store.move_holds(tx, merged.temporary, merged.real)
        await merge_accounts(tx, merged.temporary, merged.real)
    return merged
