"""A temporary patron becomes the real one, with everything of this room that hangs on them.

What rooms above keep of a patron (loans, accounts) they move themselves: an operation of theirs calls `merge` first,
which takes both patrons' locks, and then moves its own in the same transaction, from `Merged.temporary` to
`Merged.real`.
"""

from faelles.ground import events
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import PatronId
from faelles.patrons import store as patrons
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.merging import rules, store
from faelles.patrons.merging.model import Merged, MergePatrons
from faelles.patrons.reach import patron_for
from faelles.people.model import Caller, Permission, Subject, SubjectKind
from faelles.people.operations import end_sessions


async def merge(tx: Transaction, caller: Caller, request: MergePatrons) -> Merged:
    """Merge `temporary` into `real`. The same request again changes nothing and says so.

    Raises ConflictError with what stands against it (`rules.refusal`).
    """
    caller.require(Permission.PATRON_MERGE)
    source, target = PatronId(request.temporary), PatronId(request.real)
    await patrons.lock(tx, [source, target])
    temporary = await patron_for(tx, caller, source, Permission.PATRON_MERGE, "merge_patrons")
    real = await patron_for(tx, caller, target, Permission.PATRON_MERGE, "merge_patrons")
    if temporary.merged_into == target:
        return Merged(temporary=source, real=target, was_done_before=True)
    if code := rules.refusal(temporary, real):
        raise ConflictError(code, patron=temporary.merged_into or real.merged_into or target)
    await store.move_everything(tx, source, target)
    await store.retire(tx, source, target)
    await end_sessions(tx, Subject(SubjectKind.PATRON, source))
    await events.append(tx, about(real, PatronEvent.MERGED))
    return Merged(temporary=source, real=target, was_done_before=False)
