"""A signed-in patron's own account: everything here is about `caller.patron` and nobody else."""

from msgspec import structs

from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import UnauthenticatedError, invalid_field
from faelles.ground.ids import BranchId
from faelles.patrons import store as patrons
from faelles.patrons.blocks import store as blocks
from faelles.patrons.blocks.operations import take_absence_away, write_absence
from faelles.patrons.identification import store as identification
from faelles.patrons.identification.operations import write_pin
from faelles.patrons.looking.model import PatronView
from faelles.patrons.looking.operations import view
from faelles.patrons.model import AbsencePeriod, ChangePatron, Patron
from faelles.patrons.operations import apply_change
from faelles.patrons.own_account.model import ChangeOwn, ChangeOwnPin
from faelles.patrons.reach import still_themselves, there
from faelles.people import attempts
from faelles.people.model import Caller


async def show_own(tx: Transaction, caller: Caller) -> PatronView:
    """What the library knows of the caller; the desk's note is not for them to see."""
    known = await own_patron(tx, caller)
    return structs.replace(await view(tx, caller, known, None), note=None)


async def change_own(tx: Transaction, caller: Caller, request: ChangeOwn) -> int:
    """Change contact data, language or home branch; the new version. ConflictError `version_conflict`."""
    known = await own_patron(tx, caller, is_changed=True)
    change = ChangePatron(
        version=request.version,
        contact=request.contact,
        language=request.language,
        home_branch=request.home_branch,
    )
    return await apply_change(tx, caller, known, change)


async def change_own_pin(database: Database, keyring: Keyring, caller: Caller, request: ChangeOwnPin) -> None:
    """Set a new PIN for the old one; every session ends. Wrong tries are counted and lock as at sign-in.

    Opens a transaction of its own, which commits the count of a wrong try. A wrong `old` is InvalidRequestError, not
    UnauthenticatedError: whoever asks is signed in, and stays so.
    """
    own = caller.oneself()
    counted = attempts.identifier_hash(keyring, caller.agency, attempts.Realm.CARD, f"patron/{own}")

    async def prove(tx: Transaction) -> bool | None:
        known = await own_patron(tx, caller, is_changed=True)
        if not keyring.pin_matches(tx.agency, request.old, await identification.pin_of(tx, own)):
            return None
        await write_pin(tx, keyring, known, request.new)
        return True

    try:
        await attempts.attempt(database, caller.agency, counted, prove)
    except UnauthenticatedError:
        raise invalid_field("old", "old_pin_wrong") from None


async def own_home_branch(tx: Transaction, caller: Caller) -> BranchId:
    return (await own_patron(tx, caller)).home_branch


async def set_own_absence(tx: Transaction, caller: Caller, request: AbsencePeriod) -> int:
    return await write_absence(tx, await own_patron(tx, caller, is_changed=True), request)


async def remove_own_absence(tx: Transaction, caller: Caller, absence: int) -> None:
    await take_absence_away(tx, await own_patron(tx, caller, is_changed=True), absence)


async def replace_own_absences(tx: Transaction, caller: Caller, period: AbsencePeriod | None) -> None:
    """One absence at most: `period` in place of those that there were."""
    known = await own_patron(tx, caller, is_changed=True)
    absences = await blocks.absences(tx, known.id)
    wanted = [] if period is None else [(period.first_day, period.last_day)]
    if [(each.first_day, each.last_day) for each in absences] == wanted:
        return
    for absence in absences:
        await take_absence_away(tx, known, absence.id)
    if period is not None:
        await write_absence(tx, known, period)


async def own_patron(tx: Transaction, caller: Caller, *, is_changed: bool = False) -> Patron:
    """The signed-in patron, locked where something `is_changed`. Raises NotFoundError for one who was erased,
    ConflictError for who became another.
    """
    own = caller.oneself()
    if is_changed:
        await patrons.lock(tx, [own])
    found = await patrons.load(tx, [own])
    return still_themselves(there(found[0] if found else None))
