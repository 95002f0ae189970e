"""A temporary patron becomes the real one, from the floor of the house up to its top."""

from faelles.bookings import store as bookings
from faelles.circulation import merging as circulation
from faelles.ground.database import Transaction
from faelles.interlibrary import store as interlibrary
from faelles.notices import store as notices
from faelles.notices.wishes import store as wishes
from faelles.patrons.merging.model import Merged, MergePatrons
from faelles.people.model import Caller
from faelles.privacy.merging import store


async def merge_patrons(tx: Transaction, caller: Caller, request: MergePatrons) -> Merged:
    """Merge with everything that hangs on the patron, in one transaction. The same again changes nothing.

    The log of looks keeps the number of whom was looked at: it says what happened. Raises as `patrons.merging.merge`.
    """
    merged = await circulation.merge_patrons(tx, caller, request)
    if not merged.was_done_before:
        source, target = merged.temporary, merged.real
        await bookings.move_patron(tx, source, target)
        await interlibrary.move_patron(tx, source, target)
        await notices.move_patron(tx, source, target)
        await wishes.move_patron(tx, source, target)
        await store.move_patron(tx, source, target)
    return merged
